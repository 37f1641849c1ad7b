"""Requests within a call that come from elsewhere: of a phone that has moved, or of somebody who
has seen its Call-ID and tags; in virtual time."""

import pytest

from appliance.telephony.sip.flow import Flow
from tests.flows.test_odd_orders import VIDEO
from tests.flows.test_transfers import talk
from tests.support.virtual_exchange import BOX, HELIOS, Line, Office, Phone, in_the_office

ELSEWHERE = ("203.0.113.66", 40000)


async def ends_well(line: Line, theirs: Line) -> None:
    """The call goes on, and its end reaches both phones where they were."""
    await theirs.phone.expect_nothing("BYE")
    await theirs.request("BYE")
    await theirs.phone.expect(200)
    await line.phone.expect("BYE")


def proof(phone: Phone) -> str:
    return f"Authorization: {phone.device.username}\r\n"


# -- somebody else


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "REFER", "OPTIONS", "INFO"])
def test_a_stranger_who_knows_the_tags_is_challenged_and_the_call_goes_on(method: str) -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        stranger = alice.elsewhere(ELSEWHERE)
        before = office.media.streams[0].setup
        await line.at(stranger).request(method, stranger.sdp(), "Refer-To: <sip:9196@x>\r\n")
        await stranger.expect(401)
        assert office.media.streams[0].setup == before
        assert not stranger.inbox
        await ends_well(line, theirs)

    in_the_office(story)


def test_what_a_stranger_is_told_is_not_kept_nor_said_twice() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        held = office.driver.core.sizes()["server_transactions"]
        stranger = alice.elsewhere(ELSEWHERE)
        await line.at(stranger).request("INVITE", stranger.sdp())
        await line.at(stranger).request("BYE")
        assert office.driver.core.sizes()["server_transactions"] == held
        await ends_well(line, theirs)

    in_the_office(story)


@pytest.mark.parametrize("tenant", ["acme", "helios"])
def test_another_device_with_a_password_of_its_own_is_refused(tenant: str) -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        eve = office.phone("1003") if tenant == "acme" else office.phone("1001", tenant=HELIOS)
        line, theirs = await talk(alice, ben)
        await line.at(eve).request("BYE", more=proof(eve))
        await eve.expect(403)
        await ends_well(line, theirs)

    in_the_office(story)


def test_a_request_refused_elsewhere_does_not_use_up_the_phone_s_own_numbers() -> None:
    """A forged CSeq far ahead would make the phone's own requests look old."""

    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        forged = line.at(alice.elsewhere(ELSEWHERE))
        forged.cseq += 1000
        await forged.request("BYE")
        await line.request("OPTIONS")
        await alice.expect(200)
        await ends_well(line, theirs)

    in_the_office(story)


# -- the phone itself


def test_a_phone_at_a_new_address_shows_its_password_and_the_call_follows() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        there = alice.elsewhere(ELSEWHERE)
        moved = line.at(there)
        await moved.request("INVITE", there.sdp())
        await there.expect(401)
        await moved.request("INVITE", there.sdp(), proof(alice))
        await there.expect(200)
        await moved.request("ACK")
        await theirs.request("BYE")
        await there.expect("BYE")
        assert not alice.inbox

    in_the_office(story)


def test_a_phone_whose_nat_gave_it_another_port_is_heard_once_it_has_registered_again() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        line, theirs = await talk(alice, ben)
        there = alice.elsewhere((alice.address[0], 61000))
        alice.home = there.flow
        await line.at(there).request("UPDATE")
        await there.expect(200)
        await theirs.request("BYE")
        await there.expect("BYE")
        assert not alice.inbox

    in_the_office(story)


def test_a_phone_that_connected_anew_is_heard_and_told_the_way_back() -> None:
    """What the box sends from then on names the transport by which it can be reached."""

    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        alice.flow = alice.home = Flow("tcp", BOX, alice.address, 1)
        line, theirs = await talk(alice, ben)
        there = ben.elsewhere((ben.address[0], 61000), "tcp")
        ben.home = there.flow
        await theirs.at(there).request("OPTIONS")
        await there.expect(200)
        await line.request("INVITE", alice.sdp() + VIDEO)
        invite = await there.expect_request("INVITE")
        assert isinstance(invite.contacts, tuple)
        assert invite.contacts[0].uri.params["transport"] == "tcp"
        await there.answer(invite, 488)
        await theirs.at(there).request("BYE")
        await alice.expect("BYE")

    in_the_office(story)


def test_a_phone_that_connected_anew_and_registered_is_reached_without_a_word_of_its_own() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        alice.flow = alice.home = Flow("tcp", BOX, alice.address, 1)
        line, theirs = await talk(alice, ben)
        there = alice.elsewhere((alice.address[0], 61000), "tcp")
        alice.home = there.flow
        await theirs.request("INVITE", ben.sdp(codecs="0 101") + VIDEO)
        invite = await there.expect_request("INVITE")
        await there.answer(invite, 488)
        await line.at(there).request("BYE")
        await ben.expect("BYE")
        assert not alice.inbox

    in_the_office(story)


def test_a_phone_whose_tls_is_gone_is_not_looked_for_in_plain_text() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        alice.flow = Flow("tls", BOX, alice.address, 1)
        _, theirs = await talk(alice, ben)
        there = alice.elsewhere((alice.address[0], 61000))
        alice.home = there.flow
        await theirs.request("BYE")
        assert not there.inbox

    in_the_office(story)


def test_a_phone_that_was_called_hangs_up_from_where_it_is_now() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        _, theirs = await talk(alice, ben)
        there = ben.elsewhere(ELSEWHERE)
        await theirs.at(there).request("BYE", more=proof(ben))
        await there.expect(200)
        await alice.expect("BYE")

    in_the_office(story)


def test_a_leg_of_tls_is_not_moved_to_plain_text_by_the_right_password() -> None:
    """RFC 3261 § 26.2: what was said out of others' sight stays so."""

    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        alice.flow = Flow("tls", BOX, alice.address, 1)
        line, theirs = await talk(alice, ben)
        there = alice.elsewhere(ELSEWHERE)
        await line.at(there).request("INVITE", there.sdp(), proof(alice))
        await there.expect(481)
        await ends_well(line, theirs)

    in_the_office(story)
