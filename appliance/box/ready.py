"""The line that tells a program that the box listens, and where."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Ready:
    """The ports in use. One of 0 belongs to a listener that this build does not have yet."""

    https: int
    http: int
    sip: int
    sips: int
    turn: int
    turns: int
    rtc: int
    version: str

    def line(self) -> str:
        return json.dumps({"ready": True, **asdict(self)})
