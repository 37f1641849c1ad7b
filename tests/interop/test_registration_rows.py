"""Interop rows 1 to 8: transport and registration."""

import asyncio
import re
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from tests.interop.talk import ALICE, BEN, CARMEN, converse
from tests.support.baresip import phones
from tests.support.box import Box, Record
from tests.support.digest import authorization
from tests.support.journal import eventually
from tests.support.raw import RawTcp, RawUdp, options_answered, request
from tests.support.raw_phone import raw_phone
from tests.support.sipp import Peers, Sipp, listening

pytestmark = pytest.mark.interop

LARGEST_BY_UDP = 1300
BEHIND_A_PROXY = "sip:phone@10.99.98.97:5999"
BEHIND_ANOTHER = "sip:phone@10.99.98.97:6001"
INSTANCE = "00000000-0000-1000-8000-0000000000bb"


def registration(box: Box, username: str) -> Record:
    return next(each for each in box.registrations() if each["username"] == username)


# -- 1


async def test_interop_01_a_private_via_without_rport_is_answered_at_the_packets_source(
    peers: Peers,
) -> None:
    await Sipp(
        "01_options_from_a_private_via_without_rport", peers.box.address(), peers.folder
    ).run()


async def test_interop_01_rport_and_received_are_filled_in(peers: Peers) -> None:
    run = Sipp("01_options_from_a_private_via_with_rport", peers.box.address(), peers.folder)
    await run.run()
    assert f"rport={run.port}" in run.received()[0].get("via")


# -- 2


async def test_interop_02_a_contact_that_cannot_be_reached_is_echoed_and_the_flow_is_called(
    peers: Peers,
) -> None:
    ben = peers.box.credentials(BEN)
    registered = await peers.device("02_register_with_a_contact_elsewhere", ben).run()
    callee = Sipp(
        "02_callee_reached_by_its_flow",
        peers.box.address(),
        peers.folder,
        port=registered.port,
    )
    async with listening(callee):
        await peers.caller("caller", peers.box.credentials(ALICE), "1002").run()
    await peers.unregister(callee, ben)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_interop_02_a_phone_behind_a_connection_is_called_over_that_connection(
    box: Box, tmp_path: Path, transport: str
) -> None:
    """Its Contact names a port that it listens on; none is connected to."""
    lines = box.line(BEN, transport=transport), box.line(CARMEN)
    async with phones(tmp_path, *lines, speak=(440, 620)) as (ben, carmen):
        register = await ben.wire.wait(lambda m: m.method == "REGISTER", "REGISTER")
        outgoing = await carmen.dial("1002")
        incoming = await ben.rung()
        invite = await incoming.saw(lambda m: m.method == "INVITE", "INVITE")
        assert (invite.source, invite.target) == (register.target, register.source)
        await outgoing.hang_up()


# -- 3


async def test_interop_03_a_rebooted_phone_replaces_its_binding_and_rings_once(
    peers: Peers,
) -> None:
    """The same instance from another port: the former binding is gone, only the new one rings."""
    ben = peers.box.credentials(BEN)
    before = await peers.device("03_register_with_an_instance", ben).run()
    after = await peers.device("03_register_with_an_instance", ben).run()
    contacts = [c for m in after.received() if m.status == 200 for c in m.all("contact")]
    assert len(contacts) == 1
    assert f":{after.port}" in contacts[0]
    assert f":{before.port}" not in contacts[0]
    await peers.unregister(after, ben)


async def test_interop_03_a_phone_behind_a_proxy_is_called_by_way_of_its_path(
    box: Box, peers: Peers
) -> None:
    """RFC 3327: the Path comes back in the 200, and is the Route of what the phone is sent; what it
    wrote as its Contact is the request's URI."""
    caller = peers.caller("caller_refused_486", box.credentials(ALICE), "1006")
    async with raw_phone(box, "1006-desk") as proxy:
        path = f"<sip:edge@{proxy.place};lr>"
        answer = await proxy.register(contact=f"<{BEHIND_A_PROXY}>", more=supporting(path))
        assert answer.all("path") == [path]
        await caller.start()
        invite = await proxy.requested("INVITE")
        assert invite.start == f"INVITE {BEHIND_A_PROXY} SIP/2.0"
        assert invite.all("route") == [path]
        await proxy.answer(invite, 486, "Busy Here")
        await caller.finished()


async def test_interop_03_a_phone_that_comes_up_behind_another_proxy_is_called_by_that_one_alone(
    box: Box, peers: Peers
) -> None:
    """The same instance and reg-id replace the binding, though Path and Contact are others (RFC
    5626 § 6)."""
    caller = peers.caller("caller_refused_486", box.credentials(ALICE), "1006")
    async with raw_phone(box, "1006-desk") as former, raw_phone(box, "1006-desk") as present:
        for proxy, uri in ((former, BEHIND_A_PROXY), (present, BEHIND_ANOTHER)):
            contact = f'<{uri}>;+sip.instance="<urn:uuid:{INSTANCE}>";reg-id=1'
            path = f"<sip:edge@{proxy.place};lr;ob>"
            answer = await proxy.register(contact=contact, more=supporting(path))
            assert len(answer.all("contact")) == 1
        await caller.start()
        invite = await present.requested("INVITE")
        assert invite.start == f"INVITE {BEHIND_ANOTHER} SIP/2.0"
        assert invite.all("route") == [path]
        await present.answer(invite, 486, "Busy Here")
        await caller.finished()
        assert not former.received("INVITE")


def supporting(path: str) -> str:
    return f"Path: {path}\r\nSupported: path, outbound\r\n"


# -- 4


async def test_interop_04_a_double_crlf_on_tcp_is_answered_by_one(box: Box) -> None:
    connection = await RawTcp.open(box.sip_address)
    await connection.send(b"\r\n\r\n")
    assert await connection.read() == b"\r\n"
    await connection.close()


async def test_interop_04_crlf_datagrams_are_ignored_on_udp(box: Box) -> None:
    udp = await RawUdp.open()
    for keep_alive in (b"\r\n\r\n", b"\r\n", b"\0\0\0\0", b""):
        udp.send(keep_alive, box.sip_address)
    await options_answered(box.sip_address)
    assert not udp.datagrams.entries
    udp.close()


@pytest.mark.slow
async def test_interop_04_a_udp_phone_is_asked_options_about_every_30_seconds(box: Box) -> None:
    """A phone whose Contact is another address than its source stands behind NAT."""
    udp = await RawUdp.open()
    who = box.credentials("1050-desk")
    contact = "<sip:ben@10.99.98.97:5999>"
    await register_raw(udp, box, who.username, who.password, contact)
    asked = await udp.received.wait(lambda m: m.method == "OPTIONS", "OPTIONS", seconds=40)
    assert asked.get("max-forwards")
    udp.close()


async def register_raw(
    udp: RawUdp, box: Box, username: str, password: str, contact: str, repeat: bool = False
) -> list[int]:
    """REGISTER by hand, for what a phone does not do; the statuses of the answers."""
    target = box.sip_address
    plain = request(
        "REGISTER", target, (udp.host, udp.port), headers=f"Expires: 120\r\nX-User: {username}\r\n"
    )
    plain = re.sub(r"(From|To): <[^>]*>", rf"\1: <sip:{username}@{target[0]}>", plain)
    plain = re.sub(r"Contact: .*\r\n", f"Contact: {contact}\r\n", plain)
    challenge = await udp.ask(plain, target)
    uri = f"sip:{target[0]}:{target[1]}"
    value = authorization(challenge, username, password, "REGISTER", uri)
    statuses = []
    for cseq in (2, 3) if repeat else (2,):
        again = plain.replace("CSeq: 1 ", f"CSeq: {cseq} ").replace("branch=z", f"branch=z{cseq}")
        again = again.replace(f"z{cseq}9hG4bK", f"z9hG4bK{cseq}")
        again = again.replace("Content-Length", f"Authorization: {value}\r\nContent-Length")
        mark = udp.received.position
        udp.send(again, target)
        answer = await udp.received.wait(
            lambda m, n=cseq: m.get("cseq").startswith(f"{n} "),  # type: ignore[misc]
            "answer",
            after=mark,
        )
        statuses.append(answer.status)
    return statuses


# -- 5


async def test_interop_05_the_certificate_is_signed_by_the_boxs_own_authority(box: Box) -> None:
    context = ssl.create_default_context(cafile=str(box.ca_file))
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", box.ready["sips"], ssl=context, server_hostname="127.0.0.1"
    )
    version = writer.get_extra_info("ssl_object").version()
    assert version in ("TLSv1.2", "TLSv1.3")
    writer.close()
    assert reader


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
async def test_interop_05_old_tls_is_refused(box: Box) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", box.ready["sips"], ssl=context)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_interop_05_when_the_connection_closes_the_contact_is_down_at_once(
    box: Box, tmp_path: Path, transport: str
) -> None:
    lines = box.line(BEN, transport=transport), box.line(CARMEN)
    async with phones(tmp_path, *lines, speak=(440, 620)) as (ben, carmen):
        assert registration(box, ben.name)["state"] == "registered"
        await ben.power_cut()
        await eventually(
            lambda: registration(box, ben.name)["state"] != "registered", "contact down", every=0.2
        )
        call = await carmen.dial("1002")
        assert await call.failed(seconds=2) == 480


# -- 6


async def test_interop_06_too_short_an_expiry_is_refused_with_the_minimum(peers: Peers) -> None:
    await peers.device("06_register_for_too_short_a_time", peers.box.credentials(BEN)).run()


async def test_interop_06_a_day_is_cut_to_the_value_in_force(peers: Peers) -> None:
    run = await peers.device("06_register_for_a_day", peers.box.credentials(BEN)).run()
    granted = re.search(r"expires=(\d+)", run.received()[-1].get("contact"))
    assert granted
    assert int(granted.group(1)) <= 3600
    await peers.unregister(run, peers.box.credentials(BEN))


async def test_interop_06_bindings_are_fetched_and_removed_all_at_once(peers: Peers) -> None:
    await peers.device("06_register_fetch_remove_all", peers.box.credentials(BEN)).run()
    assert registration(peers.box, BEN)["contacts"] == 0


# -- 7


async def test_interop_07_a_wrong_password_is_not_let_in_and_is_shown_as_rejected(
    peers: Peers,
) -> None:
    who = replace(peers.box.credentials("1006-desk"), password="wrong")
    await peers.device("07_wrong_password", who).run()
    shown = registration(peers.box, "1006-desk")
    assert shown["state"] == "rejected"
    assert shown["rejection"]


async def test_interop_07_sha_256_and_md5_are_offered_sha_256_first(box: Box) -> None:
    """To a device that was not set to MD5 only: the answer to a name that nobody has."""
    udp = await RawUdp.open()
    answer = await udp.ask(
        request("REGISTER", box.sip_address, (udp.host, udp.port)), box.sip_address
    )
    offered = [value.upper() for value in answer.all("www-authenticate")]
    assert answer.status == 401
    assert len(offered) == 2
    assert "ALGORITHM=SHA-256" in offered[0].replace('"', "")
    assert "ALGORITHM=MD5" in offered[1].replace('"', "")
    udp.close()


async def test_interop_07_a_phone_that_gives_up_at_sha_256_gets_in_at_the_defaults(
    tmp_path: Path,
) -> None:
    """Debian's baresip ends at any SHA-256 challenge, wherever it stands among others."""
    box = Box.demo(tmp_path / "box", md5_only=False).start()
    try:
        lines = box.line(ALICE), box.line(BEN, transport="tls")
        async with phones(tmp_path / "p", *lines, speak=(440, 620)) as (alice, ben):
            call = await alice.dial("1002")
            await (await ben.rung()).accept()
            await call.hears(620)
    finally:
        box.close()


async def test_interop_07_a_replayed_nonce_count_is_refused(box: Box) -> None:
    udp = await RawUdp.open()
    who = box.credentials("1050-desk")
    contact = f"<sip:ben@{udp.host}:{udp.port}>"
    statuses = await register_raw(udp, box, who.username, who.password, contact, repeat=True)
    assert statuses == [200, 401]
    udp.close()


async def test_interop_07_unknown_users_get_the_same_answer(box: Box) -> None:
    """Status and headers, for a name that nobody has and for a device's wrong password."""
    udp = await RawUdp.open()
    contact = f"<sip:x@{udp.host}:{udp.port}>"
    nobody = await register_raw(udp, box, "4711-desk", "x", contact)
    wrong = await register_raw(udp, box, "1090-desk", "x", contact)
    assert nobody == wrong
    udp.close()


# -- 8


async def test_interop_08_a_request_above_the_limit_is_answered_413_or_513_or_cut(
    box: Box,
) -> None:
    connection = await RawTcp.open(box.sip_address)
    large = request("OPTIONS", box.sip_address, ("127.0.0.1", connection.port), transport="TCP")
    large = large.replace("Content-Length: 0", "Content-Length: 300000")
    await connection.send(large + "x" * 300_000)
    answer = await connection.read(3)
    assert answer == b"" or answer.split(b" ")[1] in (b"413", b"513")
    await options_answered(box.sip_address)
    await connection.close()


async def test_interop_08_a_call_with_a_large_offer_reaches_a_udp_phone(peers: Peers) -> None:
    """No TCP there: fragments. The offer names many codecs and goes over 1300 bytes."""
    _, ben = await converse(peers, "08_caller_with_a_large_offer", "callee")
    invite = next(m for m in ben.received() if m.method == "INVITE")
    assert len(invite.body) > LARGEST_BY_UDP


async def test_interop_08_a_call_with_a_large_offer_goes_by_the_connection_of_a_udp_phone(
    box: Box, peers: Peers
) -> None:
    """The phone is registered by both, so that both its contacts ring: neither by UDP."""
    caller = peers.caller("08_caller_with_a_large_offer", box.credentials(ALICE), "1006")
    async with raw_phone(box, "1006-desk") as udp, raw_phone(box, "1006-desk", "tcp") as tcp:
        await udp.register()
        await tcp.register()
        await caller.start()
        invites = [await tcp.requested("INVITE") for _ in range(2)]
        for invite in invites:
            assert invite.get("via").startswith("SIP/2.0/TCP")
            await tcp.answer(invite, 486, "Busy Here")
        await caller.finished(expected=1)
        assert {invite.start.split(" ")[1] for invite in invites} == {
            phone.contact.strip("<>") for phone in (udp, tcp)
        }
        assert [m for m in caller.received() if m.status == 486]
        assert not udp.received("INVITE")
