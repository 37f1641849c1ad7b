"""`/v1/policy`, `/v1/tenants/{slug}/policy`: minimums for passwords, factors and lockout (manual
§ 20.5)."""

from typing import Any

import msgspec

from appliance.control import policy
from appliance.control.caller import Right
from appliance.control.common_passwords import common_passwords
from appliance.control.policy import Coverage, PolicyInForce
from appliance.model.policy import Policy
from appliance.store.database import Database
from appliance.web.api.operation import OPERATORS, PLATFORM, Answer, Call, Family

family = Family("Security policy")

FLOOR = "/v1/policy"
OF_TENANT = "/v1/tenants/{slug}/policy"


class PolicyBody(msgspec.Struct, forbid_unknown_fields=True):
    """`no_reuse`: how many of the last passwords may not come back; `lockout_fails` wrong ones
    within `lockout_minutes` lock a login for as long."""

    min_length: int
    block_common: bool
    no_reuse: int
    require_admin_2fa: bool
    lockout_fails: int
    lockout_minutes: int


class CoverageView(msgspec.Struct):
    """Per cent of those who may sign in that have a second factor; null where there are none."""

    users: int | None
    admins: int | None


class PolicyView(PolicyBody):
    """What holds. `floor` is the platform's, which a tenant may tighten only; `source` names the
    list of common passwords, `common_count` says how many are in it."""

    floor: PolicyBody
    coverage: CoverageView
    source: str
    common_count: int
    version: int


@family.get(
    FLOOR,
    "The platform's security policy",
    tiers=PLATFORM,
    right=Right.TENANCY_READ,
    answer=PolicyView,
)
async def floor(call: Call) -> Answer:
    return await _read(call, None)


@family.put(
    FLOOR,
    "Save the platform's security policy",
    tiers=PLATFORM,
    right=Right.TENANCY_WRITE,
    body=PolicyBody,
    answer=PolicyView,
    errors=(412,),
)
async def save_floor(call: Call) -> Answer:
    wanted = _policy(call.body)
    await call.control.change(
        call.caller, lambda change: policy.save_floor(change, wanted, call.if_match)
    )
    return await _read(call, None)


@family.get(
    OF_TENANT,
    "The security policy that holds for a tenant",
    tiers=OPERATORS,
    right=Right.TENANCY_READ,
    answer=PolicyView,
    errors=(404,),
)
async def of_tenant(call: Call) -> Answer:
    return await _read(call, call.path["slug"])


@family.put(
    OF_TENANT,
    "Tighten the security policy for a tenant",
    tiers=OPERATORS,
    right=Right.TENANCY_WRITE,
    body=PolicyBody,
    answer=PolicyView,
    errors=(404, 412),
)
async def save_tenants(call: Call) -> Answer:
    wanted, slug = _policy(call.body), call.path["slug"]
    await call.control.change(
        call.caller, lambda change: policy.save_tenants(change, slug, wanted, call.if_match)
    )
    return await _read(call, slug)


async def _read(call: Call, slug: str | None) -> Answer:
    def ask(database: Database) -> tuple[PolicyInForce, Coverage]:
        return (
            policy.read(call.caller, database, slug),
            policy.coverage(database, call.caller, slug),
        )

    held, covered = await call.control.read(ask)
    listed = common_passwords()
    view = PolicyView(
        **_points(held.policy),
        floor=PolicyBody(**_points(held.floor)),
        coverage=CoverageView(
            _per_cent(covered.users_with_factor, covered.users),
            _per_cent(covered.admins_with_factor, covered.admins),
        ),
        source=listed.source,
        common_count=listed.count,
        version=held.policy.version,
    )
    return Answer(view, version=held.policy.version)


def _policy(body: PolicyBody) -> Policy:
    return Policy(
        *(body.min_length, body.block_common, body.no_reuse, body.require_admin_2fa),
        *(body.lockout_fails, body.lockout_minutes),
    )


def _points(held: Policy) -> dict[str, Any]:
    return {outside: getattr(held, name) for name, outside in policy.FIELDS.items()}


def _per_cent(some: int, of: int) -> int | None:
    return some * 100 // of if of else None
