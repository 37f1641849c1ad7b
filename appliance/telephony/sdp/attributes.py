"""The `a=` lines of a session or media line (RFC 8866 § 5.13), and how to look them up."""

from collections.abc import Iterator

Attributes = tuple[tuple[str, str], ...]
"""Name and value in order of writing; a property such as `a=rtcp-mux` has the value ""."""


def first(attributes: Attributes, name: str) -> str | None:
    """The value of the first attribute of that name, or None."""
    return next((value for key, value in attributes if key == name), None)


def every(attributes: Attributes, name: str) -> Iterator[str]:
    """The values of all attributes of that name, in order."""
    return (value for key, value in attributes if key == name)


def parse(text: str) -> tuple[str, str]:
    """What stands after `a=`."""
    name, _, value = text.partition(":")
    return name.strip(), value.strip()


def line(name: str, value: str) -> str:
    """The whole line, without its end."""
    return f"a={name}:{value}" if value else f"a={name}"
