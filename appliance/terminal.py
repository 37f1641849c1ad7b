"""What the command line shows to people: tables and texts, as strings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.box.ready import Ready
from appliance.model.blocks import Block
from appliance.model.calls import CallRecord
from appliance.model.registrations import Registration


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> str:
    """Columns as wide as they need; `nothing` where there are no rows."""
    lines = [list(headings), *([plain(text) for text in row] for row in rows)]
    if len(lines) == 1:
        return nothing
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def plain(text: str) -> str:
    """The text without what a terminal would obey: phones, and strangers, write some of it."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def calls_table(calls: Iterable[tuple[str, CallRecord]]) -> str:
    """Call records under their tenants' slugs, in the order given."""
    return table(
        ("WHEN", "TENANT", "FROM", "DIALLED", "ANSWERED BY", "TALKED", "DISPOSITION", "ENDED BY"),
        (_call_row(tenant, record) for tenant, record in calls),
        "No calls yet.",
    )


def registrations_table(registrations: Iterable[Registration]) -> str:
    return table(
        ("TENANT", "EXT", "SIP USER", "STATE", "ADDRESS", "VIA", "LAST SEEN", "PHONE"),
        (
            (
                one.tenant,
                one.extension,
                one.username,
                f"{one.state.value}: {one.rejection}" if one.rejection else one.state.value,
                one.address,
                one.transport,
                _when(one.last_seen),
                one.user_agent,
            )
            for one in registrations
        ),
        "No devices yet.",
    )


def blocks_table(blocks: Iterable[Block]) -> str:
    return table(
        ("SIP USER", "ADDRESS", "SINCE", "REASON"),
        ((block.username, block.address, _when(block.since), block.reason) for block in blocks),
        "Nobody is blocked.",
    )


def welcome(ready: Ready, address: str, credentials: dict[str, Any], kept: Path) -> str:
    """What `byondvoice try` says once the box is up. `kept`: where the credentials are."""
    rows = [
        (tenant, device["extension"], device["username"], device["password"])
        for tenant, facts in credentials.get("tenants", {}).items()
        for device in facts["devices"].values()
    ]
    elsewhere = f"Credentials: see {kept}"
    return f"""
The box is up.

  Console     https://{address}:{ready.https}/admin/
  SIP server  {address}:{ready.sip} (UDP, TCP)   {address}:{ready.sips} (TLS)

{table(("SIGN IN AS", "PASSWORD", "WHO"), _logins(credentials), elsewhere)}

{table(("TENANT", "EXT", "SIP USER", "PASSWORD"), rows, elsewhere)}

Make a call: set up two softphones, each with a SIP user and password of tenant acme and the SIP
server above; dial 1002 from 1001. Dial 9196 to hear yourself. The credentials stay in
{kept}. Ctrl-C stops the box.
"""


def _logins(credentials: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Those who sign in to the console: name, password, and what they see there."""
    known = [(credentials.get("platform"), "the platform: everything")]
    known += [
        (login, f"reseller {code}: its tenants")
        for code, login in credentials.get("resellers", {}).items()
    ]
    known += [
        (facts.get("owner"), f"owner of tenant {slug}")
        for slug, facts in credentials.get("tenants", {}).items()
    ]
    return [(login["username"], login["password"], who) for login, who in known if login]


def _call_row(tenant: str, record: CallRecord) -> Sequence[str]:
    return (
        _when(record.started_at),
        tenant,
        f"{record.caller_number} {record.caller_name}".strip(),
        record.dialled,
        record.answered_number,
        _talked(record),
        record.disposition.value if record.disposition else "in progress",
        f"{record.ended_by.value if record.ended_by else ''} {record.reason}".strip(),
    )


def _when(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _talked(record: CallRecord) -> str:
    """Minutes and seconds of the conversation."""
    if record.answered_at is None or record.ended_at is None:
        return ""
    minutes, seconds = divmod(round((record.ended_at - record.answered_at).total_seconds()), 60)
    return f"{minutes:02}:{seconds:02}"
