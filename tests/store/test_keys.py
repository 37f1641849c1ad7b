from pathlib import Path

import pytest

from appliance.store.errors import UnreadableKey
from appliance.store.keys import KeyRing, place

HERE = place("devices", "secret", 1)


def test_value_moved_to_another_row_does_not_open() -> None:
    keys = KeyRing({1: bytes(32)})
    sealed = keys.seal("secret", HERE)
    with pytest.raises(UnreadableKey):
        keys.open(sealed, place("devices", "secret", 2))


def test_value_of_a_key_that_is_gone_names_the_file() -> None:
    sealed = KeyRing({7: bytes(32)}).seal("secret", HERE)
    with pytest.raises(UnreadableKey, match=r"7\.key is missing"):
        KeyRing({1: bytes(32)}).open(sealed, HERE)


def test_older_key_still_opens_what_it_sealed() -> None:
    sealed = KeyRing({1: bytes(32)}).seal("secret", HERE)
    keys = KeyRing({1: bytes(32), 2: bytes(31) + b"\1"})
    assert keys.open(sealed, HERE) == "secret"
    assert keys.seal("secret", HERE)[:4] == b"\0\0\0\2"


def test_no_two_seals_are_alike() -> None:
    keys = KeyRing({1: bytes(32)})
    assert keys.seal("secret", HERE) != keys.seal("secret", HERE)


def test_files_that_are_no_keys_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "README.key").write_text("not a number")
    made = KeyRing.create(tmp_path)
    assert made.open(made.seal("secret", HERE), HERE) == "secret"
