"""A map that forgets: bounded by age and by number, at the cost of two dicts."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """An entry lives at least `seconds` after its last `put` and at most twice that, unless more
    than `limit` entries come in that time: then the older half goes early. That bounds the
    memory of a flood. It holds no timer: time passes with `put` and `forget_old`."""

    def __init__(self, seconds: float, limit: int) -> None:
        self._seconds = seconds
        self._half = max(1, limit // 2)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self._turn_at = float("-inf")

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: K) -> V | None:
        value = self._young.get(key)
        return self._old.get(key) if value is None else value

    def put(self, key: K, value: V, now: float) -> None:
        if now >= self._turn_at or len(self._young) >= self._half:
            self._turn(now)
        self._young[key] = value

    def forget_old(self, now: float) -> None:
        """Called now and then, so that a quiet box gives the memory of a flood back."""
        if now >= self._turn_at:
            self._turn(now)

    def _turn(self, now: float) -> None:
        everything_is_old = now >= self._turn_at + self._seconds
        self._old = {} if everything_is_old else self._young
        self._young = {}
        self._turn_at = now + self._seconds
