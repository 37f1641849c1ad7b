"""The demo's cast: who is on the demo box (contract: `byondvoice demo`)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CastUser:
    """`extensions`: the numbers that the person answers, the primary one first."""

    username: str
    name: str
    extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CastTenant:
    """`extensions`: number to name. `browsers`: those that have a browser device too; `shared`:
    those that several people answer. `reseller` is a code, "" for a direct tenant."""

    slug: str
    name: str
    reseller: str
    extensions: dict[str, str]
    users: tuple[CastUser, ...]
    browsers: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()

    @property
    def domain(self) -> str:
        return f"{self.slug}.example"


@dataclass(frozen=True, slots=True)
class CastOperator:
    username: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class CastReseller:
    code: str
    name: str
    admin_email: str
    admin_name: str


PLATFORM: Final = CastOperator("sara", "Sara Anand", "sara@platform.example")
NIMBUS: Final = CastReseller(
    "NIMBUS", "Nimbus Telecom", "noc@nimbus.example", "Nimbus Telecom Operations"
)
ACME: Final = CastTenant(
    "acme",
    "Acme Corp",
    "NIMBUS",
    {
        "1001": "Alice Tan",
        "1002": "Ben Ong",
        "1003": "Carmen Lim",
        "1004": "Dev Kumar",
        "1006": "Priya Nair",
        "1050": "Sales",
        "1090": "Reception",
    },
    (
        CastUser("alice.tan", "Alice Tan", ("1001", "1050")),
        CastUser("ben.ong", "Ben Ong", ("1002",)),
        CastUser("carmen.lim", "Carmen Lim", ("1003",)),
        CastUser("priya.nair", "Priya Nair", ("1006",)),
    ),
    browsers=frozenset({"1001"}),
    shared=frozenset({"1050"}),
)
HELIOS: Final = CastTenant(
    "helios",
    "Helios Care",
    "",
    {"1001": "Farah Aziz", "1002": "Gita Rao", "1003": "Hugo Weber"},
    (CastUser("farah.aziz", "Farah Aziz", ("1001",)),),
)
