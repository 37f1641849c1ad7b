"""How the command line finds the box that runs on a data folder, and asks it."""

import http.client
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from appliance.files import write_private

ASK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Running:
    """What `run.json` says: the loopback port of the box's control side and this run's token."""

    pid: int
    port: int
    token: str

    @classmethod
    def of_this_process(cls, port: int, token: str) -> "Running":
        return cls(os.getpid(), port, token)

    def announce(self, path: Path) -> None:
        """Write `run.json`; whoever starts the box removes it at its end."""
        write_private(path, json.dumps(asdict(self)) + "\n")

    def ask(self, method: str, path: str) -> Any:
        """The answer's JSON. Raises NotRunning where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ASK_SECONDS)
        try:
            connection.request(method, path, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            content = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotRunning(str(error)) from None
        finally:
            connection.close()
        if answer.status != 200:
            raise NotRunning(f"the box answered {answer.status}")
        return content


class NotRunning(Exception):
    """No box runs on the data folder, or it does not answer."""


def find(path: Path) -> Running:
    """The box that `run.json` tells of, which a crash may have ended since. Raises NotRunning."""
    try:
        return Running(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        raise NotRunning(f"there is no {path}") from None
