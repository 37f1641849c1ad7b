"""The words of the box's mails, as text and as HTML, under the brand's name.

A mail is written from facts (JSON values). Names in them are other people's words: HTML escapes
them, a subject is one line. Each kind says which facts it takes; one that is missing is left out.
"""

import textwrap
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from jinja2.sandbox import SandboxedEnvironment

from appliance.model.mails import MailKind

COLUMNS: Final = 76


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class House:
    """In whose name the mails are: the brand's, and where its console is (`https://host`)."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Words:
    """Jinja texts: the subject, paragraphs, and what the button says if there is a link."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str = ""


_UNTIL: Final = "{% if expires_at %}The link works once, until {{ expires_at|moment }}.{% endif %}"
_WHAT_WE_NEVER_ASK: Final = (
    "We never ask for the password that you have: the link asks for a new one only."
)

WORDS: Final[Mapping[MailKind, Words]] = {
    # name, username, link | token, expires_at, tenant
    MailKind.INVITATION: Words(
        "Your login for {{ house }}",
        (
            "Hello{% if name %} {{ name }}{% endif %},",
            "a login{% if tenant %} for {{ tenant }}{% endif %} has been made for you."
            " Choose a password and it is yours.",
            "{% if username %}You sign in as {{ username }}.{% endif %}",
            _UNTIL,
            "If you expected no such mail, do nothing: without a password the login opens nothing.",
        ),
        "Choose a password",
    ),
    # name, username, link | token, expires_at
    MailKind.RESET: Words(
        "A new password for {{ house }}",
        (
            "Hello{% if name %} {{ name }}{% endif %},",
            "a new password was asked for{% if username %} for the login {{ username }}"
            "{% endif %}.",
            _UNTIL,
            _WHAT_WE_NEVER_ASK,
            "If you did not ask for it, do nothing: the old password stays.",
        ),
        "Choose a new password",
    ),
    # name, code, minutes
    MailKind.CODE: Words(
        "{{ code }} is your sign-in code",
        (
            "Hello{% if name %} {{ name }}{% endif %},",
            "your code for signing in to {{ house }}:",
            "{{ code }}",
            "{% if minutes %}It is good for {{ minutes }} minutes. {% endif %}"
            "Nobody of ours will ever ask you for it.",
        ),
    ),
    # name, username, address, device, at
    MailKind.NEW_PLACE: Words(
        "A sign-in from a new place",
        (
            "Hello{% if name %} {{ name }}{% endif %},",
            "your login{% if username %} {{ username }}{% endif %} was used from a place where it"
            " was not used before{% if at %}, at {{ at|moment }}{% endif %}.",
            "{% if address %}Address: {{ address }}{% endif %}",
            "{% if device %}Program: {{ device }}{% endif %}",
            "If that was you, there is nothing to do. If not, change your password and end the"
            " other logins under Profile & security.",
        ),
    ),
    # name, username, address, minutes, at
    MailKind.LOCKED_OUT: Words(
        "Your login is locked for a while",
        (
            "Hello{% if name %} {{ name }}{% endif %},",
            "your login{% if username %} {{ username }}{% endif %} was tried with wrong passwords"
            "{% if address %} from {{ address }}{% endif %}{% if at %}, last at {{ at|moment }}"
            "{% endif %}.",
            "It is locked{% if minutes %} for {{ minutes }} minutes{% endif %}, and open again"
            " after that by itself.",
            "If it was not you, tell your administrator.",
        ),
    ),
    # label, url, since, error
    MailKind.WEBHOOK_DISABLED: Words(
        "A webhook was switched off: {{ label }}",
        (
            "The webhook {{ label }} has failed since {{ since|moment }} without one success, and"
            " is switched off.",
            "It sends to {{ url }}",
            "{% if error %}The last answer: {{ error }}{% endif %}",
            "Once the receiver works, switch it on again under API & Integrations and send again"
            " what was missed.",
        ),
    ),
    # by
    MailKind.TEST: Words(
        "A test mail from {{ house }}",
        (
            "The mail relay works: this mail came through it.",
            "{% if by %}It was asked for by {{ by }}.{% endif %}",
        ),
    ),
}

_HTML: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{{ subject }}</title></head>
<body style="margin:0;padding:24px;background:#f4f5f7;color:#1b1f24;
font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="max-width:560px;margin:0 auto;padding:32px;background:#ffffff;border-radius:8px">
<p style="margin:0 0 24px;font-weight:600">{{ house }}</p>
{% for paragraph in paragraphs %}<p style="margin:0 0 16px">{{ paragraph }}</p>
{% endfor %}{% if link %}<p style="margin:24px 0"><a href="{{ link }}" style="display:inline-block;
padding:10px 20px;background:#1f5eff;color:#ffffff;text-decoration:none;border-radius:6px">{{
button }}</a></p>
<p style="margin:0 0 16px;font-size:13px;color:#57606a;word-break:break-all">{{ link }}</p>
{% endif %}</div></body></html>
"""


class Letters:
    """`house` is asked each time: brand and address may change."""

    def __init__(self, house: Callable[[], House]) -> None:
        self._house = house
        plain = _environment(escape=False)
        self._subjects = {kind: plain.from_string(words.subject) for kind, words in WORDS.items()}
        self._paragraphs = {
            kind: [plain.from_string(paragraph) for paragraph in words.paragraphs]
            for kind, words in WORDS.items()
        }
        self._html = _environment(escape=True).from_string(_HTML)

    def write(self, kind: MailKind, facts: Mapping[str, object]) -> Letter:
        """The mail of that kind from these facts."""
        words, house = WORDS[kind], self._house()
        given = {**facts, "house": house.name}
        subject = one_line(self._subjects[kind].render(given))
        link = _link(house, kind, facts) if words.button else ""
        paragraphs = [
            rendered
            for paragraph in self._paragraphs[kind]
            if (rendered := paragraph.render(given).strip())
        ]
        html = self._html.render(
            subject=subject,
            house=house.name,
            paragraphs=paragraphs,
            link=link,
            button=words.button,
        )
        parts = [*paragraphs, *([f"{words.button}: {link}"] if link else []), f"– {house.name}"]
        return Letter(subject, "\n\n".join(map(_wrapped, parts)) + "\n", html)


def one_line(text: str) -> str:
    """Without line breaks and control characters: nothing in it begins a header of its own."""
    kept = (" " if unicodedata.category(each)[0] == "C" else each for each in text)
    return " ".join("".join(kept).split())[:200]


def _environment(*, escape: bool) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(autoescape=escape)
    environment.filters["moment"] = _moment
    return environment


def _link(house: House, kind: MailKind, facts: Mapping[str, object]) -> str:
    """Within the console alone: a path, or the page of the one-time link whose token is given."""
    path = str(facts.get("link") or "")
    if path.startswith(house.address + "/"):
        return path
    if path.startswith("/") and not path.startswith("//"):
        return house.address + path
    token = str(facts.get("token") or "")
    return f"{house.address}/admin/{kind.value}/{quote(token, safe='')}" if token else ""


def _moment(value: object) -> str:
    """`2026-11-27 13:05 UTC`; what is no moment stays as it is."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _wrapped(paragraph: str) -> str:
    return textwrap.fill(paragraph, COLUMNS, break_long_words=False, break_on_hyphens=False)
