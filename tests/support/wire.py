"""SIP as a test sees it on the wire: read without the product's own parser."""

import re
from dataclasses import dataclass

COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "k": "supported",
    "o": "event",
    "r": "refer-to",
    "b": "referred-by",
    "x": "session-expires",
}


@dataclass(frozen=True)
class WireMessage:
    """One message; `sent` where the peer that traced it sent it."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str
    sent: bool = False
    source: str = ""
    target: str = ""

    @classmethod
    def parse(
        cls, text: str, *, sent: bool = False, source: str = "", target: str = ""
    ) -> "WireMessage":
        head, _, body = text.replace("\r\n", "\n").partition("\n\n")
        start, *lines = re.sub(r"\n[ \t]+", " ", head).split("\n")
        pairs = [line.partition(":") for line in lines if ":" in line]
        headers = tuple((long_name(name), value.strip()) for name, _, value in pairs)
        return cls(start.strip(), headers, body, sent, source, target)

    def __str__(self) -> str:
        arrow = "sent" if self.sent else "received"
        return f"{arrow}: {self.start} [{self.get('cseq')}; {self.get('call-id')}]"

    @property
    def method(self) -> str:
        """The request's method, '' for a response."""
        return "" if self.status else self.start.split(" ")[0]

    @property
    def status(self) -> int:
        """The response's status, 0 for a request."""
        words = self.start.split(" ")
        return int(words[1]) if words[0].startswith("SIP/") and len(words) > 1 else 0

    @property
    def answers(self) -> str:
        """The method that the CSeq names."""
        return self.get("cseq").split(" ")[-1]

    @property
    def call_id(self) -> str:
        return self.get("call-id")

    @property
    def from_tag(self) -> str:
        return tag_of(self.get("from"))

    @property
    def to_tag(self) -> str:
        return tag_of(self.get("to"))

    def get(self, name: str) -> str:
        """The first value of a header, '' where it is missing."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name.lower()]

    def sdp(self, prefix: str) -> list[str]:
        """The body's lines that begin with `prefix`, such as `m=`, without it."""
        lines = (line.strip() for line in self.body.split("\n"))
        return [line[len(prefix) :] for line in lines if line.startswith(prefix)]

    @property
    def media_direction(self) -> str:
        """sendrecv, sendonly, recvonly or inactive of the first audio line."""
        words = ("sendrecv", "sendonly", "recvonly", "inactive")
        return next((word for word in self.sdp("a=") if word in words), "sendrecv")


def long_name(name: str) -> str:
    plain = name.strip().lower()
    return COMPACT.get(plain, plain)


def tag_of(address: str) -> str:
    found = re.search(r";\s*tag\s*=\s*([^;,\s]+)", address)
    return found.group(1) if found else ""
