"""Dialogues of a caller, the box and a callee, each seeing only the box (RFC 3264)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.model.devices import MediaSecurity
from appliance.telephony.sdp.agreement import Agreement, agree
from appliance.telephony.sdp.direction import Direction
from appliance.telephony.sdp.negotiation import (
    answer_back,
    answer_locally,
    fresh_offer,
    offer_from,
    onward_offer,
    same_media,
)
from appliance.telephony.sdp.refusal import Refusal
from appliance.telephony.sdp.session import Session
from tests.telephony.sdp.examples import (
    FAX,
    KEY_80,
    OPTIONAL,
    OPUS_FIRST,
    OURS,
    PLAIN,
    REQUIRED,
    VIDEO,
    answer,
    local,
    session,
)

SECURE = MediaSecurity.REQUIRED
OPEN = MediaSecurity.PLAIN
EITHER = MediaSecurity.OPTIONAL


def onward(text: str, secure: MediaSecurity = EITHER) -> Session:
    offer = session(text)
    sides = [local(30000 + 2 * i) for i in range(len(offer.media))]
    return onward_offer(offer, sides, OURS, secure=secure)


def back(text: str, theirs: Session, secure: MediaSecurity = EITHER) -> Session | Refusal:
    offer = session(text)
    return answer_back(offer, theirs, [local() for _ in offer.media], OURS, secure=secure)


def made(result: Session | Refusal) -> Session:
    assert isinstance(result, Session), result
    return result


def formats(result: Session | Refusal, line: int = 0) -> tuple[str, ...]:
    return made(result).media[line].formats


# Refusals first.


def test_nothing_in_common_is_488() -> None:
    result = back(PLAIN, session(PLAIN.replace("AVP 0 8 9 101", "AVP 18 101")))
    assert isinstance(result, Refusal)
    assert result.status == 488


def test_only_digits_in_common_is_488() -> None:
    assert isinstance(answer_locally(
        session(PLAIN), ["telephone-event"], [local()], OURS, secure=EITHER), Refusal)  # fmt: skip


def test_interop_30_a_plain_offer_from_a_device_that_must_be_secure_is_488() -> None:
    theirs = answer(onward(PLAIN), "0")
    assert isinstance(back(PLAIN, theirs, SECURE), Refusal)
    assert isinstance(answer_locally(session(PLAIN), None, [local()], OURS, secure=SECURE), Refusal)


def test_interop_30_a_secure_offer_from_a_device_without_srtp_is_488_and_never_plain() -> None:
    local_answer = answer_locally(session(REQUIRED), None, [local()], OURS, secure=OPEN)
    assert isinstance(local_answer, Refusal)


def test_a_callee_that_rejects_every_line_is_488() -> None:
    theirs = answer(onward(PLAIN), "0")
    rejected = replace(theirs, media=(theirs.media[0].rejected(),))
    assert isinstance(back(PLAIN, rejected), Refusal)


def test_interop_32_fax_answered_as_voice_is_488_so_that_voice_goes_on() -> None:
    assert isinstance(back(FAX, session(PLAIN)), Refusal)


# The offer onward.


def test_the_callee_sees_only_the_box() -> None:
    text = str(onward(VIDEO))
    assert "203.0.113.1" not in text
    assert "Yealink" not in text
    assert "candidate" not in text
    assert "c=IN IP4 192.0.2.10" in text
    assert "m=video 30002" in text


def test_interop_27_the_offerers_order_and_numbers_go_on() -> None:
    assert formats(onward(OPUS_FIRST)) == ("111", "0", "100", "101", "8")
    assert "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=1" in str(onward(OPUS_FIRST))


def test_the_other_law_is_offered_last_where_one_is_there() -> None:
    assert formats(onward(PLAIN.replace("AVP 0 8 9 101", "AVP 8 101"))) == ("8", "101", "0")
    assert formats(onward(PLAIN.replace("AVP 0 8 9 101", "AVP 9 101"))) == ("9", "101")


@pytest.mark.parametrize(
    ("secure", "profile", "keyed"),
    [(OPEN, "RTP/AVP", False), (EITHER, "RTP/AVP", True), (SECURE, "RTP/SAVP", True)],
)
@pytest.mark.parametrize("text", [PLAIN, OPTIONAL, REQUIRED])
def test_interop_30_the_callees_policy_decides_not_the_callers_offer(
    text: str, secure: MediaSecurity, profile: str, keyed: bool
) -> None:
    line = onward(text, secure).media[0]
    assert line.protocol == profile
    assert bool(line.crypto) is keyed
    assert KEY_80 not in str(onward(text, secure))


def test_a_line_that_we_do_not_carry_is_offered_with_port_0() -> None:
    offer = onward_offer(session(VIDEO), [local(), None], OURS, secure=EITHER)
    assert [line.port for line in offer.media] == [20000, 0]
    assert offer.media[1].host == OURS.host


@pytest.mark.parametrize("written", ["sendonly", "recvonly", "inactive", "sendrecv"])
def test_interop_12_directions_go_through(written: str) -> None:
    assert str(onward(PLAIN.replace("sendrecv", written)).media[0].direction) == written


def test_interop_12_the_old_hold_goes_on_as_sendonly_from_a_real_address() -> None:
    line = onward(PLAIN.replace("c=IN IP4 203.0.113.1", "c=IN IP4 0.0.0.0")).media[0]
    assert line.direction is Direction.SENDONLY
    assert line.host == "192.0.2.10"


def test_interop_13_lines_and_numbers_of_the_dialog_last() -> None:
    previous = onward_offer(session(VIDEO), [local(), local()], OURS, secure=EITHER)
    other = OPUS_FIRST.replace("111", "97")
    offer = onward_offer(session(other), [local(), None], OURS, secure=EITHER, previous=previous)
    assert [line.kind for line in offer.media] == ["audio", "video"]
    assert offer.media[1].port == 0
    assert offer.media[0].formats[0] == "97"
    event = next(c for c in offer.media[0].codecs if c.event and c.clock == 8000)
    assert event.number == 101


def test_interop_32_fax_goes_on_in_the_place_of_voice() -> None:
    previous = onward(PLAIN)
    offer = onward_offer(session(FAX), [local(30000)], OURS, secure=EITHER, previous=previous)
    assert str(offer).count("m=") == 1
    assert "m=image 30000 udptl t38" in str(offer)
    assert "a=T38MaxBitRate:14400" in str(offer)


# The answer back.


def test_interop_27_the_answer_keeps_the_offerers_order_and_numbers() -> None:
    theirs = session(
        OPUS_FIRST.replace("AVP 111 0 100 101", "AVP 0 98 99")
        .replace("111", "98")
        .replace("100 telephone-event/48000", "99 telephone-event/8000")
    )
    assert formats(back(OPUS_FIRST, theirs)) == ("111", "0", "101")


def test_the_answerers_parameters_are_told() -> None:
    theirs = session(OPUS_FIRST.replace("stereo=1", "useinbandfec=1"))
    assert "a=fmtp:111 useinbandfec=1" in str(made(back(OPUS_FIRST, theirs)))


def test_interop_27_only_where_nothing_is_shared_the_other_law_is_answered() -> None:
    caller = PLAIN.replace("AVP 0 8 9 101", "AVP 0 101")
    theirs = answer(onward(caller), "8", "101")
    assert formats(back(caller, theirs)) == ("0", "101")


def test_interop_29_digits_have_the_clock_of_the_codec_that_is_left() -> None:
    assert formats(back(OPUS_FIRST, answer(onward(OPUS_FIRST), "0", "100", "101"))) == ("0", "101")
    assert formats(back(OPUS_FIRST, answer(onward(OPUS_FIRST), "111", "100", "101"))) == (
        "111",
        "100",
    )


def test_interop_29_digits_with_another_clock_are_better_than_none() -> None:
    caller = OPUS_FIRST.replace("111 0 100 101", "111 101")
    assert formats(back(caller, answer(onward(caller), "111", "101"))) == ("111", "101")


def test_interop_29_no_digits_are_promised_that_the_callee_cannot_take() -> None:
    assert formats(back(PLAIN, answer(onward(PLAIN), "0"))) == ("0",)


@pytest.mark.parametrize(
    ("offered", "answered", "expected"),
    [
        ("sendonly", "recvonly", "recvonly"),
        ("sendonly", "inactive", "inactive"),
        ("inactive", "inactive", "inactive"),
        ("sendrecv", "sendonly", "sendonly"),
        ("sendonly", "sendrecv", "recvonly"),
        ("recvonly", "sendonly", "sendonly"),
    ],
)
def test_interop_12_answers_mirror_offers(offered: str, answered: str, expected: str) -> None:
    caller = PLAIN.replace("sendrecv", offered)
    result = made(back(caller, answer(onward(caller), "0", direction=answered)))
    assert str(result.media[0].direction) == expected


def test_a_callee_without_video_leaves_the_callers_line_at_port_0() -> None:
    offer = onward(VIDEO)
    theirs = answer(offer, "0")
    both = replace(theirs, media=(theirs.media[0], offer.media[1].rejected()))
    result = made(back(VIDEO, both))
    assert [(line.kind, line.port) for line in result.media] == [("audio", 20000), ("video", 0)]


def test_lines_come_back_in_the_callers_order_after_a_transfer() -> None:
    caller = session(VIDEO)
    swapped = replace(caller, media=caller.media[::-1])
    previous = onward(VIDEO)
    sides = [local(30000), local(30002)]
    offer = onward_offer(swapped, sides, OURS, secure=EITHER, previous=previous)
    assert [line.kind for line in offer.media] == ["audio", "video"]
    result = made(answer_back(swapped, offer, [local(1000), local(2000)], OURS, secure=EITHER))
    assert [(line.kind, line.port) for line in result.media] == [("video", 1000), ("audio", 2000)]


def test_interop_32_fax_is_answered_as_fax() -> None:
    offer = onward(FAX)
    result = made(back(FAX, offer))
    assert result.media[0].udptl
    assert result.media[0].port == 20000


@pytest.mark.parametrize("caller", [PLAIN, OPTIONAL, REQUIRED])
@pytest.mark.parametrize("callee", [OPEN, EITHER, SECURE])
def test_interop_30_plain_and_secure_legs_meet_in_the_box(
    caller: str, callee: MediaSecurity
) -> None:
    offer = onward(caller, callee)
    key = f"1 AES_CM_128_HMAC_SHA1_80 {KEY_80}" if offer.media[0].crypto else ""
    theirs = answer(offer, "0", key=key)
    result = made(back(caller, theirs))
    one = agree(result.media[0], session(caller).media[0])
    other = agree(offer.media[0], theirs.media[0])
    assert isinstance(one, Agreement)
    assert isinstance(other, Agreement)
    assert (one.send_keys is not None) is (caller != PLAIN)
    assert (other.send_keys is not None) is (callee is not OPEN)
    assert result.media[0].protocol == session(caller).media[0].protocol


# The box's own offers and answers.


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("sendrecv", "sendonly"), "recvonly"),
        (("sendrecv", "inactive"), "inactive"),
        (("sendrecv", "recvonly"), "sendonly"),
        (("c=IN IP4 203.0.113.1", "c=IN IP4 0.0.0.0"), "recvonly"),
        (("s=", "s="), "sendrecv"),
    ],
)
def test_interop_12_hold_is_answered_by_its_mirror(change: tuple[str, str], expected: str) -> None:
    result = made(answer_locally(session(PLAIN.replace(*change)), None, [local()], OURS,
                                 secure=EITHER))  # fmt: skip
    assert str(result.media[0].direction) == expected


def test_what_we_hold_ourselves_stays_held_over_the_other_sides_resume() -> None:
    result = answer_locally(
        session(PLAIN), None, [local()], OURS, secure=EITHER, direction=Direction.SENDONLY
    )
    assert made(result).media[0].direction is Direction.SENDONLY


def test_a_prompt_takes_only_what_the_box_can_play() -> None:
    names = ["PCMU", "PCMA", "telephone-event"]
    result = answer_locally(session(OPUS_FIRST), names, [local()], OURS, secure=EITHER)
    assert formats(result) == ("0", "101")


def test_an_echo_takes_everything() -> None:
    result = answer_locally(session(VIDEO), None, [local(), local(20002)], OURS, secure=EITHER)
    assert formats(result, 1) == ("97",)


def test_lines_not_carried_are_rejected_and_the_rest_goes_on() -> None:
    result = made(answer_locally(session(VIDEO), None, [local(), None], OURS, secure=EITHER))
    assert [line.port for line in result.media] == [20000, 0]


def test_an_offer_that_ends_all_its_lines_is_answered_so() -> None:
    offer = session(PLAIN)
    over = replace(offer, media=(offer.media[0].rejected(),))
    result = made(answer_locally(over, None, [None], OURS, secure=EITHER))
    assert not result.media[0].live


def test_an_offer_of_our_own_is_complete() -> None:
    offer = fresh_offer(["OPUS", "PCMU", "telephone-event"], local(), OURS, secure=SECURE)
    text = str(offer)
    assert "m=audio 20000 RTP/SAVP 96 0 100 101" in text
    assert text.count("a=crypto:") == 3
    assert Session.parse(bytes(offer)) == offer
    assert "crypto" not in str(fresh_offer(["PCMU"], local(), OURS, secure=OPEN))


def test_who_held_whom_before_a_transfer_counts_no_more() -> None:
    held = PLAIN.replace("sendrecv", "recvonly").replace("c=IN IP4 203.0.113.1", "c=IN IP4 0.0.0.0")
    offer = offer_from(session(held), [local()], OURS, secure=EITHER)
    assert offer.media[0].direction is Direction.SENDRECV


# Whether the other leg must be asked.


@pytest.mark.parametrize(
    "change",
    [
        ("sendrecv", "inactive"),
        ("54400", "54500"),
        ("203.0.113.1", "203.0.113.9"),
        ("WVNf", "XVNf"),
        ("ptime:20", "ptime:30"),
    ],
)
def test_interop_13_moving_and_holding_change_no_media(change: tuple[str, str]) -> None:
    assert same_media(session(REQUIRED), session(REQUIRED.replace(*change)))


@pytest.mark.parametrize(
    "change",
    [
        ("0 8 9 101", "8 0 9 101"),
        ("RTP/SAVP", "RTP/AVP"),
        ("m=audio 54400", "m=audio 0"),
        ("101 telephone", "102 telephone"),
    ],
)
def test_interop_13_codecs_and_lines_do(change: tuple[str, str]) -> None:
    assert not same_media(session(REQUIRED), session(REQUIRED.replace(*change)))
    assert not same_media(session(PLAIN), session(VIDEO))
    assert not same_media(session(PLAIN), session(FAX))


NAMES = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "18": "G729/8000",
         "96": "opus/48000/2", "101": "telephone-event/8000"}  # fmt: skip


@given(
    st.lists(st.sampled_from(list(NAMES)), unique=True, min_size=1),
    st.lists(st.sampled_from(list(NAMES)), unique=True, min_size=1),
    st.sampled_from(list(Direction)),
    st.sampled_from(list(Direction)),
)
def test_whatever_is_answered_both_sides_can_use(
    caller: list[str], callee: list[str], offered: Direction, answered: Direction
) -> None:
    text = PLAIN[: PLAIN.index("m=")] + f"m=audio 54400 RTP/AVP {' '.join(caller)}\n"
    text += "".join(f"a=rtpmap:{number} {NAMES[number]}\n" for number in caller)
    text += f"a={offered}\n"
    offer = onward(text)
    chosen = [number for number in callee if number in offer.media[0].formats]
    if not chosen:
        return
    theirs = answer(offer, *chosen, direction=str(answered))
    result = back(text, theirs)
    if isinstance(result, Refusal):
        assert not {*caller} & {*chosen} - {"101"}
        return
    line = result.media[0]
    assert {*line.formats} <= {*caller}
    assert [number for number in caller if number in line.formats] == [*line.formats]
    one = agree(line, session(text).media[0])
    other = agree(offer.media[0], theirs.media[0])
    assert isinstance(one, Agreement)
    assert isinstance(other, Agreement)
    # What one side may send, the other must be ready for.
    assert not one.sending or offered.receives
    assert not one.receiving or (offered.sends and answered.receives)
