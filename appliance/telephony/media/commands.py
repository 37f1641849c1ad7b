"""Commands to the media thread, and what they refer to until the thread has carried them out."""

from collections.abc import Callable
from itertools import count
from typing import Any, Final

from appliance.telephony.media._core import ffi, lib

WAKE_SECONDS: Final = 0.002


class Commands:
    """Sends commands in order and settles each one when it comes back done. Never waits.

    The thread is woken once for all that is sent within 2 ms: each wake costs two changes of
    thread, since it goes before us."""

    def __init__(self, engine: Any, later: Callable[[float, Callable[[], None]], object]) -> None:
        """`later` is the event loop's `call_later`."""
        self._engine = engine
        self._later = later
        self._waking = False
        self._tokens = count(1)
        self._under_way: dict[int, tuple[Any, object, Callable[[], None] | None]] = {}

    def new(self, kind: int, stream: Any) -> Any:
        """An empty struct bv_command to fill in and `send`."""
        command = ffi.new("struct bv_command *")
        command.kind, command.stream, command.token = kind, stream, next(self._tokens)
        return command

    def send(
        self, command: Any, keep: object = None, when_done: Callable[[], None] | None = None
    ) -> None:
        """Hand `command` over. `keep` lives until it is done; then `when_done` is called."""
        self._under_way[command.token] = (command, keep, when_done)
        lib.bv_submit(self._engine, command)
        if not self._waking:
            self._waking = True
            self._later(WAKE_SECONDS, self.wake)

    def wake(self) -> None:
        """Have the thread carry out what was sent."""
        if self._waking:
            self._waking = False
            lib.bv_wake(self._engine)

    def settle(self) -> None:
        """Let go of every command that is done."""
        tokens = []
        command = lib.bv_take_done(self._engine)
        while command != ffi.NULL:
            tokens.append(command.token)
            command = command.next
        for token in tokens:
            _, _, when_done = self._under_way.pop(token)
            if when_done is not None:
                when_done()
