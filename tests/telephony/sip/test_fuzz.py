"""Whatever comes in: a message or ParseError, in bounded time; whatever goes out comes back."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.telephony.sip.address import Address
from appliance.telephony.sip.challenge import Challenge, Credentials
from appliance.telephony.sip.cseq import CSeq
from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.event import Event
from appliance.telephony.sip.framing import StreamFramer
from appliance.telephony.sip.message import Message, ParseError, Request, Response, parse
from appliance.telephony.sip.rack import RAck
from appliance.telephony.sip.reason import Reason
from appliance.telephony.sip.replaces import Replaces
from appliance.telephony.sip.session_expires import SessionExpires
from appliance.telephony.sip.uri import Uri
from appliance.telephony.sip.via import Via
from tests.telephony.sip.test_framing import shown
from tests.telephony.sip.test_headed import ABSENT

VALUES: list[Any] = [
    Uri, Address, Via, CSeq, RAck, Replaces, SessionExpires, Reason, Event, Challenge, Credentials,
]  # fmt: skip

BODY = b"--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--\r\n"
SEED = (
    b"INVITE sip:2@b.example;lr SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport, SIP/2.0/TCP [::1];branch=z9hG4bK2\r\n"
    b'From: "A \\"B\\"" <sip:1@b>;tag=1\r\nTo: <sip:%232@b>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n'
    b'm: <sip:1@192.0.2.1:5060;transport=udp>;expires=60;+sip.instance="<urn:uuid:1>"\r\n'
    b"Max-Forwards: 70\r\nRecord-Route: <sip:p;lr>, <sip:q;lr>\r\nSupported: timer,\r\n 100rel\r\n"
    b'Authorization: Digest username="a", realm="r", nonce="n", uri="sip:b", response="0"\r\n'
    b"Session-Expires: 90;refresher=uac\r\nReplaces: c;to-tag=1;from-tag=2\r\n"
    b"Reason: SIP;cause=200\r\nEvent: refer;id=1\r\nRAck: 1 1 INVITE\r\nRSeq: 1\r\n"
    b"Refer-To: <sip:x?Replaces=a%40b>\r\nContent-Type: multipart/mixed;boundary=x\r\n"
    b"Content-Length: " + str(len(BODY)).encode() + b"\r\n\r\n" + BODY
)
SHORTER = SEED.replace(b"Content-Length: ", b"Content-Length: 8\r\nOwn: ")
PIECES = [
    b"\r\n", b"\r", b"\n", b" ", b"\t", b"\0", b",", b";", b"<", b">", b'"', b"\\", b"=", b":",
    b"@", b"%", b"%00", b"?", b"[", b"]", b"*", b"\xff", b"\xc3\xbc", b"Via: ", b"l: ", b"-",
    b"9" * 30, b"z9hG4bK",
]  # fmt: skip

pytestmark = pytest.mark.slow

far = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A good message with a few octets deleted, replaced or put in."""
    data = SEED
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        until = at + draw(st.integers(0, 3))
        data = (
            data[:at] + draw(st.sampled_from([b"", *PIECES]) | st.binary(max_size=4)) + data[until:]
        )
    return data


def use(message: Message) -> None:
    """Everything that may be asked of a message that was accepted."""
    for name in (*ABSENT, "via", "vias", "from_", "to", "call_id", "cseq"):
        getattr(message, name)
    message.body_of("application/sdp")
    data = bytes(message)
    assert parse(data, exact=True).body == message.body
    if isinstance(message, Request):
        assert message.uri
        message.mark_source("2001:db8::1", 5060)
        assert isinstance(parse(bytes(message.reply(486)), exact=True), Response)


def survive(data: bytes) -> None:
    try:
        use(parse(data))
    except ParseError as error:
        if error.request is not None:
            error.request.mark_source("192.0.2.1", 5060)
            bytes(error.request.reply(error.status, error.reason))


@far
@given(st.binary(max_size=500))
def test_any_octets(data: bytes) -> None:
    survive(data)
    survive(SEED[: len(data)] + data)


@far
@given(mutants())
def test_a_message_with_a_few_octets_changed(data: bytes) -> None:
    survive(data)


def test_the_seed_of_the_mutants_is_good() -> None:
    message = parse(SEED, exact=True)
    use(message)
    assert message.body_of("application/sdp") == b"v=0"
    assert len(message.authorizations) == 1


@far
@given(
    st.lists(
        mutants() | st.sampled_from([SEED, b"\r\n\r\n", b"\r\n", SHORTER]),
        max_size=4,
    ),
    st.lists(st.integers(1, 400), min_size=1),
)
def test_the_framer_gives_the_same_however_the_stream_is_cut(
    pieces: list[bytes], sizes: list[int]
) -> None:
    stream = b"".join(pieces)
    framer, at, came = StreamFramer(), 0, []
    for turn in range(len(stream)):
        size = sizes[turn % len(sizes)]
        came += framer.feed(stream[at : at + size])
        at += size
    assert shown(came) == shown(StreamFramer().feed(stream))


@pytest.mark.parametrize("kind", VALUES)
@far
@given(data=st.data())
def test_any_text_is_a_value_or_malformed(kind: Any, data: st.DataObject) -> None:
    text = data.draw(st.text(max_size=60) | st.from_regex(r"[a-z0-9 <>\"\\;:,=@%?/.\[\]-]{0,60}"))
    try:
        value = kind.parse(text)
    except Malformed:
        return
    if "\r" not in text and "\n" not in text:
        assert kind.parse(str(value)) == value


tokens = st.from_regex(r"[A-Za-z0-9.!%*_+`'~-]{1,12}", fullmatch=True)
names = tokens.map(str.lower)
hosts = st.sampled_from(["example.com", "192.0.2.1", "2001:db8::1", "pbx_1", "h"])
ports = st.none() | st.integers(0, 65535)
words = st.text(max_size=20)
keys = words.filter(bool).map(str.lower).filter(lambda text: text == text.lower())
lines = words.map(lambda text: text.replace("\r", "").replace("\n", ""))
params = st.dictionaries(names, st.none() | lines, max_size=4)
uris = st.builds(
    Uri,
    st.sampled_from(["sip", "sips"]),
    words,
    hosts,
    ports,
    st.dictionaries(
        words.filter(bool).map(lambda text: text.lower().lower()), st.none() | words, max_size=3
    ),
    st.lists(st.tuples(words.filter(bool), words), max_size=3).map(tuple),
).flatmap(
    lambda uri: st.builds(
        lambda password: replace(uri, password=password) if uri.user else uri, st.none() | words
    )
)
addresses = st.builds(Address, lines, uris, params)
vias = st.builds(
    Via, tokens.map(str.upper), hosts, ports, st.dictionaries(names, st.none() | tokens, max_size=4)
)
numbers = st.integers(0, 2**31 - 1)
texts = st.text(max_size=20).map(lambda text: text.replace("\r", "").replace("\n", ""))
made: dict[str, Any] = {
    "uri": uris,
    "address": addresses,
    "via": vias,
    "cseq": st.builds(CSeq, numbers, tokens),
    "rack": st.builds(RAck, numbers, numbers, tokens),
    "replaces": st.builds(Replaces, tokens, tokens, tokens, st.booleans()),
    "session expires": st.builds(SessionExpires, numbers, st.sampled_from([None, "uac", "uas"])),
    "reason": st.builds(Reason, tokens, st.none() | st.integers(0, 999), texts),
    "event": st.builds(Event, names, params),
    "challenge": st.builds(
        Challenge,
        texts,
        texts,
        st.sampled_from(["MD5", "SHA-256"]),
        st.sampled_from([(), ("auth",), ("auth", "auth-int")]),
        st.booleans(),
        st.none() | texts,
    ),
    "credentials": st.builds(
        Credentials,
        texts,
        texts,
        texts,
        texts,
        st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
        st.sampled_from(["MD5", "SHA-256"]),
        st.just("auth"),
        st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
        texts,
        st.none() | texts,
    ),
}


@pytest.mark.parametrize("noun", made)
@far
@given(data=st.data())
def test_a_made_value_comes_back_from_its_text(noun: str, data: st.DataObject) -> None:
    value = data.draw(made[noun])
    text = str(value)
    assert "\r" not in text
    assert "\n" not in text
    assert type(value).parse(text) == value


@far
@given(tokens, uris, st.lists(addresses, min_size=1, max_size=3), vias, st.binary(max_size=100))
def test_a_made_request_comes_back_from_its_octets(
    method: str, uri: Uri, contacts: list[Address], via: Via, body: bytes
) -> None:
    via = replace(via, params={"branch": "z9hG4bK1"})
    headers = [
        ("Via", str(via)),
        ("From", str(contacts[0])),
        ("To", str(contacts[-1])),
        ("Call-ID", "c1"),
        ("CSeq", f"1 {method}"),
        ("Contact", ", ".join(str(contact) for contact in contacts)),
    ]
    request = parse(
        bytes(Request.make(method, replace(uri, headers=()), headers, body)), exact=True
    )
    assert isinstance(request, Request)
    assert (request.method, request.uri, request.body) == (method, replace(uri, headers=()), body)
    assert request.contacts == tuple(contacts)
    assert (request.via, request.from_, request.to) == (via, contacts[0], contacts[-1])
