"""Interop rows 9 to 16: dialogs, session timers, glare, hold, re-INVITE, transfer."""

import asyncio
import itertools
import re
from pathlib import Path

import pytest

from tests.calls.test_hearing import hear_each_other, talk
from tests.interop.talk import ALICE, BEN, CARMEN, converse
from tests.support.baresip import phones
from tests.support.box import Box
from tests.support.raw_phone import raw_phone, uri_within
from tests.support.sipp import Peers, Sipp, listening
from tests.support.wire import WireMessage

pytestmark = pytest.mark.interop

SESSION_SECONDS = 100.0
ASKED = ("OPTIONS", "UPDATE", "INVITE", "BYE")
"""What a phone in a call is asked."""


def reinvites_at(run: Sipp) -> list[WireMessage]:
    return [m for m in run.received() if m.method == "INVITE" and m.to_tag]


# -- 9


async def test_interop_09_a_bye_with_a_foreign_tag_is_481_and_the_call_goes_on(
    peers: Peers,
) -> None:
    await converse(peers, "09_bye_with_a_foreign_tag", "callee")


async def test_interop_09_the_bye_of_the_callee_ends_the_caller(peers: Peers) -> None:
    """On the callee's leg the box is the UAC: its own tag is the From."""
    await converse(peers, "caller_hung_up_on", "09_callee_ends_the_call")
    record = await peers.box.record(caller_number="1001", dialled="1002", disposition="answered")
    assert record["ended_by"] == "callee"


async def test_interop_09_a_bye_ends_the_call_whose_ack_was_lost(peers: Peers) -> None:
    await converse(peers, "09_caller_whose_ack_is_lost", "callee")
    record = await peers.box.record(caller_number="1001", dialled="1002", disposition="answered")
    assert (record["ended_by"], record["reason"]) == ("caller", "")


async def test_interop_09_a_bye_from_elsewhere_ends_the_call_with_the_device_s_password_only(
    box: Box, peers: Peers
) -> None:
    """Who has seen Call-ID and both tags is challenged; so is the phone itself where it has moved
    and did not register there yet."""
    alice = peers.caller("caller_hung_up_on", box.credentials(ALICE), "1006")
    async with (
        raw_phone(box, "1006-desk") as phone,
        raw_phone(box, "1006-desk") as moved,
        raw_phone(box, CARMEN) as stranger,
    ):
        await phone.register()
        await alice.start()
        invite = await phone.requested("INVITE")
        await phone.accept(invite)
        for elsewhere, status in ((stranger, 403), (moved, 200)):
            challenge = await elsewhere.say_within(invite, "BYE")
            assert challenge.status == 401
            proof = elsewhere.proof(challenge, "BYE", uri_within(invite))
            assert (await elsewhere.say_within(invite, "BYE", proof)).status == status
        await alice.finished()
    record = await box.record(caller_number="1001", dialled="1006", disposition="answered")
    assert record["ended_by"] == "callee"


# -- 10


async def test_interop_10_too_small_an_interval_is_422_and_a_good_one_is_kept(
    peers: Peers,
) -> None:
    await converse(peers, "10_session_expires_too_small", "callee")


@pytest.mark.slow
async def test_interop_10_a_session_that_is_not_refreshed_ends_with_the_reason_on_its_record(
    box: Box, peers: Peers
) -> None:
    """90 s is the shortest session there is (RFC 4028 § 4). Our refresh goes out at half of it and
    stays unanswered for 32 s; a phone's own is missing when a third of the session is left. Three
    calls at once."""
    by_update = converse_until_the_session_ends(box, peers, "1006-desk", "Allow: UPDATE\r\n")
    by_invite = converse_until_the_session_ends(box, peers, CARMEN, "")
    by_phone = peers.caller(
        "10_caller_never_refreshes", box.credentials(ALICE), "1002", seconds=SESSION_SECONDS
    )
    ben = await peers.callee("callee", box.credentials(BEN), seconds=SESSION_SECONDS)
    async with listening(ben):
        update, invite, _ = await asyncio.gather(by_update, by_invite, by_phone.run())
    assert (update, invite) == ("UPDATE", "INVITE")
    assert [m for m in by_phone.received() if m.get("session-expires") == "90;refresher=uac"]
    for dialled in ("1006", "1003", "1002"):
        record = await box.record(caller_number="1001", dialled=dialled, reason="session_timeout")
        assert (record["disposition"], record["ended_by"]) == ("answered", "system")
    await peers.unregister(ben, box.credentials(BEN))


async def converse_until_the_session_ends(box: Box, peers: Peers, name: str, allow: str) -> str:
    """Alice talks to a phone that answers all but a refresh; the method of the refresh."""
    who = box.credentials(name)
    alice = peers.caller(
        "caller_hung_up_on", box.credentials(ALICE), who.extension, seconds=SESSION_SECONDS
    )
    refreshed_by = ""
    async with raw_phone(box, name) as phone:
        await phone.register()
        await alice.start()
        more = f"{allow}Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n"
        await phone.accept(await phone.requested("INVITE"), more)
        asked = await phone.requested(*ASKED, seconds=SESSION_SECONDS)
        while asked.method != "BYE":
            if asked.method == "OPTIONS":
                await phone.answer(asked, 200, "OK")
            else:
                refreshed_by = asked.method
            asked = await phone.requested(*ASKED, seconds=SESSION_SECONDS)
        await phone.answer(asked, 200, "OK")
        assert "session_timeout" in asked.get("reason")
        await alice.finished()
    return refreshed_by


# -- 11


async def test_interop_11_glare_a_reinvite_into_our_open_one_is_491(peers: Peers) -> None:
    await converse(peers, "11_caller_renegotiates", "11_callee_sends_a_reinvite_into_ours")


async def test_interop_11_glare_our_reinvite_that_met_491_comes_again_after_2_1_to_4_s(
    peers: Peers,
) -> None:
    """We own the Call-ID of the callee's leg (RFC 3261 § 14.1)."""
    await converse(peers, "11_caller_renegotiates", "11_callee_refuses_ours_with_491_once")


async def test_interop_11_a_second_invite_before_the_first_is_answered_is_500_with_retry_after(
    peers: Peers,
) -> None:
    await converse(peers, "11_caller_sends_a_second_invite", "11_callee_answers_late")


# -- 12


async def test_interop_12_hold_in_every_way_and_never_to_0_0_0_0(peers: Peers) -> None:
    """Answered by the box itself or passed on; what is passed on is resumed too."""
    _, ben = await converse(peers, "12_caller_holds_in_every_way", "12_callee_is_held_and_resumed")
    at_ben = [m.media_direction for m in reinvites_at(ben)]
    assert not at_ben or at_ben[-1] == "sendrecv"


# -- 13


async def test_interop_13_an_offerless_reinvite_is_answered_with_an_offer(peers: Peers) -> None:
    alice, _ = await converse(
        peers, "13_caller_reinvites_without_sdp", "12_callee_is_held_and_resumed"
    )
    assert_origin_grows(alice)


async def test_interop_13_a_reinvite_moves_port_and_codec(peers: Peers) -> None:
    alice, _ = await converse(
        peers, "13_caller_moves_port_and_codec", "12_callee_is_held_and_resumed"
    )
    assert_origin_grows(alice)


def assert_origin_grows(run: Sipp) -> None:
    """The box's o= keeps its id; a changed description has a higher version."""
    bodies = [m for m in run.received() if m.sdp("o=")]
    origins = [m.sdp("o=")[0].split(" ") for m in bodies]
    assert len({origin[1] for origin in origins}) == 1
    seen = [(int(m.sdp("o=")[0].split(" ")[2]), re.sub(r"o=.*", "", m.body)) for m in bodies]
    for (before, earlier), (after, later) in itertools.pairwise(seen):
        assert after > before or (after == before and later == earlier)


# -- 14


async def test_interop_14_the_transferor_hangs_up_after_the_202_and_the_transferee_still_moves(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    ben = await peers.callee(
        "14_callee_transfers_and_hangs_up_after_the_202",
        box.credentials(BEN),
        keys={"transfer_to": "1003"},
    )
    async with (
        phones(tmp_path / "p", box.line(ALICE), box.line(CARMEN), speak=(440, 850)) as (
            alice,
            carmen,
        ),
        listening(ben),
    ):
        at_alice = await alice.dial("1002")
        at_carmen = await (await carmen.rung()).accept()
        await hear_each_other(at_alice, at_carmen, caller=440, callee=850)
    await peers.unregister(ben, box.credentials(BEN))


async def test_interop_14_notify_says_100_and_then_how_it_ended(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    ben = await peers.callee(
        "14_callee_transfers_and_waits", box.credentials(BEN), keys={"transfer_to": "1003"}
    )
    async with (
        phones(tmp_path / "p", box.line(ALICE), box.line(CARMEN), speak=(440, 850)) as (
            alice,
            carmen,
        ),
        listening(ben),
    ):
        at_alice = await alice.dial("1002")
        at_carmen = await (await carmen.rung()).accept()
        await at_alice.hears(850)
        await at_carmen.hang_up()
    notifies = [m for m in ben.received() if m.method == "NOTIFY"]
    assert [m.body.split(" ")[1] for m in (notifies[0], notifies[-1])] == ["100", "200"]
    assert "terminated" in notifies[-1].get("subscription-state")
    numbers = [int(m.get("cseq").split(" ")[0]) for m in notifies]
    assert numbers == sorted(set(numbers))
    await peers.unregister(ben, box.credentials(BEN))


@pytest.mark.parametrize(
    ("target", "status"), [("4711", "404"), ("1003", "486")], ids=["nobody", "declined"]
)
async def test_interop_14_a_transfer_that_fails_brings_the_call_back(
    box: Box, peers: Peers, tmp_path: Path, target: str, status: str
) -> None:
    """The transferor (sipp: baresip hangs up at any final NOTIFY) talks on with the caller."""
    ben = await peers.callee(
        "14_callee_transfers_in_vain", box.credentials(BEN), keys={"transfer_to": target}
    )
    lines = box.line(ALICE), box.line(CARMEN)
    async with phones(tmp_path / "p", *lines, speak=(440, 850)) as (alice, carmen), listening(ben):
        at_alice = await alice.dial("1002")
        await at_alice.established()
        if target == "1003":
            await (await carmen.rung()).hang_up()
        await ben.finished()
        await at_alice.closed()
    final = [m for m in ben.received() if m.method == "NOTIFY"][-1]
    assert final.body.startswith(f"SIP/2.0 {status}")
    assert "terminated" in final.get("subscription-state")
    assert not [m for m in ben.received() if m.method == "BYE"], "the call did not come back"
    await peers.unregister(ben, box.credentials(BEN))


# -- 15


async def test_interop_15_refer_sub_false_is_honoured(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    ben = await peers.callee(
        "15_callee_transfers_with_refer_sub_false",
        box.credentials(BEN),
        keys={"transfer_to": "1003"},
    )
    async with (
        phones(tmp_path / "p", box.line(ALICE), box.line(CARMEN), speak=(440, 850)) as (
            alice,
            carmen,
        ),
        listening(ben),
    ):
        at_alice = await alice.dial("1002")
        await (await carmen.rung()).accept()
        await at_alice.hears(850)
    assert not [m for m in ben.received() if m.method == "NOTIFY"]
    await peers.unregister(ben, box.credentials(BEN))


async def test_interop_15_replaces_of_an_unknown_dialog_is_481(peers: Peers) -> None:
    await peers.caller(
        "15_caller_replaces_an_unknown_dialog", peers.box.credentials(ALICE), "1002"
    ).run()


async def test_interop_15_replaces_of_another_tenants_dialog_is_refused(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    """Helios' phone knows Call-ID and tags of a call in Acme, and takes nothing over."""
    lines = box.line(ALICE), box.line(BEN)
    async with phones(tmp_path / "p", *lines, speak=(440, 620)) as (alice, ben):
        at_alice, at_ben = await talk(alice, ben, "1002")
        stolen = at_alice.dialog()
        helios = box.credentials("1001-desk", "helios")
        await peers.caller(
            "15_caller_replaces_a_dialog",
            helios,
            "1002",
            keys={
                "replaces": f"{stolen.call_id};to-tag={stolen.to_tag};from-tag={stolen.from_tag}"
            },
        ).run()
        await hear_each_other(at_alice, at_ben, caller=440, callee=620)


# -- 16


async def test_interop_16_the_connected_line_is_updated_after_a_transfer(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    """Alice's phone allows UPDATE: it is told that it talks to Carmen now."""
    caller = peers.caller("caller_hung_up_on", box.credentials(ALICE), "1002")
    async with phones(tmp_path / "p", box.line(BEN), box.line(CARMEN), speak=(620, 850)) as (
        ben,
        carmen,
    ):
        await caller.start()
        at_ben = await (await ben.rung()).accept()
        await at_ben.transfer("1003")
        at_carmen = await (await carmen.rung()).accept()
        await at_ben.closed()
        await at_carmen.hang_up()
        await caller.finished()
    told = [
        m.get("p-asserted-identity")
        for m in caller.received()
        if m.method in ("UPDATE", "INVITE") and m.get("p-asserted-identity")
    ]
    assert told
    assert "1003" in told[-1]
