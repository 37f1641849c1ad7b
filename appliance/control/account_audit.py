"""What is done to an account, as the audit log tells it; and what the log calls who does things."""

from appliance.control.caller import Caller
from appliance.control.changes import Change
from appliance.model.accounts import Account, Tier
from appliance.model.resellers import Reseller
from appliance.model.tenants import Tenant
from appliance.store import rows

NOUN = "user"


def record(change: Change, account: Account, action: str, **detail: object) -> None:
    """The audit row of a change of an account, in the account's own scope (manual § 20.8.1)."""
    tenant = rows.tenant_by_key(change.database, account.tenant) if account.tenant else None
    reseller = None
    if account.reseller is not None:
        where = "WHERE key = ?"
        (reseller,) = rows.load_resellers(change.database, where, account.reseller)
    change.record(
        NOUN, action, f"user {account.name}", tenant=tenant, reseller=reseller, detail=detail
    )


def label(account: Account, tenant: Tenant | None, reseller: Reseller | None) -> str:
    """How the log calls a person: `platform-admin (SA)`, `reseller · Nimbus Telecom`,
    `tenant-admin · Acme Corp`, `user · alice.tan`; who shares a scope is told apart by name."""
    match account.tier:
        case Tier.PLATFORM:
            return f"platform-admin ({initials(account.name)})"
        case Tier.RESELLER:
            where = f"reseller · {reseller.name if reseller else ''}"
        case Tier.TENANT:
            where = f"tenant-admin · {tenant.name if tenant else ''}"
        case _:
            return f"user · {account.username}"
    return where if account.owner else f"{where} ({account.username})"


def initials(name: str) -> str:
    """Of the first and the last word: `Sara Alvarez` is SA."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def caller(
    account: Account,
    tenant: Tenant | None,
    reseller: Reseller | None,
    credential: str,
    address: str,
) -> Caller:
    """The account as who asks. `reseller` and `tenant` are the account's own."""
    return Caller(
        account.tier,
        credential,
        label(account, tenant, reseller),
        account.key,
        account.reseller,
        account.tenant,
        address=address,
    )
