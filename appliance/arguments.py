"""Arguments of the command line: what each may be, in words where it is not."""

import argparse
import ipaddress
from dataclasses import fields
from pathlib import Path
from typing import Final

from appliance.box.ports import free_port
from appliance.settings import ANY, RTP_PORTS, DataFolder, PortRange, Ports, Settings

HIGHEST_PORT: Final = 65535
MOST: Final = 70_000
"""Extensions at once, and records: five digits hold no more from 20000 up."""

TRY_PORTS: Final = Ports(
    https=8443, http=8080, sip=15060, sips=15061, turn=13478, turns=15349, rtc=13480
)
"""Where `try` begins to look for free ports: numbers that a person can remember."""


def add_listening(command: argparse.ArgumentParser, ports: Ports | None) -> None:
    """What `settings_from` reads. `ports` None: free ones are looked for."""
    command.add_argument(
        "--bind",
        action="append",
        type=_address,
        metavar="ADDR",
        help="listen there only; may be repeated (default: everywhere)",
    )
    for field in fields(Ports):
        default = getattr(ports, field.name) if ports else None
        shown = default if ports else "a free one"
        command.add_argument(
            f"--{field.name}-port",
            type=_port,
            default=default,
            metavar="N",
            help=f"default: {shown}; 0 takes any",
        )
    command.add_argument(
        "--rtp-ports", type=_port_range, default=RTP_PORTS, metavar="A-B", help="for audio"
    )
    command.add_argument(
        "--no-lan", action="store_true", help="do not offer the box to phones on the network"
    )


def settings_from(given: argparse.Namespace) -> Settings:
    bind = tuple(given.bind or ANY)
    ports: dict[str, int] = {}
    for field in fields(Ports):
        port = getattr(given, f"{field.name}_port")
        if port is None:
            port = free_port(getattr(TRY_PORTS, field.name), bind, ports.values())
        ports[field.name] = port
    return Settings(given.data, bind, Ports(**ports), given.rtp_ports, not given.no_lan)


def data_folder(text: str) -> DataFolder:
    return DataFolder(Path(text).absolute())


def count(text: str) -> int:
    return _number(text, MOST)


def _port(text: str) -> int:
    return _number(text, HIGHEST_PORT)


def _number(text: str, highest: int) -> int:
    if not text.isdecimal() or int(text) > highest:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {highest}")
    return int(text)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an IP address") from None


def _port_range(text: str) -> PortRange:
    try:
        return PortRange.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
