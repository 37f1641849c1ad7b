"""SIP messages that are wrong in a reproducible way."""

import random
from collections.abc import Callable, Iterator

Mutator = Callable[[random.Random, bytes], bytes]

HEAD = (
    b"Via: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bK%d;rport\r\n"
    b"Max-Forwards: 70\r\n"
    b'From: "A" <sip:1001-desk@127.0.0.1>;tag=a%d\r\n'
    b"To: <sip:1002@127.0.0.1>\r\n"
    b"Call-ID: m%d@127.0.0.1\r\n"
)
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\n"
)
CREDENTIALS = (
    b'Authorization: Digest username="1001-desk", realm="byondvoice", nonce="abc",'
    b' uri="sip:127.0.0.1", response="0123456789abcdef0123456789abcdef", algorithm=MD5,'
    b' qop=auth, nc=00000001, cnonce="x"\r\n'
)
CONTACT = b"Contact: <sip:1001@127.0.0.1:5099>;expires=60\r\n"
EXTRAS = {
    b"REGISTER": CONTACT + CREDENTIALS + b"Expires: 60\r\n",
    b"INVITE": CONTACT + CREDENTIALS + b"Supported: timer, 100rel\r\nSession-Expires: 1800\r\n",
    b"OPTIONS": b"Accept: application/sdp\r\n",
    b"SUBSCRIBE": CONTACT + b"Event: dialog\r\nExpires: 60\r\n",
    b"REFER": CONTACT + b"Refer-To: <sip:1003@127.0.0.1?Replaces=a%3Bto-tag%3D1>\r\n",
    b"BYE": b'Reason: Q.850;cause=16;text="x"\r\n',
    b"CANCEL": b"",
    b"ACK": b"",
    b"PRACK": b"RAck: 1 1 INVITE\r\n",
    b"INFO": b"",
    b"UPDATE": CONTACT,
    b"NOTIFY": b"Event: refer\r\nSubscription-State: active\r\n",
    b"MESSAGE": b"",
    b"PUBLISH": b"Event: presence\r\n",
}
EVIL = (
    b"\0",
    b"\r\n\r\n",
    b"%00",
    b"\xff\xfe",
    b"(((((((((",
    b'"""""',
    b"<<<<>>>>",
    b";;;;;;",
    b"4294967296",
    b"-1",
    b"99999999999999999999",
    b"sip:sip:sip:@@@",
    b"[::::]",
    b"\xf0\x9f\x93\x9e",
    b"a" * 3000,
    b", " * 500,
    b"multipart/mixed;boundary=",
)


def well_formed(rng: random.Random) -> bytes:
    """A request, or now and then a response, such as a phone sends."""
    number = rng.randrange(1 << 30)
    method = rng.choice(list(EXTRAS))
    body = SDP if method in (b"INVITE", b"UPDATE") else b""
    start = b"%s sip:1002@127.0.0.1 SIP/2.0\r\n" % method
    if rng.random() < 0.15:
        start = b"SIP/2.0 %d Whatever\r\n" % rng.choice([100, 180, 200, 401, 486, 699])
    kind = b"Content-Type: application/sdp\r\n" if body else b""
    return (
        start
        + HEAD % (number, number, number)
        + b"CSeq: %d %s\r\n" % (rng.randrange(1, 1000), method)
        + EXTRAS[method]
        + kind
        + b"Content-Length: %d\r\n\r\n" % len(body)
        + body
    )


def flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data)) + 1]


def drop_stretch(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randrange(1, 60) :]


def insert_evil(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.choice(EVIL) + data[at:]


def replace_value(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    at = rng.randrange(len(lines))
    name = lines[at].partition(b":")[0]
    lines[at] = name + b": " + rng.choice(EVIL)
    return b"\r\n".join(lines)


def repeat_line(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    at = rng.randrange(len(lines))
    return b"\r\n".join(lines[:at] + [lines[at]] * rng.choice([2, 3, 150]) + lines[at:])


def shuffle_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    rng.shuffle(lines)
    return b"\r\n".join(lines)


def bare_line_ends(rng: random.Random, data: bytes) -> bytes:
    return data.replace(b"\r\n", rng.choice([b"\n", b"\r", b"\r\n ", b"\r\n\t"]))


def noise(rng: random.Random, data: bytes) -> bytes:
    return rng.randbytes(rng.randrange(1, 1500))


MUTATORS: tuple[Mutator, ...] = (
    flip,
    cut,
    drop_stretch,
    insert_evil,
    replace_value,
    repeat_line,
    shuffle_lines,
    bare_line_ends,
    noise,
)


def mutated(seed: int, count: int) -> Iterator[bytes]:
    """`count` messages with one to three defects each, the same ones for the same seed."""
    rng = random.Random(seed)
    for _ in range(count):
        data = well_formed(rng)
        for _ in range(rng.randrange(1, 4)):
            data = rng.choice(MUTATORS)(rng, data) or b"x"
        yield data[:60_000]
