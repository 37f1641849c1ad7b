"""Who a token is of, and how the door holds when many come at once."""

import asyncio

import pytest

from appliance.control.caller import SYSTEM, Caller
from appliance.control.changes import Change
from appliance.control.door import Door
from appliance.control.errors import NotAuthenticated, TooMany
from appliance.control.logins import Whereabouts, refresh
from appliance.model.accounts import Tier
from appliance.settings import DataFolder
from appliance.store import accounts
from tests.support.api import World
from tests.support.door import PASSWORDS, Signing

HERE = Whereabouts("192.0.2.7", "Firefox")


@pytest.fixture
async def signing(world: World) -> Signing:
    return await Signing.made(world)


async def test_guesses_that_come_all_at_once_are_no_more_than_five(signing: Signing) -> None:
    asked: list[str] = []
    real = signing.door.passwords.right

    async def right(password: str, account: object) -> bool:
        asked.append(password)
        return await real(password, account)  # type: ignore[arg-type]

    signing.door.passwords.right = right  # type: ignore[method-assign]
    guesses = [f"guess-{number}" for number in range(9)] + [PASSWORDS["alice.tan"]]
    outcomes = await asyncio.gather(
        *(signing.door.sign_in.with_password("alice.tan", guess, HERE) for guess in guesses),
        return_exceptions=True,
    )
    assert all(isinstance(outcome, NotAuthenticated) for outcome in outcomes)
    assert len(asked) == 10


async def test_right_passwords_that_come_all_at_once_are_all_let_in(signing: Signing) -> None:
    password = PASSWORDS["alice.tan"]
    signed_in = await asyncio.gather(
        *(signing.door.sign_in.with_password("alice.tan", password, HERE) for _ in range(12))
    )
    assert len({one.refresh for one in signed_in}) == 12


async def test_too_many_at_once_for_one_login_wait_outside(signing: Signing) -> None:
    outcomes = await asyncio.gather(
        *(signing.door.sign_in.with_password("nobody", "x", HERE) for _ in range(30)),
        return_exceptions=True,
    )
    assert {type(outcome) for outcome in outcomes} == {NotAuthenticated, TooMany}


async def test_logins_outlive_the_run_and_tokens_do_not(signing: Signing) -> None:
    signed_in = await signing.door.sign_in.with_password("acme", PASSWORDS["acme"], HERE)
    later = Door.built(signing.world.control, "ByondVoice", b"x" * 32, lambda _token, _at: None)
    await later.identity.load()
    with pytest.raises(NotAuthenticated):
        later.identity.caller(signed_in.granted.token, "192.0.2.7")
    again = await refresh(later.identity, signed_in.refresh, HERE)
    assert later.identity.caller(again.granted.token, "192.0.2.7").tier is Tier.TENANT


async def test_deleted_account_is_out_and_its_name_is_nobodys(signing: Signing) -> None:
    signed_in = await signing.door.sign_in.with_password("helios/zoe", PASSWORDS["zoe"], HERE)
    account = signing.door.identity.named("helios/zoe")
    assert account is not None

    def delete(change: Change) -> None:
        accounts.delete(change.transaction, account.key)
        change.record("user", "Deleted user", "user Zoe H")

    await signing.world.control.change(SYSTEM, delete)
    with pytest.raises(NotAuthenticated):
        signing.door.identity.caller(signed_in.granted.token, "192.0.2.7")
    assert signing.door.identity.named("helios/zoe") is None
    other = signing.door.identity.named("zoe")
    assert other is not None
    assert other.name == "Zoe A"


async def test_key_is_asked_of_whoever_knows_keys(signing: Signing) -> None:
    known = Caller(Tier.TENANT, "key:key_1", "CRM")
    signing.door.identity.key_caller = lambda token, _at: known if token.endswith("x") else None
    assert signing.door.identity.caller("sk_live_acme_x", "192.0.2.7") == known
    with pytest.raises(NotAuthenticated):
        signing.door.identity.caller("sk_live_acme_y", "192.0.2.7")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("sara", "platform-admin (SA)"),
        ("nimbus.ops", "reseller · Nimbus Telecom (nimbus.ops)"),
        ("acme", "tenant-admin · Acme"),
        ("alice.tan", "user · alice.tan"),
    ],
)
async def test_audit_log_calls_people_by_their_tier(
    signing: Signing, name: str, label: str
) -> None:
    signed_in = await signing.door.sign_in.with_password(name, PASSWORDS[name], HERE)
    assert signing.door.identity.caller(signed_in.granted.token, "192.0.2.7").label == label


async def test_no_secret_of_a_sign_in_is_on_the_disk_or_in_a_log_line(
    signing: Signing, folder: DataFolder
) -> None:
    password = PASSWORDS["alice.tan"]
    signed_in = await signing.door.sign_in.with_password("alice.tan", password, HERE)
    await signing.mails("code")
    token = signed_in.granted.token
    secrets = [password, token, *signed_in.refresh.split(".")[1:]]
    content = b"".join(path.read_bytes() for path in folder.path.glob("*.db*"))
    assert not [secret for secret in secrets if secret.encode() in content]
    assert not [secret for secret in secrets if secret in repr(signed_in)]
