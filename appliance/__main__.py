"""The command line: `byondvoice …`, or `python -m appliance …`."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from appliance import __version__, terminal
from appliance.arguments import add_listening, count, data_folder, settings_from
from appliance.box import running
from appliance.box.certificates import CertificateError
from appliance.box.logs import log_to
from appliance.box.names import chief_address
from appliance.box.ports import require_free
from appliance.box.ready import Ready
from appliance.clock import SystemClock
from appliance.control import audit
from appliance.control.demo import FolderNotEmpty, make_demo
from appliance.files import write_private
from appliance.model.blocks import Block
from appliance.model.registrations import Registration
from appliance.settings import DataFolder, Ports, Settings
from appliance.store.errors import StoreError
from appliance.store.reading import box_of, read_calls, read_registrations

NOT_UP: Final = 1
REFUSED: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. What people should know of an error is one line."""
    # Everything that the box writes is its own: keys, records, logs of calls.
    os.umask(0o077)
    given = _parser().parse_args(arguments)
    try:
        return int(given.command(given))
    except (StoreError, FolderNotEmpty, CertificateError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(error.strerror or str(error))


# -- commands -----------------------------------------------------------------------------------


def demo(given: argparse.Namespace) -> int:
    made = asyncio.run(make_demo(given.data, SystemClock(), given.bulk_extensions))
    print(json.dumps(made))
    return 0


def serve(given: argparse.Namespace) -> int:
    return _run(settings_from(given), lambda ready: print(ready.line(), flush=True))


def try_(given: argparse.Namespace) -> int:
    """The demo, filled if need be and served on free ports, with words for a person."""
    folder: DataFolder = given.data
    if not folder.box_database.exists():
        made = asyncio.run(make_demo(folder, SystemClock()))
        write_private(folder.demo_credentials, json.dumps(made, indent=2) + "\n")
    settings = settings_from(given)
    address = chief_address(settings.bind)
    credentials = _demo_credentials(folder)

    def welcome(ready: Ready) -> None:
        print(terminal.welcome(ready, address, credentials, folder.demo_credentials), flush=True)

    return _run(settings, welcome)


def status(given: argparse.Namespace) -> int:
    try:
        print(json.dumps(running.find(given.data.running).ask("GET", "/status"), indent=2))
    except running.NotRunning as error:
        print(json.dumps({"status": "down", "reason": str(error)}, indent=2))
        return NOT_UP
    return 0


def calls(given: argparse.Namespace) -> int:
    records = read_calls(given.data, given.tenant, given.limit)
    if given.json:
        shown = [{**asdict(record), "tenant": tenant} for tenant, record in records]
        print(msgspec.json.encode(shown).decode())
    else:
        print(terminal.calls_table(records))
    return 0


def registrations(given: argparse.Namespace) -> int:
    """From the running box, which alone knows of rejected attempts; else from what is stored."""
    try:
        answer = running.find(given.data.running).ask("GET", "/registrations")
        found = msgspec.convert(answer, list[Registration])
    except running.NotRunning:
        found = read_registrations(given.data, SystemClock().wall())
    if given.json:
        print(msgspec.json.encode(found).decode())
    else:
        print(terminal.registrations_table(found))
    return 0


def unblock(given: argparse.Namespace) -> int:
    """Lift blocks by SIP user, address or both; without either, show them."""
    try:
        box = running.find(given.data.running)
        if not (given.user or given.address):
            blocks = msgspec.convert(box.ask("GET", "/blocks"), list[Block])
            print(terminal.blocks_table(blocks))
            return 0
        wanted = urlencode({"username": given.user, "address": given.address})
        lifted = box.ask("DELETE", f"/blocks?{wanted}")["lifted"]
    except running.NotRunning as error:
        return _refuse(f"no box runs on {given.data.path}: {error}", NOT_UP)
    print(f"Blocks lifted: {lifted}")
    return 0 if lifted else NOT_UP


def audit_(given: argparse.Namespace) -> int:
    """Walk the audit log's chain of hashes; 1 where a row does not fit."""
    with box_of(given.data) as database:
        verdict = audit.verify(database)
    if verdict.broken is not None:
        return _refuse(f"the audit log is broken at row {verdict.broken}", NOT_UP)
    print(f"{verdict.rows} rows, chain whole, head {verdict.head.hex()}")
    return 0


# -- arguments ----------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="byondvoice", description="A telephone system.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = _command(commands, "serve", serve, "run a box in the foreground")
    add_listening(command, Ports())

    command = _command(commands, "try", try_, "make the demo box and serve it", "demo-box")
    add_listening(command, None)

    command = _command(commands, "demo", demo, "fill an empty data folder with the demo's cast")
    command.add_argument("--bulk-extensions", type=count, default=0, metavar="N")

    command = _command(commands, "status", status, "the running box's health, as JSON")

    command = _command(commands, "calls", calls, "the latest call records")
    command.add_argument("--json", action="store_true", help="for programs")
    command.add_argument("--tenant", metavar="SLUG", help="of one tenant only")
    command.add_argument("--limit", type=count, default=50, metavar="N")

    command = _command(commands, "registrations", registrations, "how each device is registered")
    command.add_argument("--json", action="store_true", help="for programs")

    command = _command(commands, "unblock", unblock, "show blocked devices, or let them in again")
    command.add_argument("--user", default="", help="the SIP user that is blocked")
    command.add_argument("--address", default="", help="the address that it is blocked from")

    command = _command(commands, "audit", audit_, "verify the audit log")
    command.add_argument("what", choices=["verify"], help="walk the chain of its hashes")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    help_: str,
    folder: str = "",
) -> argparse.ArgumentParser:
    """A command with its `--data`, which must be given where there is no default `folder`."""
    command = commands.add_parser(name, help=help_, description=help_)
    command.add_argument(
        "--data",
        type=data_folder,
        metavar="DIR",
        required=not folder,
        default=folder or None,
        help=f"the data folder (default: ./{folder})" if folder else "the data folder",
    )
    command.set_defaults(command=run)
    return command


# -- within -------------------------------------------------------------------------------------


def _run(settings: Settings, announce: Callable[[Ready], None]) -> int:
    # Imported when it is wanted: the other commands need neither the media core nor a SIP stack.
    from appliance.main import run

    # Before the data folder is opened: a box that cannot listen leaves it as it was.
    for port, kinds in settings.listening:
        require_free(port, settings.bind, kinds)
    log_to()
    run(settings, announce)
    return 0


def _demo_credentials(folder: DataFolder) -> dict[str, Any]:
    """What an earlier `try` kept; empty for a folder that something else filled."""
    try:
        return dict(json.loads(folder.demo_credentials.read_text()))
    except FileNotFoundError:
        return {}


def _refuse(message: str, status: int = REFUSED) -> int:
    print(f"byondvoice: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
