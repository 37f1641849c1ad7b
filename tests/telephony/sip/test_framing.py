import pytest

from appliance.telephony.sip.framing import Framed, Ping, Pong, StreamFramer
from appliance.telephony.sip.message import ParseError, Request
from appliance.telephony.sip.message_limits import MessageLimits
from tests.telephony.sip.test_message import message

ONE = message("Content-Length: 3", body="v=0")
TWO = message("l :\r\n  0")
BAD = message("Content-Length: 2", drop="To", body="hi")


def shown(framed: list[Framed]) -> list[str]:
    """What came out, in words that can be compared."""
    words = []
    for each in framed:
        if isinstance(each, ParseError):
            words.append(f"{each} {each.request is not None} {each.framing_lost}")
        elif isinstance(each, (Ping, Pong)):
            words.append(type(each).__name__)
        else:
            words.append(bytes(each).decode("latin-1"))
    return words


@pytest.mark.parametrize(
    "length",
    ["", "Content-Length: -999", "Content-Length: x", "l: 3\r\nl: 3", "l: 3\r\nContent-Length: 2",
     "Content-Length: 3 3", "Content-Length: 99999999999"],
)  # fmt: skip
def test_where_the_next_message_begins_is_no_longer_known(length: str) -> None:
    framer = StreamFramer()
    (error,) = framer.feed(message(length or "Own: 1", body="v=0") + ONE)
    assert isinstance(error, ParseError)
    assert error.framing_lost
    assert error.request is not None
    assert error.status == 400
    assert framer.feed(ONE) == []


def test_two_readers_of_content_length_never_disagree() -> None:
    """Whatever the framer takes for the length, the parser must see the same."""
    for line in ("Content-Length\x0b: 3", "Own: a\r\n Content-Length: 3", "L\t: 3\r\n 4"):
        (error,) = StreamFramer().feed(message(line, body="v=0"))
        assert isinstance(error, ParseError)
        assert error.framing_lost


def test_a_bad_message_whose_end_is_known_costs_only_itself() -> None:
    error, good = StreamFramer().feed(BAD + ONE)
    assert isinstance(error, ParseError)
    assert not error.framing_lost
    assert isinstance(good, Request)


def test_what_is_not_sip_ends_the_stream() -> None:
    (error,) = StreamFramer().feed(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert isinstance(error, ParseError)
    assert error.framing_lost
    assert error.request is None


def test_a_head_without_end_is_not_collected_for_ever() -> None:
    framer = StreamFramer(MessageLimits(message=1000))
    assert framer.feed(b"INVITE " + b"a" * 993) == []
    (error,) = framer.feed(b"a")
    assert isinstance(error, ParseError)
    assert (error.status, error.framing_lost) == (513, True)


def test_a_body_that_is_too_large_is_refused_before_it_comes() -> None:
    framer = StreamFramer(MessageLimits(message=1000))
    (error,) = framer.feed(message("Content-Length: 1000"))
    assert isinstance(error, ParseError)
    assert (error.status, error.framing_lost) == (513, True)
    assert error.request is not None


def test_interop_4_keep_alives() -> None:
    framer = StreamFramer()
    assert framer.feed(b"\r\n\r\n") == [Ping()]
    assert framer.feed(b"\r\n") == []
    assert framer.feed(b"\r\n") == [Ping()]
    assert shown(framer.feed(b"\r\n" + ONE)) == shown([Pong(), *StreamFramer().feed(ONE)])


def test_a_carriage_return_without_line_feed() -> None:
    (error,) = StreamFramer().feed(b"\rx")
    assert isinstance(error, ParseError)
    assert error.framing_lost


def test_blank_lines_in_a_body_are_no_keep_alive() -> None:
    (request,) = StreamFramer().feed(message("Content-Length: 8", body="\r\n\r\n\r\n\r\n"))
    assert isinstance(request, Request)
    assert request.body == b"\r\n" * 4


@pytest.mark.parametrize(
    "stream",
    [
        ONE + b"\r\n\r\n" + TWO + b"\r\n" + BAD + ONE,
        ONE + message("l: x") + ONE,
        b"\r\n\r\n\r\n\rx",
        TWO + message("Own: " + "a" * 3000, "l: 0"),
        TWO + message("l: 5000"),
    ],
    ids=["good", "lost", "keep-alives", "large head", "large body"],
)
def test_the_same_comes_out_however_the_stream_is_cut(stream: bytes) -> None:
    limits = MessageLimits(message=2000)
    whole = shown(StreamFramer(limits).feed(stream))
    assert whole
    for size in (1, 2, 3, 7, 100, 1999, 2001):
        framer = StreamFramer(limits)
        cuts = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert shown([each for cut in cuts for each in framer.feed(cut)]) == whole
