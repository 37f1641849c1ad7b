"""Via (RFC 3261 § 20.42, RFC 3581)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.telephony.sip._accelerated import via_params
from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import clamped, split_list
from appliance.telephony.sip.host import print_host_port, read_host_port
from appliance.telephony.sip.remembered import remembered

MAX_VIAS = 70  # as many as Max-Forwards starts with

_PROTOCOL = re.compile(r"\s*SIP\s*/\s*2\.0\s*/\s*([A-Za-z0-9\-.!%*_+`'~]+)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Via:
    """`transport` is in upper case; `host` and `params` are the text as it stands, quotes included,
    because phones compare what comes back octet by octet with what they sent."""

    transport: str
    host: str
    port: int | None = None
    params: Mapping[str, str | None] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, text: str) -> "Via":
        """Raises Malformed."""
        place, semicolon, params = text.partition(";")
        transport, host, port = _read_place(place)
        return cls(transport, host, port, _read_params(params) if semicolon else {})

    @property
    def branch(self) -> str:
        """ "" where there is none (RFC 2543)."""
        return self.params.get("branch") or ""

    @property
    def received(self) -> str | None:
        """The source address, without brackets (RFC 5118 § 4.5 allows both)."""
        value = self.params.get("received")
        return None if value is None else value.strip("[]")

    @property
    def rport(self) -> int | None:
        """The source port; None also where it is only asked for."""
        value = self.params.get("rport")
        return None if value is None else clamped(value, 65535)

    @property
    def wants_rport(self) -> bool:
        return "rport" in self.params

    def seen_from(self, host: str, port: int) -> "Via":
        """What a server makes of it (RFC 3261 § 18.2.1, RFC 3581 § 4): `received` where the sender
        named another host or asked for `rport`. Claims of the sender itself are removed."""
        params = dict(self.params)
        params.pop("received", None)
        if "rport" in params:
            params["rport"] = str(port)
        if "rport" in params or host.lower() != self.host.lower():
            params["received"] = host
        return Via(self.transport, self.host, self.port, params)

    def __str__(self) -> str:
        text = f"SIP/2.0/{self.transport} {print_host_port(self.host, self.port)}"
        for name, value in self.params.items():
            text += f";{name}" if value is None else f";{name}={value}"
        return text


def read_vias(lines: list[str]) -> tuple[Via, ...]:
    """All Via values, the top one first. Raises Malformed, also for more than MAX_VIAS."""
    if len(lines) == 1 and "," not in lines[0]:
        return (Via.parse(lines[0]),)
    parts = [part for line in lines for part in split_list(line)]
    if len(parts) > MAX_VIAS:
        raise Malformed("Too Many Vias")
    return tuple([Via.parse(part) for part in parts])


def _parse_place(text: str) -> tuple[str, str, int | None]:
    """Transport, host and port: all that stands before the first semicolon."""
    protocol = _PROTOCOL.match(text)
    if protocol is None:
        raise Malformed("Bad Via")
    return protocol[1].upper(), *read_host_port(text[protocol.end() :].rstrip())


_read_place = remembered(_parse_place)  # a phone says the same each time; its branch differs


def _read_params(text: str) -> dict[str, str | None]:
    params = via_params(text)
    return _read_params_with_care(text) if params is None else params


def _read_params_with_care(text: str) -> dict[str, str | None]:
    params: dict[str, str | None] = {}
    for piece in split_list(text, ";"):
        name, equals, value = piece.partition("=")
        name = name.strip().lower()
        if not name or name in params:
            raise Malformed("Bad Parameter in Via")
        params[name] = value.strip() if equals else None
    return params
