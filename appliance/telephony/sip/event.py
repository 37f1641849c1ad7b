"""Event (RFC 6665 § 8.2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.grammar import is_token, print_params, read_params


@dataclass(frozen=True, slots=True)
class Event:
    """`package` with its templates, such as `presence.winfo`, in lower case."""

    package: str
    params: Mapping[str, str | None] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, text: str) -> "Event":
        """Raises Malformed."""
        package, semicolon, rest = text.partition(";")
        package = package.strip().lower()
        if not is_token(package):
            raise Malformed("Bad Event")
        return cls(package, read_params(rest) if semicolon else {})

    @property
    def id(self) -> str:
        """ "" where there is none."""
        return self.params.get("id") or ""

    def __str__(self) -> str:
        return self.package + print_params(self.params)
