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

SERVICE_NAMES: Final[Mapping[str, str]] = {ECHO_TEST: "the echo test"}

EMERGENCY: Final[Mapping[str, tuple[str, ...]]] = {
    "SG": ("995", "999", "112"),
    "MY": ("999", "112"),
    "GB": ("999", "112", "101", "111"),
    "US": ("911", "112", "933"),
    "CA": ("911", "112"),
    "AU": ("000", "106", "112"),
    "NZ": ("111", "112"),
    "HK": ("999", "112"),
    "IN": ("112", "100", "101", "102", "108"),
    "ID": ("112", "110", "113", "118", "119"),
    "PH": ("911", "112"),
    "TH": ("191", "199", "1669", "112"),
    "JP": ("110", "118", "119", "112"),
    "CH": ("112", "117", "118", "144"),
}
"""Emergency numbers by country (ISO 3166 alpha-2); elsewhere 112, which every GSM phone knows."""


def emergency_numbers(country: str) -> tuple[str, ...]:
    return EMERGENCY.get(country, ("112",))


def reserved_for(number: str, country: str) -> str:
    """Who has the number in every tenant of that country, in words; "" where nobody has. A number
    that begins with an emergency number would be cut off by phones that dial as soon as they know
    one (manual § 26.3.1)."""
    if number.startswith("*"):
        return "a feature code"
    if number in SERVICE_NAMES:
        return SERVICE_NAMES[number]
    for emergency in emergency_numbers(country):
        if number.startswith(emergency):
            return f"the emergency number {emergency}, or begins with it"
    return ""


def destination(number: str, extensions: Mapping[str, Extension]) -> Destination:
    """Who answers `number` in the tenant whose extensions, keyed by number, are given."""
    return SERVICES.get(number) or extensions.get(number) or Nobody(number)
