"""Extension to extension, in virtual time: each test a dialogue (manual § 2.3.3, interop 22-24)."""

import asyncio
import gc
import weakref

import pytest

from appliance.model.calls import Disposition, EndedBy
from appliance.telephony.sip.message import Request, Response
from tests.support.virtual_exchange import Office, in_the_office


def test_nobody_registered_is_told_at_once_and_recorded_as_failed() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        ben.registered = False
        line = await alice.invite("1002")
        await line.refused(480)
        assert office.record.disposition is Disposition.FAILED
        assert office.record.reason == "nobody_registered"

    in_the_office(story)


def test_a_number_that_nobody_has_is_not_found() -> None:
    async def story(office: Office) -> None:
        line = await office.phone("1001").invite("1999")
        await line.refused(404)
        assert office.record.reason == "unknown_number"

    in_the_office(story)


def test_nobody_answers_within_the_ring_time() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        invite = await ben.expect_request("INVITE")
        await ben.answer(invite, 180)
        await alice.expect(180)
        await asyncio.sleep(24)
        await ben.expect_nothing("CANCEL")
        await asyncio.sleep(2)
        cancel = await ben.expect_request("CANCEL")
        assert cancel.get("Reason") is None
        await line.refused(480)
        assert office.record.disposition is Disposition.NO_ANSWER

    in_the_office(story)


def test_a_busy_phone_and_a_declined_call_have_their_own_status() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        for given, told in ((486, 486), (603, 603)):
            line = await alice.invite("1002")
            await ben.answer(await ben.expect_request("INVITE"), given)
            await line.refused(told)
        assert [r.reason for r in office.records.finished] == ["busy", "declined"]

    in_the_office(story)


def test_the_caller_gives_up_while_it_rings() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        await ben.answer(await ben.expect_request("INVITE"), 180)
        await line.request("CANCEL")
        await alice.expect(487)
        cancel = await ben.expect_request("CANCEL")
        assert cancel.get("Reason") is None
        assert office.record.disposition is Disposition.CANCELLED
        assert office.record.ended_by is EndedBy.CALLER

    in_the_office(story)


def test_interop_23_cancel_waits_for_a_provisional_response() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        invite = await ben.expect_request("INVITE")
        await line.request("CANCEL")
        await ben.expect_nothing("CANCEL")
        await ben.answer(invite, 180)
        await ben.expect("CANCEL")

    in_the_office(story)


def test_interop_23_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        invite = await ben.expect_request("INVITE")
        await ben.answer(invite, 180)
        await line.request("CANCEL")
        await ben.expect("CANCEL")
        await ben.answer(invite, 200, sdp=ben.sdp())
        await ben.expect("ACK")
        await ben.expect("BYE")

    in_the_office(story)


def test_all_devices_of_an_extension_ring_and_the_losers_learn_who_won() -> None:
    async def story(office: Office) -> None:
        alice = office.phone("1001")
        desk, mobile = office.phone("1002"), office.phone("1002", "mobile")
        line = await alice.invite("1002")
        await mobile.answer(await mobile.expect_request("INVITE"), 180)
        await desk.accept()
        cancel = await mobile.expect_request("CANCEL")
        assert cancel.get("Reason") == 'SIP;cause=200;text="Call completed elsewhere"'
        await line.answered()
        await line.request("BYE")
        await desk.expect("BYE")

    in_the_office(story)


def test_one_busy_device_does_not_stop_the_other() -> None:
    async def story(office: Office) -> None:
        alice = office.phone("1001")
        desk, mobile = office.phone("1002"), office.phone("1002", "mobile")
        line = await alice.invite("1002")
        await desk.answer(await desk.expect_request("INVITE"), 486)
        await mobile.accept()
        await line.answered()
        await line.request("BYE")

    in_the_office(story)


def test_a_decline_ends_the_whole_fork() -> None:
    async def story(office: Office) -> None:
        alice = office.phone("1001")
        desk, mobile = office.phone("1002"), office.phone("1002", "mobile")
        line = await alice.invite("1002")
        await mobile.answer(await mobile.expect_request("INVITE"), 180)
        await desk.answer(await desk.expect_request("INVITE"), 603)
        await mobile.expect("CANCEL")
        await line.refused(603)

    in_the_office(story)


def test_the_callee_hangs_up_and_the_record_says_so() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        theirs = await ben.accept()
        await line.answered()
        await asyncio.sleep(61)
        await theirs.request("BYE")
        await ben.expect(200)
        await alice.expect("BYE")
        record = office.record
        assert record.disposition is Disposition.ANSWERED
        assert record.ended_by is EndedBy.CALLEE
        assert record.answered_at is not None
        assert record.ended_at is not None
        assert (record.ended_at - record.answered_at).total_seconds() == 61
        assert [leg.direction for leg in record.legs] == ["in", "out"]

    in_the_office(story)


def test_the_caller_is_shown_as_the_device_says_and_not_as_its_from_claims() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        alice.number = "9999"
        line = await alice.invite("1002")
        invite = await ben.expect_request("INVITE")
        assert (invite.from_.uri.user, invite.from_.display_name) == ("1001", "User 1001")
        assert not invite.p_asserted_identity
        await line.request("CANCEL")

    in_the_office(story)


def test_privacy_hides_the_caller_from_the_phone() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002", more="Privacy: id\r\n")
        invite = await ben.expect_request("INVITE")
        assert "1001" not in (invite.get("From") or "")
        await line.request("CANCEL")

    in_the_office(story)


def test_interop_24_a_redirect_is_a_forward_within_the_tenant() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line = await alice.invite("1002")
        invite = await ben.expect_request("INVITE")
        reply = invite.reply(302, headers=[("Contact", "<sip:1003@10.0.0.1>")], to_tag="x")
        office.driver.receive(reply, ben.flow)
        await carmen.accept()
        await line.answered()
        await line.request("BYE")
        assert "Forwarded" in [entry.event for entry in office.record.timeline]

    in_the_office(story)


def test_interop_24_two_phones_that_redirect_to_each_other_end_in_a_loop_detected() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(n) for n in ("1001", "1002", "1003"))
        line = await alice.invite("1002")
        for phone, other in [(ben, "1003"), (carmen, "1002")] * 3:
            invite = await phone.expect_request("INVITE")
            contact = [("Contact", f"<sip:{other}@10.0.0.1>")]
            office.driver.receive(invite.reply(302, headers=contact, to_tag="x"), phone.flow)
        await line.refused(482)
        assert office.record.reason == "forward_loop"

    in_the_office(story)


def test_max_forwards_runs_out() -> None:
    async def story(office: Office) -> None:
        alice = office.phone("1001")
        line = await alice.invite("1002")
        await line.refused(404)
        request = (
            "INVITE sip:1002@10.0.0.1 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 10.0.1.1:5061;branch=z9hG4bKmf\r\n"
            "From: <sip:1001@10.0.0.1>;tag=a\r\nTo: <sip:1002@10.0.0.1>\r\nCall-ID: mf\r\n"
            "CSeq: 1 INVITE\r\nMax-Forwards: 0\r\n"
        )
        alice.send(request)
        await alice.expect(483)

    in_the_office(story)


def test_interop_22_early_media_reaches_the_caller_before_the_answer() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        invite = await ben.expect_request("INVITE")
        await ben.answer(invite, 183, sdp=ben.sdp(codecs="0 101"))
        early = await alice.expect(183)
        assert early.body
        assert office.media.streams[0].connected is not None
        assert office.records.begun[0].answered_at is None
        await ben.answer(invite, 200, sdp=ben.sdp(codecs="0 101"))
        final = await line.answered()
        assert final.body == early.body
        await line.request("BYE")

    in_the_office(story)


def test_a_caller_without_offer_gets_one_in_the_answer() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002", sdp=b"")
        await ben.accept(sdp=ben.sdp(codecs="0"))
        response = await alice.expect(200)
        assert isinstance(response, Response)
        assert b"m=audio" in response.body
        line.remote_tag = response.to.tag or ""
        await line.request("ACK", alice.sdp(codecs="0"))
        first, second = office.media.streams
        assert first.connected is second
        await line.request("BYE")

    in_the_office(story)


def test_an_answer_that_is_never_acknowledged_ends_the_call() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        await alice.invite("1002")
        await ben.accept()
        await alice.expect(200)
        await asyncio.sleep(40)
        await ben.expect("BYE")
        assert office.record.reason == "no_ack"
        assert office.record.ended_by is EndedBy.SYSTEM

    in_the_office(story)


def test_the_session_refresh_that_gets_no_response_ends_the_call_as_the_manual_shows() -> None:
    """Manual § 23.4: refreshed at 15:00, no response at 30:00, cleared by the system."""

    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002", more="Supported: timer\r\nAllow: UPDATE\r\n")
        await ben.accept()
        await line.answered()
        await asyncio.sleep(900.5)
        update = await alice.expect_request("UPDATE")
        await alice.answer(update, 200, more="Session-Expires: 1800;refresher=uac")
        alice.dead = True
        await asyncio.sleep(900 + 40)
        record = office.record
        assert record.ended_by is EndedBy.SYSTEM
        assert record.reason == "session_timeout"
        refreshes = [e.note for e in record.timeline if e.event == "Session refresh"]
        assert refreshes == ["ok", "no response"]
        await ben.expect("BYE")

    in_the_office(story)


def test_interop_10_a_too_short_interval_is_refused_with_the_least_that_we_take() -> None:
    async def story(office: Office) -> None:
        alice = office.phone("1001")
        line = await alice.invite("1002", more="Supported: timer\r\nSession-Expires: 30\r\n")
        response = await line.refused(422)
        assert response.get("Min-SE") == "90"

    in_the_office(story)


def test_an_unknown_required_extension_is_named() -> None:
    async def story(office: Office) -> None:
        line = await office.phone("1001").invite("9196", more="Require: teleport\r\n")
        response = await line.refused(420)
        assert response.get("Unsupported") == "teleport"

    in_the_office(story)


def test_interop_11_a_second_offer_before_the_first_is_answered_gets_500() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        await ben.accept()
        await line.answered()
        await line.request("INVITE", alice.sdp(codecs="9"))
        await ben.expect("INVITE")
        await line.request("INVITE", alice.sdp(codecs="9"))
        response = await alice.expect(500)
        assert response.get("Retry-After")
        await line.request("BYE")
        await alice.expect(487)

    in_the_office(story)


def test_interop_11_our_open_offer_meets_theirs_with_491() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        theirs = await ben.accept()
        await line.answered()
        await line.request("INVITE", alice.sdp(codecs="9"))
        await ben.expect("INVITE")
        await theirs.request("INVITE", ben.sdp())
        await ben.expect(491)
        await line.request("BYE")

    in_the_office(story)


def test_interop_13_a_new_codec_is_offered_onward_and_answered_back() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        await ben.accept()
        await line.answered()
        await line.request("INVITE", alice.sdp(codecs="9"))
        offer = await ben.expect_request("INVITE")
        assert b"G722" in offer.body
        await ben.answer(offer, 200, sdp=ben.sdp(codecs="9"))
        await ben.expect("ACK")
        answer = await line.answered()
        assert b"G722" in answer.body
        await line.request("BYE")

    in_the_office(story)


def test_interop_29_a_key_by_info_becomes_a_key_of_the_other_sides_media() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        await ben.accept()
        await line.answered()
        more = "Content-Type: application/dtmf-relay\r\n"
        await line.request("INFO", b"Signal=5\r\nDuration=250\r\n", more)
        await alice.expect(200)
        ben_stream = office.media.streams[0]
        assert ben_stream.pressed == [("5", 250)]
        await ben.expect_nothing("INFO")
        await line.request("BYE")

    in_the_office(story)


def test_the_echo_test_answers_and_plays_back() -> None:
    async def story(office: Office) -> None:
        line = await office.phone("1001").invite("9196")
        await line.answered()
        assert office.media.streams[0].echoing
        await line.request("BYE")
        assert office.record.disposition is Disposition.ANSWERED

    in_the_office(story)


def test_a_request_in_no_dialog_is_481() -> None:
    async def story(office: Office) -> None:
        alice = office.phone("1001")
        line = await alice.invite("1999")
        await line.refused(404)
        line.remote_tag = "nobody"
        await line.request("BYE")
        message = await alice.expect(481)
        assert not isinstance(message, Request)

    in_the_office(story)


@pytest.mark.parametrize("leaver", ["caller", "callee"])
def test_a_call_that_ended_is_freed_without_the_garbage_collector(leaver: str) -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        far = await ben.accept()
        await line.answered()
        call = next(iter(office.exchange.calls.values()))
        kept: list[weakref.ref[object]] = [weakref.ref(part) for part in (call, *call.legs)]
        del call
        office.media.streams.clear()
        await (line if leaver == "caller" else far).request("BYE")
        await (ben if leaver == "caller" else alice).expect("BYE")
        assert [ref() for ref in kept] == [None, None, None]

    gc.disable()
    try:
        in_the_office(story)
    finally:
        gc.enable()


def test_a_call_that_outlasts_the_shutdown_is_ended_by_the_system() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        await ben.accept()
        await line.answered()
        await office.exchange.drain(10)
        await alice.expect("BYE")
        await ben.expect("BYE")
        record = office.record
        assert (record.ended_by, record.reason) == (EndedBy.SYSTEM, "shutdown")
        assert record.disposition is Disposition.ANSWERED

    in_the_office(story)
