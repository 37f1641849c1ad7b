"""Commands to the media thread, and what they refer to until the thread has carried them out."""

from collections.abc import Callable
from itertools import count
from typing import Any

from appliance.telephony.media._core import ffi, lib


class Commands:
    """Sends commands in order and settles each one when it comes back done. Never waits."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
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
