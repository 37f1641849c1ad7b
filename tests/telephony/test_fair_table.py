from hypothesis import given
from hypothesis import strategies as st

from appliance.telephony.fair_table import FairTable


def table(*pairs: str) -> FairTable[str]:
    """Each pair is a source and a name, of one letter each."""
    made: FairTable[str] = FairTable()
    for pair in pairs:
        made.put(pair[1], pair[0], pair)
    return made


def test_an_empty_table() -> None:
    made = table()
    assert made.get("a", "x") is made.pop("a", "x") is None
    assert (len(made), made.values(), made.names("x")) == (0, [], [])


def test_the_source_with_most_names_is_the_fullest() -> None:
    assert table("xa", "ya", "yb", "za").fullest() == ("y", 2)


def test_of_equal_sources_the_fullest_is_who_was_there_first() -> None:
    assert table("xa", "ya", "za").fullest() == ("x", 1)


def test_a_name_that_comes_again_is_the_newest_of_its_source() -> None:
    made = table("xa", "xb", "xa")
    assert made.names("x") == ["b", "a"]
    assert made.oldest("x") == "b"


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("xyz"), st.sampled_from("abcdef"))))
def test_it_is_a_dictionary_that_knows_its_fullest_source(
    steps: list[tuple[bool, str, str]],
) -> None:
    made: FairTable[str] = FairTable()
    model: dict[tuple[str, str], str] = {}
    for put, source, name in steps:
        if put:
            made.put(name, source, source + name)
            model[name, source] = source + name
        else:
            assert made.pop(name, source) == model.pop((name, source), None)
        held = [source for _, source in model]
        assert len(made) == len(model)
        assert sorted(made.values()) == sorted(model.values())
        if model:
            fullest, names = made.fullest()
            assert names == held.count(fullest) == max(map(held.count, held))
