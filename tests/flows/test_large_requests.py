"""Requests of ours that are too large for a datagram (RFC 3261 § 18.1.1, interop 8)."""

from tests.flows.test_transfers import talk
from tests.support.virtual_exchange import Office, Phone, in_the_office

BROWSER = ("10.0.1.77", 61000)


def large_offer(phone: Phone) -> bytes:
    """So many codecs that an INVITE which offers them is larger than 1300 bytes."""
    numbers = range(102, 128)
    codecs = [f"a=rtpmap:{n} some-long-codec-name-{n}/48000/2" for n in numbers]
    names = " ".join(map(str, numbers))
    return b"\r\n".join([phone.sdp(codecs=f"0 101 {names}"), *(c.encode() for c in codecs)])


def with_connection(phone: Phone, address: tuple[str, int] | None = None) -> Phone:
    """The phone's other registration: over TCP from the same host, unless another is named."""
    there = phone.elsewhere(address or (phone.address[0], 61000), "tcp")
    there.registered = True
    return there


def invites(phone: Phone) -> int:
    return sum(getattr(message, "method", "") == "INVITE" for message in phone.inbox)


def test_a_udp_phone_without_a_connection_gets_a_large_invite_in_fragments() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        await alice.invite("1002", sdp=large_offer(alice))
        invite = await ben.expect_request("INVITE")
        assert len(bytes(invite)) > 1300
        await ben.answer(invite, 486)

    in_the_office(story)


def test_interop_8_a_large_invite_goes_by_the_connection_that_the_same_phone_has() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        connection = with_connection(ben)
        await alice.invite("1002", sdp=large_offer(alice))
        assert (invites(ben), invites(connection)) == (0, 2)
        by_udp = await connection.expect_request("INVITE")
        assert by_udp.via.transport == "TCP"
        await connection.answer(by_udp, 486)
        await connection.answer(await connection.expect_request("INVITE"), 486)
        assert not ben.inbox

    in_the_office(story)


def test_a_small_invite_stays_on_udp() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        connection = with_connection(ben)
        await alice.invite("1002")
        assert (invites(ben), invites(connection)) == (1, 1)
        await ben.answer(await ben.expect_request("INVITE"), 486)
        await connection.answer(await connection.expect_request("INVITE"), 486)

    in_the_office(story)


def test_another_phone_s_connection_is_not_taken_for_it() -> None:
    """One of the same device in another place, and one that says it is another instance."""

    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        elsewhere = with_connection(ben, BROWSER)
        neighbour = with_connection(ben)
        ben.instance, neighbour.instance = "<urn:uuid:1>", "<urn:uuid:2>"
        await alice.invite("1002", sdp=large_offer(alice))
        assert [invites(phone) for phone in (ben, elsewhere, neighbour)] == [1, 1, 1]
        for phone in (ben, elsewhere, neighbour):
            await phone.answer(await phone.expect_request("INVITE"), 486)

    in_the_office(story)


def test_a_large_reinvite_goes_by_the_connection_and_the_rest_of_the_call_by_udp() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        connection = with_connection(ben)
        await line.request("INVITE", large_offer(alice) + b"\r\nm=video 30000 RTP/AVP 96")
        reinvite = await connection.expect_request("INVITE")
        await connection.answer(reinvite, 488)
        await line.request("BYE")
        await ben.expect("BYE")
        assert theirs.call_id == reinvite.call_id

    in_the_office(story)
