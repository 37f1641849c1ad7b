"""The headers of one message: lines by name, in order, and what was already read of them."""

from collections.abc import Iterable, Iterator
from typing import Any

from appliance.telephony.sip.names import SPELLINGS, canonical, is_header_name


class Headers:
    """Names are case-insensitive and compact forms equal long ones. The order of lines counts
    within one name (RFC 3261 § 7.3.1); headers are printed in the order of their first lines.

    `typed` is where a message keeps what it made of the lines of a name.
    """

    __slots__ = ("fields", "typed")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.fields: dict[str, list[str]] = {}
        self.typed: dict[str, Any] = {}
        for name, value in pairs:
            self.add(name, value)

    @classmethod
    def of(cls, fields: dict[str, list[str]]) -> "Headers":
        """From lines by canonical name, which become its own."""
        headers = cls.__new__(cls)
        headers.fields, headers.typed = fields, {}
        return headers

    def read(self, lines: Iterable[str]) -> str:
        """Take in unfolded header lines; the complaint about the first bad one, which is left
        out, or ""."""
        fields = self.fields
        complaint = ""
        for line in lines:
            name, colon, value = line.partition(":")
            key = SPELLINGS.get(name)
            if key is None or not colon:
                if not colon or not is_header_name(name):
                    complaint = complaint or "Bad Header Line"
                    continue
                key = canonical(name)
            if key in fields:
                fields[key].append(value.strip())
            else:
                fields[key] = [value.strip()]
        return complaint

    def get(self, name: str) -> str | None:
        """The first line's value, None where there is none."""
        lines = self.fields.get(canonical(name))
        return lines[0] if lines else None

    def all(self, name: str) -> list[str]:
        """The values of all lines of that name; a line may hold several, separated by commas."""
        return list(self.fields.get(canonical(name), ()))

    def add(self, name: str, value: str) -> None:
        """Below the lines of that name."""
        key = canonical(name)
        self.fields.setdefault(key, []).append(value)
        self.typed.pop(key, None)

    def prepend(self, name: str, value: str) -> None:
        """Above the lines of that name; a name that is new comes before all others."""
        key = canonical(name)
        if key in self.fields:
            self.fields[key].insert(0, value)
        else:
            self.fields = {key: [value], **self.fields}
        self.typed.pop(key, None)

    def set(self, name: str, value: str) -> None:
        """Instead of all lines of that name."""
        key = canonical(name)
        self.fields[key] = [value]
        self.typed.pop(key, None)

    def remove(self, name: str) -> None:
        """All lines of that name, if any."""
        key = canonical(name)
        self.fields.pop(key, None)
        self.typed.pop(key, None)

    def __contains__(self, name: str) -> bool:
        return canonical(name) in self.fields

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, lines in self.fields.items() for value in lines)
