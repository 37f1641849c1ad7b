import os
import socket
from pathlib import Path

import pytest

from appliance.box.running import NotRunning, Running, find


@pytest.mark.parametrize("content", ["", "[]", '{"pid": 1}', "{"])
def test_file_that_says_nothing_useful_is_no_box(tmp_path: Path, content: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(content)
    with pytest.raises(NotRunning):
        find(path)


def test_missing_file_is_no_box(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no "):
        find(tmp_path / "run.json")


def test_file_that_a_crash_left_is_no_box(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    Running.of_this_process(port, "token").announce(tmp_path / "run.json")
    with pytest.raises(NotRunning):
        find(tmp_path / "run.json").ask("GET", "/status")


def test_token_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    Running.of_this_process(1, "token").announce(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert find(path) == Running(os.getpid(), 1, "token")
