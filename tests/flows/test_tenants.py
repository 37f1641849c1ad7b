"""Two tenants with the same numbers never meet, whatever a phone writes into its messages."""

import asyncio

import pytest

from appliance.telephony.sip.message import Request
from tests.flows.test_odd_orders import in_place_of
from tests.flows.test_transfers import expect_report, refer_to, talk
from tests.support.virtual_exchange import HELIOS, Line, Office, Phone, in_the_office


def office_of_two(office: Office) -> tuple[Phone, Phone, Phone, Phone]:
    """1001 and 1002 of Acme, 1001 and 1002 of Helios."""
    ours = (office.phone("1001"), office.phone("1002"))
    return *ours, office.phone("1001", tenant=HELIOS), office.phone("1002", tenant=HELIOS)


def untouched(*phones: Phone) -> bool:
    """None of the phones was sent a request."""
    return not any(isinstance(m, Request) for phone in phones for m in phone.inbox)


@pytest.mark.parametrize(
    "target", ["sip:1002@helios", "sip:1002@10.0.0.1;tenant=2", "sip:%31002@10.0.0.1", "tel:1002"]
)
def test_a_number_rings_within_the_caller_s_tenant_however_it_is_written(target: str) -> None:
    async def story(office: Office) -> None:
        alice, ben, iris, jon = office_of_two(office)
        line = Line(alice, "c", "t", target)
        more = (
            "Route: <sip:1002@helios;lr>\r\nDiversion: <sip:1001@helios>\r\n"
            "P-Asserted-Identity: <sip:1001@helios>\r\nP-Preferred-Identity: <sip:1001@helios>\r\n"
        )
        await line.request("INVITE", alice.sdp(), more)
        invite = await ben.expect_request("INVITE")
        assert "helios" not in str(invite)
        await ben.answer(invite, 486)
        await line.refused(486)
        assert untouched(iris, jon)
        assert office.record.tenant == alice.device.tenant

    in_the_office(story)


def test_a_number_of_the_other_tenant_alone_is_nobody_s() -> None:
    async def story(office: Office) -> None:
        alice, *_ = office_of_two(office)
        jack = office.phone("2001", tenant=HELIOS)
        await (await alice.invite("2001")).refused(404)
        assert untouched(jack)

    in_the_office(story)


def test_both_tenants_talk_at_once_and_each_record_has_its_own() -> None:
    async def story(office: Office) -> None:
        alice, ben, iris, jon = office_of_two(office)
        acme, _ = await talk(alice, ben)
        helios, _ = await talk(iris, jon)
        first, second, third, fourth = office.media.open_streams
        assert first.connected is second
        assert third.connected is fourth
        await acme.request("BYE")
        await ben.expect("BYE")
        assert untouched(iris, jon)
        await helios.request("BYE")
        tenants = [record.tenant for record in office.records.finished]
        assert tenants == [alice.device.tenant, iris.device.tenant]
        for record in office.records.finished:
            devices = {leg.username.partition("-")[0] for leg in record.legs}
            assert len(devices) == 1

    in_the_office(story)


def test_nobody_takes_a_place_in_the_other_tenant_s_call() -> None:
    async def story(office: Office) -> None:
        alice, ben, iris, jon = office_of_two(office)
        line, theirs = await talk(alice, ben)
        for thief, place in ((iris, line), (jon, theirs)):
            stealing = await thief.invite("1002", more=in_place_of(place))
            await stealing.refused(481)
        first, second = office.media.open_streams
        assert first.connected is second
        await line.request("BYE")

    in_the_office(story)


def test_nobody_is_transferred_into_the_other_tenant_s_call() -> None:
    async def story(office: Office) -> None:
        alice, ben, iris, jon = office_of_two(office)
        line, theirs = await talk(alice, ben)
        at_iris, at_jon = await talk(iris, jon)
        await at_jon.request("REFER", more=refer_to("1002", theirs))
        await expect_report(jon, "SIP/2.0 100")
        await expect_report(jon, "SIP/2.0 481")
        first, second = office.media.open_streams[:2]
        assert first.connected is second
        await line.request("BYE")
        await at_iris.request("BYE")

    in_the_office(story)


def test_a_transfer_and_a_forward_stay_in_the_tenant() -> None:
    async def story(office: Office) -> None:
        alice, ben, iris, jon = office_of_two(office)
        carmen, jack = office.phone("1003"), office.phone("1003", tenant=HELIOS)
        line, theirs = await talk(alice, ben)
        await theirs.request("REFER", more="Refer-To: <sip:1003@helios>\r\n")
        await carmen.accept()
        await asyncio.sleep(3)
        await line.request("BYE")
        await alice.invite("1002")
        forwarding = await ben.expect_request("INVITE")
        reply = forwarding.reply(302, headers=[("Contact", "<sip:1003@helios>")], to_tag="f")
        office.driver.receive(reply, ben.flow)
        await carmen.answer(await carmen.expect_request("INVITE"), 486)
        await alice.expect(486)
        assert untouched(iris, jon, jack)

    in_the_office(story)


def test_requests_within_a_dialog_of_the_other_tenant_find_nothing_without_its_tags() -> None:
    """Call-ID alone opens nothing, nor do the tags the other way round."""

    async def story(office: Office) -> None:
        alice, ben, iris, _ = office_of_two(office)
        line, theirs = await talk(alice, ben)
        for tag, remote_tag in ((line.remote_tag, line.tag), ("x", line.remote_tag)):
            forged = Line(iris, line.call_id, tag, line.target, remote_tag)
            await forged.request("BYE")
            await iris.expect(481)
        await ben.expect_nothing("BYE")
        await theirs.request("BYE")

    in_the_office(story)
