"""`/v1/blocks`: devices that are refused after too many wrong passwords (manual § 23.2)."""

from datetime import datetime
from typing import Annotated

import msgspec

from appliance.control import registrations, scope
from appliance.control.caller import Right
from appliance.control.live import Live
from appliance.model.blocks import Block
from appliance.model.tenants import Tenant
from appliance.store.database import Database
from appliance.web.api.operation import OPERATORS, Answer, Call, Family
from appliance.web.api.pages import Page, PageInfo

family = Family("Blocks")

ALL = "/v1/blocks"
LIST = "/v1/tenants/{slug}/blocks"


class BlockView(msgspec.Struct):
    """`tenant` and `extension` are empty for a name that nobody has; `username` `*` is everybody
    at the address."""

    username: str
    address: str
    reason: str
    since: datetime
    tenant: str
    extension: str


class BlockQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The block to lift, as the list shows it."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


@family.get(
    ALL,
    "The blocks in scope, the oldest first",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=Page[BlockView],
)
async def listed(call: Call) -> Answer:
    return _page(call, _seen(call, None))


@family.get(
    LIST,
    "The blocks of a tenant's devices, the oldest first",
    tiers=OPERATORS,
    right=Right.PBX_READ,
    answer=Page[BlockView],
    errors=(404,),
)
async def listed_of_tenant(call: Call) -> Answer:
    return _page(call, _seen(call, await _tenant(call)))


@family.delete(
    ALL,
    "Lift a block in scope",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    query=BlockQuery,
    errors=(404,),
)
async def lift(call: Call) -> Answer:
    return await _lift(call, None)


@family.delete(
    LIST,
    "Lift a block of a tenant's device",
    tiers=OPERATORS,
    right=Right.PBX_WRITE,
    query=BlockQuery,
    errors=(404,),
)
async def lift_of_tenant(call: Call) -> Answer:
    return await _lift(call, await _tenant(call))


async def _lift(call: Call, tenant: Tenant | None) -> Answer:
    wanted: BlockQuery = call.query
    block = registrations.find_block(_seen(call, tenant), wanted.username, wanted.address)
    owner = registrations.owner_of(call.control.store.snapshot, block)
    await call.control.change(call.caller, lambda change: registrations.lift(change, block, owner))
    return Answer(status=204)


async def _tenant(call: Call) -> Tenant:
    """Raises Forbidden, NotFound."""

    def ask(database: Database) -> Tenant:
        return scope.enter_tenant(call.caller, database, call.path["slug"])

    return await call.control.read(ask)


def _seen(call: Call, tenant: Tenant | None) -> list[Block]:
    snapshot = call.control.store.snapshot
    return registrations.blocks_seen(call.caller, call.part(Live).edge, snapshot, tenant)


def _page(call: Call, blocks: list[Block]) -> Answer:
    views = [_shown(call, block) for block in blocks]
    return Answer(Page(views, PageInfo(None, len(views))))


def _shown(call: Call, block: Block) -> BlockView:
    subscriber = call.control.store.snapshot.subscriber(block.username)
    return BlockView(
        block.username,
        block.address,
        block.reason,
        block.since,
        subscriber.tenant.slug if subscriber else "",
        subscriber.extension.number if subscriber else "",
    )
