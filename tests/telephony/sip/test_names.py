import pytest

from appliance.telephony.sip.names import canonical, is_header_name


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("v", "Via"),
        ("V", "Via"),
        ("vIa", "Via"),
        ("Via \t", "Via"),
        ("i", "Call-ID"),
        ("CALL-ID", "Call-ID"),
        ("cseq", "CSeq"),
        ("CSEQ", "CSeq"),
        ("Cseq", "CSeq"),
        ("www-authenticate", "WWW-Authenticate"),
        ("x", "Session-Expires"),
        ("MaX-fOrWaRdS", "Max-Forwards"),
        ("x-unHeard-of", "X-Unheard-Of"),
        ("C%6Fntact", "C%6Fntact"),
    ],
)
def test_every_spelling_of_a_name_is_one(name: str, usual: str) -> None:
    assert canonical(name) == usual
    assert canonical(usual) == usual


@pytest.mark.parametrize("name", ["", " Via", "Vi a", "Via\x00", "Vía", "Via,"])
def test_what_is_no_header_name(name: str) -> None:
    assert not is_header_name(name)
