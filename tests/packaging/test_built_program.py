"""The program as it is shipped: built by PyInstaller, it registers a phone and calls 9196."""

import json
import selectors
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.baresip import Line, phones

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = {"folder": "folder/byondvoice/byondvoice", "file": "file/byondvoice"}
VOICE = 440
READY_SECONDS = 30.0


@pytest.fixture(scope="module", params=PROGRAM)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, str(ROOT / "packaging" / "build.py"), request.param]
    subprocess.run([*command, "--target", str(target)], check=True, timeout=600)
    return target / PROGRAM[request.param]


@contextmanager
def serving(program: Path, data: Path) -> Iterator[dict[str, Any]]:
    """The built box on free ports; its ready line. At the end it must stop in good order."""
    ports = [f"--{name}-port=0" for name in ("https", "http", "sip", "sips")]
    command = [str(program), "serve", "--data", str(data), "--bind", "127.0.0.1", *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if selector.select(READY_SECONDS) else ""
        try:
            yield json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def run(program: Path, *arguments: str) -> Any:
    done = subprocess.run([str(program), *arguments], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


async def test_phone_registers_with_the_built_program_and_hears_itself(
    program: Path, tmp_path: Path
) -> None:
    data = tmp_path / "box"
    made = run(program, "demo", "--data", str(data))
    device = made["tenants"]["acme"]["devices"]["1001-desk"]
    # Debian's baresip knows no SHA-256.
    with closing(sqlite3.connect(data / "box.db")) as database, database:
        database.execute("UPDATE devices SET md5_only = 1")
    with serving(program, data) as ready:
        registrar = f"127.0.0.1:{ready['sip']}"
        line = Line(device["username"], device["password"], registrar)
        async with phones(tmp_path, line, speak=(VOICE,)) as (phone,):
            call = await (await phone.dial("9196")).established()
            await call.hears(VOICE)
            await call.hang_up()
            await call.closed()
        assert run(program, "status", "--data", str(data))["status"] == "ok"
    (record,) = run(program, "calls", "--data", str(data), "--json")
    assert (record["dialled"], record["disposition"]) == ("9196", "answered")
