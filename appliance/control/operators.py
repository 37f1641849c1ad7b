"""Operators: the logins of the platform itself and of resellers (manual § 4.1)."""

from dataclasses import dataclass

from appliance.control import handles, people, scope, users
from appliance.control.changes import Change
from appliance.control.errors import Invalid
from appliance.control.passwords import Temporary
from appliance.control.people import Person
from appliance.model.accounts import Account, AccountKey, AccountStatus, Tier
from appliance.model.resellers import Reseller
from appliance.store import rows


@dataclass(frozen=True, slots=True)
class NewOperator:
    """`reseller` is a code; "" for the caller's own level. `temporary` as in NewUser."""

    username: str
    name: str
    email: str
    reseller: str = ""
    temporary: Temporary | None = None
    require_second_factor: bool = False


def create(change: Change, new: NewOperator) -> Person:
    """Raises Forbidden, Invalid, Conflict."""
    scope.require_tier(change.caller, Tier.PLATFORM, Tier.RESELLER)
    reseller = _level(change, new.reseller)
    tier = Tier.RESELLER if reseller else Tier.PLATFORM
    people.may_administer(change, tier)
    username = handles.username(new.username)
    handles.require_free_operator(change.database, username)
    account = Account(
        *(AccountKey(0), tier, username, new.name, new.email, AccountStatus.INVITED),
        reseller=reseller.key if reseller else None,
        email_otp=new.require_second_factor,
    )
    return users.add(change, Person(account, reseller=reseller), new.temporary)


def _level(change: Change, code: str) -> Reseller | None:
    """Raises Forbidden, Invalid."""
    if change.caller.tier is Tier.RESELLER:
        (own,) = rows.load_resellers(change.database, "WHERE key = ?", change.caller.reseller)
        return change.reseller(code) if code else own
    if not code:
        return None
    found = rows.reseller_by_code(change.database, code)
    if found is None:
        raise Invalid.of(reseller="There is no such reseller.")
    return found
