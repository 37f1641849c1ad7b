"""The `o=` line: whose session this is, and which version of it (RFC 8866 § 5.2)."""

import secrets
from dataclasses import dataclass, replace

from appliance.telephony.sdp.errors import SdpError


def family(host: str) -> str:
    """`IP4` or `IP6`, as `host` is written; a name counts as IP4."""
    return "IP6" if ":" in host else "IP4"


@dataclass(frozen=True, slots=True)
class Origin:
    """`key` and `version` are kept as text: phones write numbers longer than 64 bits, and words."""

    user: str
    key: str
    version: str
    host: str

    @classmethod
    def new(cls, host: str) -> "Origin":
        """An origin of ours; the id is random and below 2^53, which the weakest parser holds."""
        return cls("-", str(secrets.randbits(52)), "1", host)

    @classmethod
    def parse(cls, text: str) -> "Origin":
        """What stands after `o=`. Raises SdpError."""
        words = text.split()
        if len(words) < 6:
            raise SdpError("o= line has fewer than six fields")
        return cls(words[0], words[1], words[2], words[5])

    def raised(self) -> "Origin":
        """The next version (RFC 3264 § 8); a version that is no number starts anew."""
        number = int(self.version) if self.version.isdecimal() else 0
        return replace(self, version=str(number + 1))

    def __str__(self) -> str:
        return f"{self.user} {self.key} {self.version} IN {family(self.host)} {self.host}"
