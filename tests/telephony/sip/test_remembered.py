from appliance.telephony.sip.remembered import ENTRIES, LONGEST, remembered


def test_what_is_read_again_is_parsed_once() -> None:
    parsed: list[str] = []

    def parse(text: str) -> str:
        parsed.append(text)
        return text.upper()

    read = remembered(parse)
    assert [read("a"), read("a")] == ["A", "A"]
    assert parsed == ["a"]


def test_long_texts_fill_no_memory() -> None:
    parsed: list[int] = []
    read = remembered(lambda text: parsed.append(len(text)))
    for _ in range(2):
        read("x" * (LONGEST + 1))
    assert len(parsed) == 2


def test_the_oldest_is_forgotten() -> None:
    parsed: list[str] = []
    read = remembered(parsed.append)
    for number in range(ENTRIES + 1):
        read(str(number))
    read("0")
    assert parsed.count("0") == 2
