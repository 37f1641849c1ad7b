"""A tenant's lines over the API (manual § 9.2, § 9.3)."""

from dataclasses import replace

import pytest

from appliance.control import extensions
from appliance.control.changes import Change
from appliance.model.accounts import Account, AccountKey, AccountStatus, Link, LinkRole, Tier
from appliance.model.bindings import RegistrationState
from appliance.model.tenants import TenantCaps
from appliance.store import accounts, rows
from appliance.store.rows import NewExtension
from tests.support.api import World
from tests.support.phones_seen import PhonesSeen

LIST = "/v1/tenants/acme/extensions"


@pytest.fixture
def phones(world: World) -> PhonesSeen:
    return PhonesSeen(world)


async def extension(world: World, number: str, name: str = "Alice Tan", **more: object) -> None:
    body = {"extension": number, "name": name, **more}
    answer = await world.as_("tenant:acme").post(LIST, body)
    assert answer.status_code == 201, answer.text


async def device(world: World, number: str, type_: str = "desk") -> str:
    body = {"type": type_, "name": "Alice Tan · desk · HQ-L3"}
    answer = await world.as_("tenant:acme").post(f"{LIST}/{number}/devices", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["username"])


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        ("12", 422, "3–5 digits, unique in this tenant."),
        ("123456", 422, "3–5 digits, unique in this tenant."),
        ("10a1", 422, "3–5 digits, unique in this tenant."),
        ("*98", 422, "3–5 digits, unique in this tenant."),
        ("9196", 409, "9196 is the echo test."),
        ("995", 409, "995 is the emergency number 995, or begins with it."),
        ("9951", 409, "9951 is the emergency number 995, or begins with it."),
        ("1001", 409, "extension number already in use."),
    ],
)
async def test_number_that_cannot_be_is_refused_beside_its_field(
    world: World, phones: PhonesSeen, number: str, status: int, words: str
) -> None:
    await extension(world, "1001")
    answer = await world.as_("tenant:acme").post(LIST, {"extension": number, "name": "x"})
    assert answer.status_code == status
    assert answer.json()["error"]["fields"] == {"extension": words}
    assert (await world.as_("tenant:acme").get(LIST)).json()["page"]["total"] == 1


async def test_cap_is_counted_live_and_named(world: World, phones: PhonesSeen) -> None:
    acme = replace(world.tenants["acme"], caps=TenantCaps(extensions=1))
    await world.put_tenant(acme)
    await extension(world, "1001")
    answer = await world.as_("platform").post(LIST, {"extension": "1002", "name": "Ben Ong"})
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "extension limit reached for this tenant."
    assert (await world.as_("tenant:acme").delete(f"{LIST}/1001")).status_code == 204
    await extension(world, "1002")


@pytest.mark.parametrize("token", ["tenant:zephyr", "reseller:orion", "tenant:helios"])
@pytest.mark.parametrize("slug", ["acme", "nowhere"])
async def test_tenant_of_others_is_403_whether_or_not_it_exists(
    world: World, phones: PhonesSeen, token: str, slug: str
) -> None:
    await extension(world, "1001")
    asking = world.as_(token)
    here = f"/v1/tenants/{slug}/extensions"
    answers = [
        await asking.get(here),
        await asking.get(f"{here}/1001"),
        await asking.get(f"{here}/next"),
        await asking.get(f"{here}/1001/contents"),
        await asking.post(here, {"extension": "1005", "name": "x"}),
        await asking.patch(f"{here}/1001", {"name": "x"}),
        await asking.delete(f"{here}/1001"),
    ]
    assert [one.status_code for one in answers] == [403] * 7
    assert {one.text for one in answers} == {answers[0].text}


async def test_platform_hears_404_for_what_is_not_there(world: World, phones: PhonesSeen) -> None:
    asking = world.as_("platform")
    assert (await asking.get("/v1/tenants/nowhere/extensions")).status_code == 404
    assert (await asking.get(f"{LIST}/1001")).status_code == 404
    assert (await asking.delete(f"{LIST}/1001")).status_code == 404


async def test_users_have_no_business_here(world: World, phones: PhonesSeen) -> None:
    assert (await world.as_("user:acme").get(LIST)).status_code == 403


async def test_edit_of_an_older_version_is_refused(world: World, phones: PhonesSeen) -> None:
    await extension(world, "1001")
    asking, one = world.as_("tenant:acme"), f"{LIST}/1001"
    etag = (await asking.get(one)).headers["etag"]
    assert (await asking.patch(one, {"name": "A"}, {"if-match": etag})).status_code == 200
    refused = await asking.patch(one, {"name": "B"}, {"if-match": etag})
    assert refused.status_code == 412
    assert (await asking.get(one)).json()["name"] == "A"
    assert (await asking.patch(one, {"number": "1002"})).status_code == 422


async def test_two_tenants_have_the_same_number(world: World, phones: PhonesSeen) -> None:
    await extension(world, "1001")
    answer = await world.as_("tenant:helios").post(
        "/v1/tenants/helios/extensions", {"extension": "1001", "name": "Farah Aziz"}
    )
    assert answer.status_code == 201
    assert answer.json()["voicemail"] == "provisioned"
    listed = (await world.as_("tenant:acme").get(LIST)).json()["data"]
    assert [one["name"] for one in listed] == ["Alice Tan"]


async def test_row_stands_as_its_best_device_else_as_its_worst(
    world: World, phones: PhonesSeen
) -> None:
    await extension(world, "1001")
    first, second = await device(world, "1001"), await device(world, "1001")
    assert (first, second) == ("1001-desk", "1001-desk2")

    async def row() -> dict[str, object]:
        (found,) = (await world.as_("tenant:acme").get(LIST)).json()["data"]
        return {name: found[name] for name in ("devices", "registered", "status")}

    assert await row() == {"devices": 2, "registered": False, "status": "idle"}
    phones.register(first, RegistrationState.EXPIRED)
    assert (await row())["status"] == "expired"
    phones.register(second, RegistrationState.REJECTED)
    assert (await row())["status"] == "rejected"
    phones.register(first)
    assert await row() == {"devices": 2, "registered": True, "status": "registered"}


async def test_list_is_filtered_sorted_and_paged(world: World, phones: PhonesSeen) -> None:
    names = {"1001": "Carmen", "999": "Zoe", "1002": "Ben", "20000": "Ann_1"}
    acme = replace(world.tenants["acme"], country="US")
    await world.put_tenant(acme)
    for number, name in names.items():
        await extension(world, number, name)
    phones.register(await device(world, "1002"))
    phones.register(await device(world, "1001"), RegistrationState.UNREACHABLE)

    async def numbers(**params: object) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            answer = await world.as_("tenant:acme").get(LIST, limit=1, cursor=cursor, **params)
            assert answer.status_code == 200, answer.text
            found += [one["extension"] for one in answer.json()["data"]]
            cursor = answer.json()["page"]["next"]
            if not cursor:
                return found

    assert await numbers() == ["999", "1001", "1002", "20000"]
    assert await numbers(sort="-extension") == ["20000", "1002", "1001", "999"]
    assert await numbers(sort="name") == ["20000", "1002", "1001", "999"]
    assert await numbers(sort="-devices") == ["1001", "1002", "999", "20000"]
    assert await numbers(sort="status") == ["1002", "1001", "999", "20000"]
    assert await numbers(status="registered") == ["1002"]
    assert await numbers(status="idle") == ["999", "20000"]
    assert await numbers(status="idle", sort="-status") == ["999", "20000"]
    assert await numbers(q="100") == ["1001", "1002"]
    assert await numbers(q="_") == ["20000"]
    assert await numbers(q="%") == []
    wrong = await world.as_("tenant:acme").get(LIST, sort="key; DROP TABLE extensions")
    assert wrong.status_code == 422


@pytest.mark.parametrize("cursor", ["x", "WzFd", "bnVsbA", "W10", "8J+YgA", "=" * 5])
async def test_foreign_cursor_is_refused(world: World, phones: PhonesSeen, cursor: str) -> None:
    answer = await world.as_("tenant:acme").get(LIST, cursor=cursor)
    assert answer.status_code == 422
    assert "cursor" in answer.json()["error"]["fields"]


async def test_disabled_extension_signs_its_devices_off(world: World, phones: PhonesSeen) -> None:
    await extension(world, "1001")
    name = await device(world, "1001")
    phones.register(name)
    answer = await world.as_("tenant:acme").patch(f"{LIST}/1001", {"enabled": False})
    assert (answer.json()["enabled"], answer.json()["status"]) == (False, "idle")
    subscriber = world.store.snapshot.subscriber(name)
    assert subscriber is not None
    assert not subscriber.extension.enabled
    await world.as_("tenant:acme").patch(f"{LIST}/1001", {"enabled": True})
    assert [action for _, action, _ in await world.actions()][-2:] == [
        "Disabled extension",
        "Enabled extension",
    ]


async def test_delete_takes_devices_mailbox_and_links_but_no_user(
    world: World, phones: PhonesSeen
) -> None:
    await extension(world, "1001")
    await extension(world, "1050", shared=True)
    name = await device(world, "1001")
    phones.register(name)
    await link_both(world)
    asking = world.as_("tenant:acme")
    assert (await asking.get(f"{LIST}/1001")).json()["users"] == ["Alice Tan"]
    assert (await asking.get(f"{LIST}/1001/contents")).json() == {
        "devices": 1,
        "mailboxes": 1,
        "users": 1,
    }
    assert (await asking.delete(f"{LIST}/1001")).status_code == 204
    assert phones.known == {}
    assert world.store.snapshot.subscriber(name) is None
    assert (await asking.get(f"{LIST}/1001")).status_code == 404
    left = await world.control.read(lambda database: accounts.load(database))
    assert [(one.username, one.links[0].role) for one in left] == [("alice.tan", LinkRole.PRIMARY)]
    assert (await asking.get(LIST)).json()["page"]["total"] == 1
    await extension(world, "1001")


async def test_free_lists_what_a_user_may_be_linked_to(world: World, phones: PhonesSeen) -> None:
    await extension(world, "1001")
    await extension(world, "1002")
    await extension(world, "1050", shared=True)
    await link_both(world)
    listed = (await world.as_("tenant:acme").get(LIST, free="true")).json()["data"]
    assert [one["extension"] for one in listed] == ["1002", "1050"]


async def link_both(world: World) -> None:
    """alice.tan answers 1001 as her own and 1050 besides."""
    tenant = world.tenants["acme"].key

    def make(change: Change) -> None:
        lines = rows.load_extensions(
            change.database, "WHERE tenant_id = ? AND number IN ('1001', '1050')", tenant
        )
        links = tuple(
            Link(one.key, LinkRole.PRIMARY if one.number == "1001" else LinkRole.SECONDARY)
            for one in sorted(lines, key=lambda one: one.number)
        )
        account = Account(
            AccountKey(0),
            Tier.USER,
            "alice.tan",
            "Alice Tan",
            "alice@acme.example",
            AccountStatus.ACTIVE,
            tenant=tenant,
            links=links,
        )
        accounts.insert(change.transaction, account)
        change.record("user", "Created user", "alice.tan", tenant=world.tenants["acme"])

    await world.control.change(world.people.known["platform"], make)


@pytest.mark.parametrize(
    ("typed", "words", "following"),
    [
        ("", "1003 is free · in the People band · no service-code clash", "1004"),
        ("1001", "1001 is already in use · next free is 1003", "1003"),
        ("9196", "9196 is the echo test · next free is 9197", "9197"),
        ("1950", "1950 is free · in the Lab band · no service-code clash", "1951"),
        ("55", "3–5 digits, unique in this tenant.", ""),
    ],
)
async def test_number_that_is_typed_is_told_of(
    world: World, phones: PhonesSeen, typed: str, words: str, following: str
) -> None:
    await extension(world, "1001")
    await extension(world, "1002")
    hint = (await world.as_("tenant:acme").get(f"{LIST}/next", extension=typed)).json()
    assert (hint["words"], hint["next"]) == (words, following)


async def test_page_of_many_extensions_takes_a_moment(world: World, phones: PhonesSeen) -> None:
    new = [NewExtension(str(20000 + at), f"Extension {at}") for at in range(10_000)]
    await world.control.change(
        world.people.known["platform"],
        lambda change: extensions.create_many(change, "acme", new),
    )
    answer = await world.as_("tenant:acme").get(LIST, limit=50, sort="status")
    assert answer.json()["page"]["total"] == 10_000
