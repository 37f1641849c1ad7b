"""What a dialled number means within one tenant: the one numbering rule (decisions: Telephony)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from appliance.model.extensions import Extension

ECHO_TEST: Final = "9196"


@dataclass(frozen=True, slots=True)
class EchoTest:
    """`9196` plays the caller's own audio back (manual § 27.7.1)."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """No one in this tenant owns the number."""

    number: str


Destination = Extension | EchoTest | Nobody

SERVICES: Final[Mapping[str, Destination]] = {ECHO_TEST: EchoTest()}
"""Numbers that every tenant has and nobody may take."""


def destination(number: str, extensions: Mapping[str, Extension]) -> Destination:
    """Who answers `number` in the tenant whose extensions, keyed by number, are given."""
    return SERVICES.get(number) or extensions.get(number) or Nobody(number)
