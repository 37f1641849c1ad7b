"""Two tenants with equal extension numbers: nothing crosses, tried from every side."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.calls.test_hearing import hear_each_other, talk
from tests.support.baresip import Line, Phone, phones
from tests.support.box import Box, appliance
from tests.support.sipp import Peers, listening

pytestmark = pytest.mark.interop

ACME, HELIOS = "acme", "helios"


def local(box: Box, number: str, tenant: str) -> Line:
    """The desk phone of an extension, whatever its user name is on this box."""
    devices = box.secrets["tenants"][tenant]["devices"]
    name = next(name for name, each in devices.items() if each["extension"] == number)
    return box.line(name, tenant)


async def test_the_same_number_is_another_phone_in_each_tenant(box: Box, tmp_path: Path) -> None:
    """Both tenants' 1001 dial 1002 at once; everybody hears their own colleague only."""
    lines = [local(box, number, tenant) for tenant in (ACME, HELIOS) for number in ("1001", "1002")]
    async with phones(tmp_path, *lines, speak=(440, 620, 850, 1100)) as (alice, ben, farah, gita):
        (at_alice, at_ben), (at_farah, at_gita) = await asyncio.gather(
            talk(alice, ben, "1002"), talk(farah, gita, "1002")
        )
        await hear_each_other(at_alice, at_ben, caller=440, callee=620)
        await hear_each_other(at_farah, at_gita, caller=850, callee=1100)
        for call in (at_alice, at_ben):
            call.recording.assert_never_heard(850)
            call.recording.assert_never_heard(1100)


async def test_a_number_whose_phone_is_online_only_in_the_other_tenant_is_unreachable(
    box: Box, tmp_path: Path
) -> None:
    lines = local(box, "1001", HELIOS), local(box, "1002", ACME)
    async with phones(tmp_path, *lines, speak=(850, 620)) as (farah, ben):
        assert await (await farah.dial("1002")).failed() == 480
        assert ben.never_rang()


@pytest.mark.parametrize(
    "target", ["1006", "1002-desk", "1006-desk", "1002-desk-acme", "1006%40acme", "acme/1006"]
)
async def test_the_other_tenants_numbers_and_user_names_do_not_exist(
    box: Box, tmp_path: Path, target: str
) -> None:
    """1006 and these user names are Acme's alone; Farah of Helios dials them."""
    lines = local(box, "1001", HELIOS), local(box, "1006", ACME), local(box, "1002", ACME)
    async with phones(tmp_path, *lines, speak=(850, 440, 620)) as (farah, priya, ben):
        assert await (await farah.dial(target)).failed() == 404
        assert priya.never_rang()
        assert ben.never_rang()


async def test_the_host_part_of_a_request_does_not_choose_the_tenant(
    box: Box, tmp_path: Path
) -> None:
    lines = local(box, "1001", HELIOS), local(box, "1006", ACME)
    async with phones(tmp_path, *lines, speak=(850, 440)) as (farah, priya):
        for host in ("acme", "acme.example.com"):
            port = box.sip_port
            call = await farah.dial(f"sip:1006@127.0.0.1:{port};tenant={host}")
            assert await call.failed() == 404
        assert priya.never_rang()


async def test_registering_the_other_tenants_address_with_ones_own_password_is_refused(
    box: Box, tmp_path: Path
) -> None:
    """Farah's credentials, Ben's address of record: no binding is made for Ben."""
    farah = local(box, "1001", HELIOS)
    intruder = replace(farah, from_user="1002-desk")
    async with Phone(tmp_path / "x", intruder) as phone:
        assert (await phone.refused_registration()).status in (400, 401, 403, 404)
    shown = {each["username"]: each for each in box.registrations()}
    assert shown["1002-desk"]["contacts"] == 0


async def test_a_blind_transfer_does_not_reach_into_the_other_tenant(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    gita = box.credentials(*user_of(box, "1002"))
    callee = await peers.callee("14_callee_transfers_in_vain", gita, keys={"transfer_to": "1006"})
    lines = local(box, "1001", HELIOS), local(box, "1006", ACME)
    async with (
        phones(tmp_path / "p", *lines, speak=(850, 440)) as (farah, priya),
        listening(callee),
    ):
        call = await farah.dial("1002")
        await callee.finished()
        await call.closed()
        assert priya.never_rang()
    await peers.unregister(callee, gita)


async def test_a_302_does_not_forward_into_the_other_tenant(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    gita = box.credentials(*user_of(box, "1002"))
    callee = await peers.callee("24_callee_redirects", gita, keys={"forward_to": "1006"})
    lines = local(box, "1001", HELIOS), local(box, "1006", ACME)
    async with (
        phones(tmp_path / "p", *lines, speak=(850, 440)) as (farah, priya),
        listening(callee),
    ):
        assert await (await farah.dial("1002")).failed() >= 400
        assert priya.never_rang()
    await peers.unregister(callee, gita)


async def test_the_other_tenants_password_does_not_open_an_equal_name(
    box: Box, tmp_path: Path
) -> None:
    """1001 of Acme with the secret of 1001 of Helios, and the other way round."""
    acme, helios = local(box, "1001", ACME), local(box, "1001", HELIOS)
    swapped = replace(acme, password=helios.password), replace(helios, password=acme.password)
    for number, line in enumerate(swapped):
        async with Phone(tmp_path / str(number), line) as phone:
            assert (await phone.refused_registration()).status in (401, 403)


async def test_records_and_registrations_are_told_apart(box: Box, tmp_path: Path) -> None:
    lines = local(box, "1001", HELIOS), local(box, "1002", HELIOS)
    async with phones(tmp_path, *lines, speak=(850, 1100)) as (farah, gita):
        outgoing, _ = await talk(farah, gita, "1002")
        await outgoing.hang_up()
        await outgoing.closed()
    record = await box.record(tenant=HELIOS, caller_number="1001", dialled="1002")
    assert record["caller_name"] == "Farah Aziz"
    for tenant, other in ((ACME, HELIOS), (HELIOS, ACME)):
        done = appliance("calls", "--data", str(box.folder), "--json", "--tenant", tenant)
        assert f'"tenant":"{other}"' not in done.stdout.replace(" ", "")


def user_of(box: Box, number: str) -> tuple[str, str]:
    """Local name and tenant of Helios' desk phone of that number."""
    devices = box.secrets["tenants"][HELIOS]["devices"]
    return next(name for name, each in devices.items() if each["extension"] == number), HELIOS
