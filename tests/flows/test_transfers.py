"""Blind and attended transfer, pick-up by Replaces, in virtual time (interop 14, 15, 16)."""

import asyncio

import pytest

from appliance.model.calls import Disposition
from appliance.telephony.sip.message import Request
from tests.support.virtual_exchange import Line, Office, Phone, in_the_office


async def talk(caller: Phone, callee: Phone, *, more: str = "") -> tuple[Line, Line]:
    """A conversation between two phones."""
    line = await caller.invite(callee.number, more=more)
    theirs = await callee.accept()
    await line.answered()
    return line, theirs


async def expect_report(phone: Phone, first_line: str) -> Request:
    """The next NOTIFY of a transfer says this; it is answered."""
    notify = await phone.expect_request("NOTIFY")
    assert notify.body.decode().startswith(first_line), notify.body
    await phone.answer(notify, 200)
    return notify


def refer_to(number: str, replaced: Line | None = None) -> str:
    """A REFER's headers; `replaced` is the transferor's own line in its other call."""
    replaces = ""
    if replaced is not None:
        replaces = (
            f"?Replaces={replaced.call_id}%3Bto-tag%3D{replaced.remote_tag}"
            f"%3Bfrom-tag%3D{replaced.tag}"
        )
    return f"Refer-To: <sip:{number}@10.0.0.1{replaces}>\r\n"


def test_a_transfer_to_a_number_that_nobody_has_brings_the_call_back() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more=refer_to("1999"))
        await ben.expect(202)
        await expect_report(ben, "SIP/2.0 100")
        await expect_report(ben, "SIP/2.0 404")
        first, second = office.media.streams[:2]
        assert first.connected is second
        await theirs.request("BYE")
        await alice.expect("BYE")
        assert line.call_id

    in_the_office(story)


def test_a_transfer_to_somebody_who_declines_brings_the_call_back() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more=refer_to("1003"))
        invite = await carmen.expect_request("INVITE")
        await carmen.answer(invite, 180)
        await expect_report(ben, "SIP/2.0 100")
        await expect_report(ben, "SIP/2.0 180")
        assert office.media.streams[1].playing is not None
        await carmen.answer(invite, 603)
        await expect_report(ben, "SIP/2.0 603")
        first, second = office.media.streams[:2]
        assert first.connected is second
        await line.request("BYE")
        await ben.expect("BYE")

    in_the_office(story)


def test_the_transferor_has_hung_up_already_when_the_transfer_fails_and_is_rung_back() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more=refer_to("1003"))
        invite = await carmen.expect_request("INVITE")
        await theirs.request("BYE")
        await carmen.answer(invite, 486)
        again = await ben.accept()
        assert again.call_id != theirs.call_id
        await line.request("BYE")
        await ben.expect("BYE")
        assert "Recall" in [entry.event for entry in office.record.timeline]

    in_the_office(story)


def test_a_blind_transfer_moves_the_caller_to_the_target() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more=refer_to("1003"))
        await carmen.accept()
        await expect_report(ben, "SIP/2.0 100")
        await expect_report(ben, "SIP/2.0 180")
        final = await expect_report(ben, "SIP/2.0 200")
        assert (final.get("Subscription-State") or "").startswith("terminated")
        await asyncio.sleep(3)
        await ben.expect("BYE")
        assert office.media.open_streams[0].connected is office.media.open_streams[1]
        await line.request("BYE")
        await carmen.expect("BYE")
        assert office.record.disposition is Disposition.ANSWERED
        assert len(office.record.legs) == 3

    in_the_office(story)


def test_the_caller_may_transfer_the_called_party() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line, theirs = await talk(alice, ben)
        await line.request("REFER", more=refer_to("1003"))
        at_carmen = await carmen.accept()
        await line.request("BYE")
        await ben.expect_nothing("BYE")
        await at_carmen.request("BYE")
        await ben.expect("BYE")
        assert theirs.call_id

    in_the_office(story)


def test_a_transferor_that_wants_no_reports_gets_none() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more=refer_to("1003") + "Refer-Sub: false\r\n")
        accepted = await ben.expect(202)
        assert accepted.get("Refer-Sub") == "false"
        await carmen.accept()
        await ben.expect_nothing("NOTIFY")
        await line.request("BYE")

    in_the_office(story)


def test_the_party_that_stays_hangs_up_while_the_target_rings() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more=refer_to("1003"))
        await carmen.answer(await carmen.expect_request("INVITE"), 180)
        await line.request("BYE")
        await carmen.expect("CANCEL")
        await ben.expect("BYE")

    in_the_office(story)


def test_a_refer_without_target_is_refused() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER")
        await ben.expect(400)
        await line.request("BYE")

    in_the_office(story)


def test_an_attended_transfer_joins_the_two_others() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line, at_ben = await talk(alice, ben)
        asking, at_carmen = await talk(ben, carmen)
        await at_ben.request("REFER", more=refer_to("1003", asking))
        await expect_report(ben, "SIP/2.0 100")
        await expect_report(ben, "SIP/2.0 200")
        await ben.expect("BYE")
        await ben.expect("BYE")
        assert office.media.open_streams[0].connected is office.media.open_streams[1]
        assert len(office.media.open_streams) == 2
        await at_carmen.request("BYE")
        await alice.expect("BYE")
        assert line.call_id
        assert len(office.records.finished) == 2

    in_the_office(story)


def test_an_attended_transfer_while_the_target_still_rings() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line, at_ben = await talk(alice, ben)
        asking = await ben.invite("1003")
        invite = await carmen.expect_request("INVITE")
        await carmen.answer(invite, 180)
        ringing = await ben.expect(180)
        asking.remote_tag = ringing.to.tag or ""
        await at_ben.request("REFER", more=refer_to("1003", asking))
        await expect_report(ben, "SIP/2.0 100")
        await expect_report(ben, "SIP/2.0 200")
        await carmen.answer(invite, 200, sdp=carmen.sdp(codecs="0 101"))
        await carmen.expect("ACK")
        assert office.media.open_streams[0].connected is office.media.open_streams[1]
        await line.request("BYE")
        await carmen.expect("BYE")

    in_the_office(story)


def test_nobody_may_replace_the_dialog_of_another_extension() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen, dan = (office.phone(n) for n in ("1001", "1002", "1003", "1004"))
        line, at_ben = await talk(alice, ben)
        other, _ = await talk(carmen, dan)
        await at_ben.request("REFER", more=refer_to("1004", other))
        await expect_report(ben, "SIP/2.0 100")
        await expect_report(ben, "SIP/2.0 481")
        await line.request("BYE")
        await other.request("BYE")

    in_the_office(story)


def test_an_invite_with_replaces_takes_the_place_of_the_named_dialog() -> None:
    """The extension's other phone takes the call over (RFC 3891)."""

    async def story(office: Office) -> None:
        alice = office.phone("1001")
        desk, mobile = office.phone("1002"), office.phone("1002", "mobile")
        mobile.registered = False
        line, at_desk = await talk(alice, desk)
        replaces = f"{at_desk.call_id};to-tag={at_desk.remote_tag};from-tag={at_desk.tag}"
        taking = await mobile.invite("1002", more=f"Replaces: {replaces}\r\n")
        await taking.answered()
        await desk.expect("BYE")
        streams = office.media.open_streams
        assert streams[0].connected is streams[1]
        await line.request("BYE")
        await mobile.expect("BYE")

    in_the_office(story)


def test_replaces_of_an_unknown_dialog_is_481() -> None:
    async def story(office: Office) -> None:
        phone = office.phone("1001")
        line = await phone.invite("1002", more="Replaces: x;to-tag=a;from-tag=b\r\n")
        await line.refused(481)

    in_the_office(story)


def test_early_only_does_not_take_an_answered_dialog() -> None:
    async def story(office: Office) -> None:
        alice = office.phone("1001")
        desk, mobile = office.phone("1002"), office.phone("1002", "mobile")
        mobile.registered = False
        line, at_desk = await talk(alice, desk)
        replaces = f"{at_desk.call_id};to-tag={at_desk.remote_tag};from-tag={at_desk.tag}"
        taking = await mobile.invite("1002", more=f"Replaces: {replaces};early-only\r\n")
        await taking.refused(486)
        await line.request("BYE")

    in_the_office(story)


def test_interop_16_both_phones_are_shown_whom_they_talk_to_after_a_transfer() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        _, at_ben = await talk(alice, ben, more="Allow: INVITE, ACK, BYE, UPDATE\r\n")
        asking, at_carmen = await talk(ben, carmen)
        await at_ben.request("REFER", more=refer_to("1003", asking))
        update = await alice.expect_request("UPDATE")
        assert update.p_asserted_identity[0].uri.user == "1003"
        await alice.answer(update, 200)
        await at_carmen.request("BYE")

    in_the_office(story)


@pytest.mark.parametrize("privacy", ["id", "critical;user", "header , session"])
def test_interop_25_who_withholds_their_number_is_not_shown_to_whom_they_are_sent(
    privacy: str,
) -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        _, at_ben = await talk(alice, ben, more=f"Privacy: {privacy}\r\n")
        asking = await ben.invite("1003")
        at_carmen = await carmen.accept(more="Allow: INVITE, ACK, BYE, UPDATE")
        await asking.answered()
        await at_ben.request("REFER", more=refer_to("1003", asking))
        update = await carmen.expect_request("UPDATE")
        assert update.p_asserted_identity[0].uri.host == "anonymous.invalid"
        assert b"1001" not in bytes(update)
        await carmen.answer(update, 200)
        await at_carmen.request("BYE")

    in_the_office(story)


def test_interop_25_who_answers_with_their_number_withheld_is_sent_on_without_it() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line = await alice.invite("1002")
        at_ben = await ben.accept(more="Privacy: id")
        await line.answered()
        await line.request("REFER", more=refer_to("1003"))
        invite = await carmen.expect_request("INVITE")
        assert invite.from_.uri.user == "anonymous"
        assert b"1002" not in bytes(invite)
        await carmen.answer(invite, 486)
        await at_ben.request("BYE")

    in_the_office(story)


@pytest.mark.parametrize("privacy", ["none", "session", "identity", ""])
def test_interop_25_other_words_withhold_no_number(privacy: str) -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        await alice.invite("1002", more=f"Privacy: {privacy}\r\n")
        invite = await ben.expect_request("INVITE")
        assert invite.from_.uri.user == "1001"
        await ben.answer(invite, 486)

    in_the_office(story)


def test_legs_without_a_common_codec_are_brought_together_by_an_offer() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line = await alice.invite("1002", sdp=alice.sdp(codecs="9 0 101"))
        at_ben = await ben.accept(sdp=ben.sdp(codecs="9"))
        await line.answered()
        asking = await ben.invite("1003", sdp=ben.sdp(codecs="0"))
        at_carmen = await carmen.accept(sdp=carmen.sdp(codecs="0"))
        await asking.answered()
        await at_ben.request("REFER", more=refer_to("1003", asking))
        offered = await carmen.expect_request("INVITE")
        await carmen.answer(offered, 488)
        offered = await alice.expect_request("INVITE")
        assert b"PCMU" in offered.body
        await alice.answer(offered, 200, sdp=alice.sdp(codecs="0"))
        assert office.media.open_streams[0].connected is office.media.open_streams[1]
        await at_carmen.request("BYE")

    in_the_office(story)
