"""The command line, in this process, without a running box. (`tests/calls` runs whole boxes.)"""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.box.ready import Ready
from appliance.clock import SystemClock
from appliance.settings import DataFolder
from appliance.store import Store


@pytest.fixture(autouse=True)
def same_umask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.umask", lambda _mask: 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "box"


@pytest.fixture
def demo_box(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["demo", "--data", str(folder)]) == 0
    capsys.readouterr()
    return folder


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        yield other.getsockname()[1]


def one_line(text: str) -> str:
    (line,) = text.splitlines()
    assert line.startswith("byondvoice: ")
    return line


def serve(folder: Path, *more: str) -> int:
    ports = [f"--{name}-port=0" for name in ("https", "http", "sip", "sips")]
    return main(["serve", "--data", str(folder), "--bind", "127.0.0.1", *ports, *more])


def test_taken_port_is_one_clear_line_and_nothing_is_written(
    folder: Path, taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve(folder, f"--sip-port={taken_port}") == 2
    assert f"127.0.0.1 port {taken_port}" in one_line(capsys.readouterr().err)
    assert not folder.exists()


def test_folder_in_use_is_one_clear_line(
    demo_box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(DataFolder(demo_box), SystemClock())
    try:
        assert serve(demo_box) == 2
    finally:
        store._parts.close()
    assert "in use" in one_line(capsys.readouterr().err)


def test_damaged_database_is_one_clear_line(
    demo_box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (demo_box / "box.db").write_bytes(b"?" * 10000)
    assert serve(demo_box) == 2
    assert "damaged" in one_line(capsys.readouterr().err)


def test_unreadable_key_is_one_clear_line(
    demo_box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (demo_box / "keys" / "1.key").write_text("?")
    assert serve(demo_box) == 2
    assert "1.key" in one_line(capsys.readouterr().err)


def test_demo_in_a_folder_that_is_not_empty_is_refused(
    demo_box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--data", str(demo_box)]) == 2
    assert "not empty" in one_line(capsys.readouterr().err)


@pytest.mark.parametrize("command", ["calls", "registrations"])
def test_folder_without_a_box_is_said(
    folder: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--data", str(folder)]) == 2
    assert "no box" in one_line(capsys.readouterr().err)
    assert not folder.exists()


def test_status_of_a_box_that_is_down_exits_1(
    demo_box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--data", str(demo_box)]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == "down"


def test_unblock_without_a_box_exits_1(demo_box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["unblock", "--data", str(demo_box), "--user", "1001-desk"]) == 1
    assert "no box runs" in one_line(capsys.readouterr().err)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--bind", "here"],
        ["--sip-port", "65536"],
        ["--sip-port", "-1"],
        ["--rtp-ports", "30000-20000"],
        ["--rtp-ports", "20000"],
        ["--rtp-ports", "1-2"],
    ],
)
def test_argument_that_cannot_be_is_refused_in_words(
    folder: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["serve", "--data", str(folder), *wrong])
    assert refused.value.code == 2
    assert "invalid" not in capsys.readouterr().err


def test_unknown_tenant_is_said(demo_box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calls", "--data", str(demo_box), "--tenant", "nobody"]) == 2
    assert "no tenant nobody" in one_line(capsys.readouterr().err)


def test_registrations_of_a_new_box_are_all_idle(
    demo_box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["registrations", "--data", str(demo_box), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["state"] for one in found} == {"idle"}
    assert {one["tenant"] for one in found} == {"acme", "helios"}
    assert main(["registrations", "--data", str(demo_box)]) == 0
    assert "1001-desk-helios" in capsys.readouterr().out


def test_new_box_has_no_calls(demo_box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calls", "--data", str(demo_box), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["calls", "--data", str(demo_box)]) == 0
    assert "No calls yet" in capsys.readouterr().out


def test_ready_line_is_the_contracts() -> None:
    ready = Ready(443, 80, 5060, 5061, 3478, 5349, 3480, "1.0")
    assert json.loads(ready.line()) == {
        "ready": True,
        "https": 443,
        "http": 80,
        "sip": 5060,
        "sips": 5061,
        "turn": 3478,
        "turns": 5349,
        "rtc": 3480,
        "version": "1.0",
    }
