"""What a tenant's licence and standing mean for its calls (manual § 6.4, § 6.6)."""

from dataclasses import replace

from appliance.model.tenants import TenantCaps, TenantStatus
from tests.flows.test_transfers import talk
from tests.support.virtual_exchange import ACME, HELIOS, Line, Office, Phone, in_the_office


def cap(office: Office, most: int) -> None:
    """Both tenants may have so many calls at once."""
    for tenant in (ACME, HELIOS):
        office.snapshot.put_tenant(replace(tenant, caps=TenantCaps(concurrent_calls=most)))


async def end(line: Line, other: Phone) -> None:
    await line.request("BYE")
    await other.expect("BYE")


def test_call_beyond_the_cap_is_refused_with_its_reason_on_the_record() -> None:
    async def story(office: Office) -> None:
        alice, ben, carmen, dev, eve = (office.phone(f"100{number}") for number in range(1, 6))
        cap(office, 2)
        first, _ = await talk(alice, ben)
        second, _ = await talk(carmen, dev)
        await (await eve.invite("1001")).refused(486)
        assert office.record.reason == "concurrent_call_limit"
        assert office.exchange.count(ACME.key) == 2
        await end(first, ben)
        await office.settle()
        assert office.exchange.count(ACME.key) == 1
        third, _ = await talk(eve, ben)
        await end(second, dev)
        await end(third, ben)

    in_the_office(story)


def test_emergency_numbers_are_never_capped() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        cap(office, 1)
        line, _ = await talk(alice, ben)
        await (await alice.invite("995")).refused(404)
        assert office.record.reason == "unknown_number"
        await end(line, ben)

    in_the_office(story)


def test_one_tenants_calls_do_not_count_for_another() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        iris, jon = office.phone("1001", tenant=HELIOS), office.phone("1002", tenant=HELIOS)
        cap(office, 1)
        ours, _ = await talk(alice, ben)
        theirs, _ = await talk(iris, jon)
        assert (office.exchange.count(), office.exchange.count(HELIOS.key)) == (2, 1)
        await end(ours, ben)
        await end(theirs, jon)

    in_the_office(story)


def test_suspended_tenant_begins_no_call_and_keeps_the_one_it_has() -> None:
    async def story(office: Office) -> None:
        alice, ben = office.phone("1001"), office.phone("1002")
        call, _ = await talk(alice, ben)
        office.snapshot.put_tenant(replace(ACME, status=TenantStatus.SUSPENDED))
        await (await ben.invite("1001")).refused(403)
        assert office.exchange.count(ACME.key) == 1
        await end(call, ben)

    in_the_office(story)
