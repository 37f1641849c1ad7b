import pytest

from appliance.telephony.sip.errors import Malformed
from appliance.telephony.sip.multipart import Part, find_body, media_type, read_parts

SDP = "application/sdp"
KIND = "multipart/mixed;boundary=x"
BODY = (
    b"preamble\r\n--x\r\nContent-Type: text/plain\r\n\r\nHi\r\n--x \r\n"
    b"C:\r\n application/sdp;a=b\r\n\r\nv=0\r\n\x00--x\r\n\r\n--x--\r\nepilogue"
)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/mixed", b"--x\r\n\r\nHi\r\n--x--"),
        ("multipart/mixed;boundary=", b"--x\r\n\r\nHi\r\n--x--"),
        (KIND, b""),
        (KIND, b"--x\r\n\r\nno end"),
        (KIND, b"--x\r\nno blank line\r\n--x--"),
        (KIND, b"--y\r\n\r\nHi\r\n--y--"),
        ('multipart/mixed;boundary="x', b"--x\r\n\r\nHi\r\n--x--"),
    ],
)
def test_no_multipart(kind: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        read_parts(kind, body)
    assert find_body(kind, body, SDP, 4) is None


def test_parts_are_octets_between_delimiters() -> None:
    assert read_parts(KIND, BODY) == [
        Part("text/plain", b"Hi"),
        Part("application/sdp;a=b", b"v=0\r\n\x00--x\r\n"),
    ]


def test_a_part_without_headers_is_plain_text() -> None:
    assert read_parts('multipart/mixed; boundary="a b"', b"--a b\r\n\r\nHi\r\n--a b--") == [
        Part("text/plain", b"Hi")
    ]


def test_the_body_itself_or_its_first_such_part() -> None:
    assert find_body("Application/SDP ;x=y", b"v=0", SDP, 4) == b"v=0"
    assert find_body(KIND, BODY, SDP, 4) == b"v=0\r\n\x00--x\r\n"
    assert find_body(KIND, BODY, "image/png", 4) is None
    assert find_body("", b"v=0", SDP, 4) is None


def nested(depth: int) -> tuple[str, bytes]:
    kind, body = SDP, b"v=0"
    for level in range(depth):
        inner = f"--b{level}\r\nContent-Type: {kind}\r\n\r\n".encode() + body
        kind, body = f"multipart/mixed;boundary=b{level}", inner + f"\r\n--b{level}--".encode()
    return kind, body


def test_nesting_ends_somewhere() -> None:
    assert find_body(*nested(4), SDP, 4) == b"v=0"
    assert find_body(*nested(5), SDP, 4) is None


def test_media_type() -> None:
    assert media_type(" Text/Plain ; charset=x") == "text/plain"
