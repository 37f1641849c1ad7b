import pytest

from appliance.settings import PortRange


@pytest.mark.parametrize(
    "text", ["", "-", "1024", "1024-", "2000-1999", "2000-2000", "80-90", "60000-65536", "a-b"]
)
def test_what_is_no_range_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not"):
        PortRange.parse(text)


def test_range_comes_back_as_it_was_written() -> None:
    assert str(PortRange.parse("20000-29999")) == "20000-29999"
