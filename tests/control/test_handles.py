import pytest

from appliance.control import handles
from appliance.control.errors import Invalid


@pytest.mark.parametrize(
    "slug", ["", "a", "1acme", "Acme", "acme-", "a--b", "-acme", "ac me", "acme_x", "a" * 32, "ä1"]
)
def test_slug_that_is_none_is_refused(slug: str) -> None:
    with pytest.raises(Invalid) as refused:
        handles.slug(slug)
    assert refused.value.fields == {"slug": handles.SLUG_RULE}


@pytest.mark.parametrize("slug", ["ab", "acme", "acme-corp", "a1-2", "a" * 31])
def test_slug_that_is_one_stays_as_it_is(slug: str) -> None:
    assert handles.slug(slug) == slug


@pytest.mark.parametrize(
    "username", ["", ".alice", "alice/tan", "a@b", "alice tan", "a" * 64, "a\nb", "ünal"]
)
def test_username_that_is_none_is_refused(username: str) -> None:
    with pytest.raises(Invalid):
        handles.username(username)


def test_username_is_kept_in_lower_case() -> None:
    assert handles.username(" Alice.Tan ") == "alice.tan"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Globex Pte Ltd", "globex"),
        ("Acme Corp", "acme"),
        ("Northwind Bank", "northwind-bank"),
        ("Café Zoë GmbH", "cafe-zoe"),
        ("O'Neill & Sons, Inc.", "oneill-sons"),
        ("Ltd", "ltd"),
        ("3M", "tenant-3m"),
        ("株式会社", "tenant"),
        ("X", "x-tenant"),
        ("A very long name of a company that goes on", "a-very-long-name-of-a-company-t"),
    ],
)
def test_slug_is_made_from_a_companys_name(name: str, slug: str) -> None:
    assert handles.derived_slug(name) == slug
    assert handles.slug(handles.derived_slug(name)) == slug


def test_taken_handles_are_numbered_within_their_length() -> None:
    assert handles.free_like("globex", {"globex", "globex-2"}.__contains__) == "globex-3"
    long = "a" * 31
    assert handles.free_like(long, {long}.__contains__) == "a" * 29 + "-2"
