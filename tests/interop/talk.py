"""Dialogues that many rows share: one sipp phone calls another through the box."""

from tests.support.sipp import Peers, Sipp, listening

ALICE, BEN, CARMEN = "1001-desk", "1002-desk", "1003-desk"


async def converse(
    peers: Peers,
    caller: str,
    callee: str,
    *,
    caller_more: dict[str, object] | None = None,
    callee_more: dict[str, object] | None = None,
) -> tuple[Sipp, Sipp]:
    """Alice's `caller` scenario dials Ben's `callee` scenario; both must succeed."""
    box = peers.box
    ben = await peers.callee(callee, box.credentials(BEN), **(callee_more or {}))
    alice = peers.caller(caller, box.credentials(ALICE), "1002", **(caller_more or {}))
    async with listening(ben):
        await alice.run()
    await peers.unregister(ben, box.credentials(BEN))
    return alice, ben
