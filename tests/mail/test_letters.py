import pytest

from appliance.mail.letters import WORDS, House, Letters, one_line
from appliance.model.mails import MailKind

LETTERS = Letters(lambda: House("Nimbus <Voice>", "https://box.example:8443"))
FACTS = {
    "name": "Alice <script>alert(1)</script>",
    "username": "acme/alice.tan",
    "token": "a/b?c",
    "code": "481902",
    "expires_at": "2026-11-30T12:00:00Z",
    "minutes": 5,
    "address": "203.0.113.9",
    "device": "Firefox",
    "at": "2026-11-23T12:00:00+08:00",
    "label": "CRM\r\nBcc: victim@example.com",
    "url": "https://crm.example/hook",
    "since": "2026-11-22T12:00:00Z",
    "error": "500",
    "by": "platform-admin (SA)",
}


@pytest.mark.parametrize("kind", MailKind)
def test_every_kind_has_words_that_escape_what_people_wrote(kind: MailKind) -> None:
    letter = LETTERS.write(kind, FACTS)
    assert "<script>" not in letter.html
    assert "Nimbus &lt;Voice&gt;" in letter.html
    assert "Nimbus <Voice>" in letter.text
    assert "\n" not in letter.subject
    assert "{{" not in letter.subject + letter.text + letter.html


@pytest.mark.parametrize("kind", set(MailKind) - {MailKind.WEBHOOK_DISABLED})
def test_missing_facts_leave_no_holes(kind: MailKind) -> None:
    letter = LETTERS.write(kind, {})
    assert "None" not in letter.text
    assert "  " not in letter.text
    assert letter.subject == letter.subject.strip()


def test_no_kind_is_without_words() -> None:
    assert set(WORDS) == set(MailKind)


def test_the_link_leads_into_the_console_and_nowhere_else() -> None:
    letter = LETTERS.write(MailKind.INVITATION, FACTS)
    assert "https://box.example:8443/admin/invitation/a%2Fb%3Fc" in letter.text
    for link in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        assert "evil" not in LETTERS.write(MailKind.RESET, {"link": link}).html
        assert "javascript" not in LETTERS.write(MailKind.RESET, {"link": link}).html


def test_a_template_in_a_fact_is_only_text() -> None:
    letter = LETTERS.write(MailKind.RESET, {"name": "{{ 7 * 7 }}"})
    assert "{{ 7 * 7 }}" in letter.text


def test_moments_are_in_utc() -> None:
    assert "2026-11-23 04:00 UTC" in LETTERS.write(MailKind.NEW_PLACE, FACTS).text


def test_one_line_holds_no_second_header() -> None:
    assert one_line("a\r\nBcc: b\x00 c\u2028d") == "a Bcc: b c d"
