"""Interop rows 21 to 25: call set-up."""

from pathlib import Path

import pytest

from tests.interop.talk import ALICE, BEN, CARMEN, converse
from tests.support.baresip import phones
from tests.support.box import Box
from tests.support.sipp import Peers, listening

pytestmark = pytest.mark.interop


# -- 21


async def test_interop_21_reliable_ringing_of_the_callee_is_acknowledged(peers: Peers) -> None:
    await converse(peers, "caller", "21_callee_rings_reliably")


async def test_interop_21_100rel_is_never_required_from_who_did_not_offer_it(peers: Peers) -> None:
    await converse(peers, "21_caller_without_100rel", "21_callee_rings_reliably")


async def test_interop_21_a_caller_with_100rel_gets_through(peers: Peers) -> None:
    await converse(peers, "21_caller_with_100rel", "callee")


# -- 22


async def test_interop_22_early_media_reaches_the_caller_and_the_call_starts_at_the_answer(
    peers: Peers,
) -> None:
    await converse(peers, "22_caller_hears_early_media", "22_callee_plays_early_media")
    record = await peers.box.record(caller_number="1001", dialled="1002", disposition="answered")
    assert record["answered_at"] > record["started_at"]


async def test_interop_22_several_183_with_different_tags_and_one_answer(peers: Peers) -> None:
    await converse(peers, "22_caller_hears_early_media", "22_callee_forks_behind_us")


# -- 23


async def test_interop_23_a_200_that_crosses_our_cancel_gets_ack_and_then_bye(
    peers: Peers,
) -> None:
    _, ben = await converse(
        peers, "23_caller_gives_up_while_it_rings", "23_callee_answers_into_the_cancel"
    )
    asked = [m.method for m in ben.received() if m.method]
    assert asked == ["INVITE", "CANCEL", "ACK", "BYE"]
    record = await peers.box.record(caller_number="1001", dialled="1002")
    assert (record["disposition"], record["ended_by"]) == ("cancelled", "caller")


async def test_interop_23_no_cancel_before_a_provisional_response(peers: Peers) -> None:
    await converse(peers, "23_caller_gives_up_before_it_rings", "23_callee_silent_at_first")


async def test_interop_23_when_the_caller_gives_up_nobody_has_completed_the_call(
    peers: Peers,
) -> None:
    _, ben = await converse(peers, "23_caller_gives_up_while_it_rings", "callee_cancelled")
    cancel = next(m for m in ben.received() if m.method == "CANCEL")
    assert "cause=200" not in cancel.get("reason")


async def test_interop_23_a_6xx_ends_the_whole_fork(peers: Peers) -> None:
    box = peers.box
    desk, web = box.credentials(ALICE), box.credentials("1001-web")
    declines = await peers.callee("callee_603_after_a_while", desk)
    rings = await peers.callee("callee_cancelled", web)
    async with listening(declines, rings):
        await peers.caller("caller_refused_603", box.credentials(BEN), "1001").run()
    cancel = next(m for m in rings.received() if m.method == "CANCEL")
    assert "cause=200" not in cancel.get("reason")
    await peers.unregister(declines, desk)
    await peers.unregister(rings, web)


@pytest.mark.parametrize("other", ["callee_480", "callee_500"])
async def test_interop_23_the_best_failure_of_a_fork_wins(peers: Peers, other: str) -> None:
    """One device busy, one out of order: busy is what the caller is told."""
    box = peers.box
    desk, web = box.credentials(ALICE), box.credentials("1001-web")
    busy = await peers.callee("callee_486", desk)
    broken = await peers.callee(other, web)
    async with listening(busy, broken):
        await peers.caller("caller_refused_486", box.credentials(BEN), "1001").run()
    await peers.unregister(busy, desk)
    await peers.unregister(broken, web)


# -- 24


async def test_interop_24_a_302_is_a_forward_within_the_tenant(
    box: Box, peers: Peers, tmp_path: Path
) -> None:
    ben = await peers.callee(
        "24_callee_redirects", box.credentials(BEN), keys={"forward_to": "1003"}
    )
    lines = box.line(ALICE), box.line(CARMEN)
    async with phones(tmp_path / "p", *lines, speak=(440, 850)) as (alice, carmen), listening(ben):
        outgoing = await alice.dial("1002")
        incoming = await (await carmen.rung()).accept()
        await outgoing.hears(850)
        await incoming.hang_up()
    await peers.unregister(ben, box.credentials(BEN))


async def test_interop_24_phones_that_forward_to_each_other_end_at_the_cap(peers: Peers) -> None:
    box = peers.box
    ben = await peers.callee(
        "24_callee_redirects", box.credentials(BEN), keys={"forward_to": "1003"}, calls=3
    )
    carmen = await peers.callee(
        "24_callee_redirects", box.credentials(CARMEN), keys={"forward_to": "1002"}, calls=3
    )
    async with listening(ben, carmen):
        await peers.caller("caller_refused_482", box.credentials(ALICE), "1002").run()
    await peers.unregister(ben, box.credentials(BEN))
    await peers.unregister(carmen, box.credentials(CARMEN))


async def test_interop_24_an_invite_that_may_go_no_further_is_483(peers: Peers) -> None:
    await peers.caller("24_caller_with_max_forwards_0", peers.box.credentials(ALICE), "1002").run()


# -- 25


async def test_interop_25_an_identity_that_a_phone_asserts_is_stripped(peers: Peers) -> None:
    _, ben = await converse(peers, "25_caller_claims_an_identity", "callee")
    invite = next(m for m in ben.received() if m.method == "INVITE")
    said = " ".join(value for _, value in invite.headers)
    assert "9999" not in said
    assert "Chairman" not in said
    assert "1001" in invite.get("from")


async def test_interop_25_a_caller_who_withholds_the_number_is_anonymous_to_the_phone_called(
    peers: Peers,
) -> None:
    """Nowhere in what the phone is sent; the box's own record knows it."""
    _, ben = await converse(peers, "25_caller_withholds_its_number", "callee")
    sent = [m for m in ben.received() if m.method]
    said = " ".join(f"{m.start} {m.headers} {m.body}" for m in sent)
    assert "anonymous.invalid" in sent[0].get("from")
    assert "1001" not in said
    assert "Alice" not in said
    assert "P-Asserted-Identity".lower() not in said.lower()
    await peers.box.record(caller_number="1001", dialled="1002", disposition="answered")
