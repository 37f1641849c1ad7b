"""Handles: names by which people sign in and paths are made. Tenants' slugs and the usernames of
operators share one space on the box (decisions: Access), since an owner's username is the slug;
usernames of other users are their tenant's own (manual § 4.5, § 7.2.1).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

from appliance.control.errors import Conflict, Invalid
from appliance.store import accounts
from appliance.store.database import Database
from appliance.store.rows import tenant_by_slug

LONGEST_SLUG: Final = 31
_SLUG: Final = re.compile(r"[a-z](-?[a-z0-9]){1,30}")
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_COMPANY_FORMS: Final = re.compile(
    r"ab|ag|as|bhd|bv|co|company|corp|corporation|gmbh|inc|incorporated|kk|limited|llc|llp|ltd|nv"
    r"|oy|plc|private|pte|pty|sa|sarl|sas|sdn|spa|srl"
)
SLUG_RULE: Final = (
    "2 to 31 characters: lower-case letters, digits and single hyphens; a letter first."
)
USERNAME_RULE: Final = "Up to 63 letters, digits, dots, hyphens or underscores, such as alice.tan."


def slug(text: str, field: str = "slug") -> str:
    """A tenant's slug. Raises Invalid."""
    if len(text) > LONGEST_SLUG or not _SLUG.fullmatch(text):
        raise Invalid.of(**{field: SLUG_RULE})
    return text


def username(text: str, field: str = "username") -> str:
    """A login's name, in lower case. Raises Invalid."""
    lowered = text.strip().lower()
    if not _USERNAME.fullmatch(lowered):
        raise Invalid.of(**{field: USERNAME_RULE})
    return lowered


def derived_slug(name: str) -> str:
    """A slug from a company's name: `Globex Pte Ltd` becomes `globex`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    while len(words) > 1 and _COMPANY_FORMS.fullmatch(words[-1]):
        words.pop()
    made = "-".join(words)
    if not made[:1].isalpha():
        made = f"tenant-{made}" if made else "tenant"
    made = made[:LONGEST_SLUG].rstrip("-")
    return made if len(made) > 1 else f"{made}-tenant"


def is_taken(database: Database, handle: str) -> bool:
    """Whether a tenant has the slug, or an operator the username."""
    return (
        tenant_by_slug(database, handle) is not None
        or accounts.operator_named(database, handle) is not None
    )


def free_like(handle: str, taken: Callable[[str], bool]) -> str:
    """The handle, or with the first number that is free: `globex-2`."""
    return next(each for each in _numbered(handle) if not taken(each))


def require_free_slug(database: Database, wanted: str) -> None:
    """Raises Conflict in the manual's words (§ 6.3.3)."""
    if is_taken(database, wanted):
        raise Conflict.of("slug", "slug already in use")


def require_free_operator(database: Database, wanted: str) -> None:
    """Raises Conflict."""
    if is_taken(database, wanted):
        raise Conflict.of("username", "username already in use")


def _numbered(handle: str) -> Iterator[str]:
    yield handle
    for number in count(2):
        end = f"-{number}"
        yield handle[: LONGEST_SLUG - len(end)].rstrip("-") + end
