"""Messages in orders that nobody wishes for, and phones that behave badly, in virtual time."""

import asyncio
from collections.abc import Callable

import pytest

from appliance.model.calls import Disposition, EndedBy
from appliance.telephony.media.port import Carriage, MediaEvent, NoMediaPorts
from appliance.telephony.sip.message import Request, Response
from tests.flows.test_transfers import expect_report, refer_to, talk
from tests.support.fake_media import FakeStream
from tests.support.virtual_exchange import Line, Office, Phone, in_the_office

VIDEO = b"\r\nm=video 30000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
G729_ALONE = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.1.1\r\ns=-\r\nc=IN IP4 10.0.1.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 18\r\n"
)


def in_place_of(line: Line) -> str:
    """The Replaces header of an INVITE that takes over `line`, a phone's own."""
    return f"Replaces: {line.call_id};to-tag={line.remote_tag};from-tag={line.tag}\r\n"


def methods(phone: Phone) -> list[str]:
    """The requests in the inbox, which they leave."""
    taken = [m.method for m in phone.inbox if isinstance(m, Request)]
    phone.inbox.clear()
    return taken


def spare_ports(office: Office, spare: int) -> None:
    """From now on the media core can open so many streams and no more."""
    real, left = office.media.open, iter(range(spare))

    def limited(
        host: str, on_event: Callable[[MediaEvent], None], carriage: Carriage = Carriage.RTP
    ) -> FakeStream:
        if next(left, None) is None:
            raise NoMediaPorts("all in use")
        return real(host, on_event, carriage)

    office.media.open = limited  # type: ignore[method-assign]


# -- strangers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("remote_tag", "more"), [("", "Require: nothing\r\n"), ("nobody", "")])
def test_a_refused_invite_of_a_stranger_is_answered_once_and_not_kept(
    remote_tag: str, more: str
) -> None:
    """Else one forged datagram would have eleven sent to its victim, and be held for 32 s."""

    async def story(office: Office) -> None:
        phone = office.phone("1001")
        line = Line(phone, "forged", "t", "sip:1002@10.0.0.1", remote_tag)
        await line.request("INVITE", phone.sdp(), more)
        assert office.driver.core.sizes()["server_transactions"] == 0
        await asyncio.sleep(40)
        assert len([m for m in phone.inbox if isinstance(m, Response)]) == 1

    in_the_office(story)


# -- hanging up ----------------------------------------------------------------------------------


def test_a_caller_whose_ack_is_late_gets_the_bye_after_it() -> None:
    """RFC 3261 § 15: where the 200 was lost, a BYE before its ACK would be answered with 481, and
    the 200 that comes again would bring the phone into a call that has ended."""

    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        theirs = await ben.accept()
        await theirs.request("BYE")
        await asyncio.sleep(3)
        await alice.expect_nothing("BYE")
        await line.answered()
        assert methods(alice) == ["BYE"]

    in_the_office(story)


def test_a_caller_who_never_acknowledges_gets_the_bye_all_the_same() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        await alice.invite("1002")
        theirs = await ben.accept()
        await theirs.request("BYE")
        await asyncio.sleep(33)
        await alice.expect("BYE")
        assert office.record.ended_by is EndedBy.CALLEE

    in_the_office(story)


def test_both_hang_up_at_once() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        await line.request("BYE")
        await theirs.request("BYE")
        await alice.expect(200)
        await ben.expect(481)

    in_the_office(story)


def test_a_phone_that_hangs_up_while_it_is_asked_for_video_ends_the_call() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        await line.request("INVITE", alice.sdp() + VIDEO)
        await ben.answer(await ben.expect_request("INVITE"), 180)
        await theirs.request("BYE")
        await alice.expect("BYE")

    in_the_office(story)


def test_the_called_phone_asks_for_video_and_hangs_up_before_the_caller_decides() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        _, theirs = await talk(alice, ben)
        await theirs.request("INVITE", ben.sdp(codecs="0 101") + VIDEO)
        await alice.answer(await alice.expect_request("INVITE"), 180)
        await theirs.request("BYE")
        await alice.expect("BYE")
        assert office.record.ended_by is EndedBy.CALLEE

    in_the_office(story)


def test_a_re_invite_that_a_phone_never_answers_is_taken_back() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, _ = await talk(alice, ben)
        await line.request("INVITE", alice.sdp() + VIDEO)
        invite = await ben.expect_request("INVITE")
        await ben.answer(invite, 180)
        await asyncio.sleep(61)
        await ben.expect("CANCEL")
        await ben.answer(invite, 487)
        await alice.expect(488)
        assert office.media.open_streams[0].connected is office.media.open_streams[1]
        await line.request("BYE")

    in_the_office(story)


# -- no ports ------------------------------------------------------------------------------------


def test_ports_that_run_out_within_a_fork_leave_the_phones_that_have_theirs() -> None:
    async def story(office: Office) -> None:
        alice = office.phone("1001")
        ben, _second = office.phone("1002"), office.phone("1002", "second")
        spare_ports(office, 3)
        await alice.invite("1002", sdp=alice.sdp() + VIDEO)
        assert len(office.media.open_streams) == 2
        await ben.answer(await ben.expect_request("INVITE"), 486)
        await alice.expect(486)

    in_the_office(story)


def test_no_ports_for_more_media_leaves_the_conversation_as_it_is() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, _ = await talk(alice, ben)
        spare_ports(office, 0)
        await line.request("INVITE", alice.sdp() + VIDEO)
        await alice.expect(488)
        await ben.expect_nothing("BYE")
        await line.request("BYE")

    in_the_office(story)


# -- refreshes -----------------------------------------------------------------------------------


def test_a_phone_that_refuses_the_interval_it_asked_for_is_not_asked_without_end() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        await ben.accept(more="Allow: UPDATE\r\nSession-Expires: 90;refresher=uac")
        await line.answered()
        await asyncio.sleep(46)
        for _ in range(5):
            await ben.answer(await ben.expect_request("UPDATE"), 422, more="Min-SE: 90")
            if not ben.inbox:
                break
        else:
            raise AssertionError("UPDATE follows UPDATE")
        await line.request("BYE")

    in_the_office(story)


def test_an_interval_of_nothing_is_no_reason_to_refresh_without_end() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line = await alice.invite("1002")
        await ben.accept(more="Allow: UPDATE\r\nSession-Expires: 0;refresher=uac")
        await line.answered()
        await asyncio.sleep(40)
        assert methods(ben) == []
        await line.request("BYE")

    in_the_office(story)


# -- the echo test -------------------------------------------------------------------------------


def test_a_codec_that_the_box_does_not_speak_fails_the_echo_test() -> None:
    async def story(office: Office) -> None:
        line = await office.phone("1001").invite("9196", sdp=G729_ALONE)
        await line.refused(488)
        assert office.record.disposition is Disposition.FAILED
        assert office.record.reason == "no_common_media"
        assert office.record.ended_by is EndedBy.SYSTEM

    in_the_office(story)


def test_another_phone_takes_the_echo_test_over() -> None:
    async def story(office: Office) -> None:
        alice, second = office.phone("1001"), office.phone("1001", "second")
        line = await alice.invite("9196")
        await line.answered()
        new = await second.invite("1001", more=in_place_of(line))
        assert (await new.answered()).body
        await alice.expect("BYE")
        (stream,) = office.media.open_streams
        assert stream.echoing
        await new.request("BYE")

    in_the_office(story)


def test_a_transfer_to_the_echo_test_is_reported_and_frees_the_transferor() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more=refer_to("9196"))
        await expect_report(ben, "SIP/2.0 100")
        await expect_report(ben, "SIP/2.0 200")
        await asyncio.sleep(3)
        await ben.expect("BYE")
        await line.request("BYE")

    in_the_office(story)


# -- places that are taken twice, or are gone ----------------------------------------------------


def test_two_phones_want_the_same_place_at_once() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        _, theirs = await talk(alice, ben)
        rivals = [office.phone("1002", name) for name in ("second", "third")]
        lines = [Line(rival, rival.device.username, "t", "sip:x@10.0.0.1") for rival in rivals]
        more = in_place_of(theirs)
        body = ben.sdp(codecs="0 101")
        sending = [line.request("INVITE", body, more) for line in lines]
        await asyncio.gather(*sending)
        await lines[0].answered()
        await rivals[1].expect(481)
        first, second = office.media.open_streams
        assert first.connected is second
        await lines[0].request("BYE")
        await alice.expect("BYE")

    in_the_office(story)


def test_a_phone_that_gives_up_taking_a_place_leaves_the_conversation_as_it_is() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        second = office.phone("1002", "second")
        new = Line(second, "new", "t", "sip:x@10.0.0.1")
        asking = [
            new.request("INVITE", ben.sdp(codecs="0 101"), in_place_of(theirs)),
            new.request("CANCEL"),
        ]
        await asyncio.gather(*asking)
        await second.expect(487)
        await ben.expect_nothing("BYE")
        first, other = office.media.open_streams
        assert first.connected is other
        await line.request("BYE")

    in_the_office(story)


def test_nobody_is_sent_to_a_transferor_whose_own_transfer_is_under_way() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen, dora = (office.phone(f"100{n}") for n in range(1, 5))
        line, at_ben = await talk(alice, ben)
        asking, at_carmen = await talk(ben, carmen)
        await asking.request("REFER", more=refer_to("1004"))
        await dora.answer(await dora.expect_request("INVITE"), 180)
        ben.inbox.clear()
        await at_ben.request("REFER", more=refer_to("1003", asking))
        await expect_report(ben, "SIP/2.0 100")
        await expect_report(ben, "SIP/2.0 481")
        assert office.media.streams[0].connected is office.media.streams[1]
        await at_carmen.request("BYE")
        await line.request("BYE")

    in_the_office(story)


def test_a_second_refer_waits_for_the_end_of_the_first() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(f"100{n}") for n in range(1, 4))
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more=refer_to("1003"))
        await carmen.answer(await carmen.expect_request("INVITE"), 180)
        await theirs.request("REFER", more=refer_to("1001"))
        await ben.expect(491)
        await line.request("BYE")

    in_the_office(story)


def test_a_transfer_fails_after_another_phone_has_taken_the_place_of_who_stays() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen = (office.phone(f"100{n}") for n in range(1, 4))
        second = office.phone("1001", "second")
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more=refer_to("1003"))
        invite = await carmen.expect_request("INVITE")
        await carmen.answer(invite, 180)
        new = await second.invite("1001", more=in_place_of(line))
        await alice.expect("BYE")
        await carmen.answer(invite, 486)
        await new.answered()
        first, other = office.media.open_streams
        assert first.connected is other
        await new.request("BYE")
        await ben.expect("BYE")

    in_the_office(story)
