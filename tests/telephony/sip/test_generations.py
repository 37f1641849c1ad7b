from appliance.telephony.sip.generations import Generations


def test_a_flood_forgets_the_older_half_and_never_grows_past_the_limit() -> None:
    kept: Generations[int, str] = Generations(32, limit=100)
    for number in range(10_000):
        kept.put(number, "answer", now=1.0)
        assert len(kept) <= 100
    assert kept.get(9_999) == "answer"
    assert kept.get(9_000) is None


def test_an_entry_lives_its_time_though_others_come() -> None:
    kept: Generations[int, str] = Generations(32, limit=100)
    kept.put(1, "answer", now=0.0)
    kept.put(2, "answer", now=31.0)
    kept.put(3, "answer", now=33.0)
    assert kept.get(1) == "answer"
    kept.put(4, "answer", now=66.0)
    assert kept.get(1) is None


def test_a_quiet_time_gives_everything_back() -> None:
    kept: Generations[int, str] = Generations(32, limit=100)
    kept.put(1, "answer", now=0.0)
    kept.forget_old(now=10.0)
    assert len(kept) == 1
    kept.forget_old(now=100.0)
    kept.forget_old(now=200.0)
    assert len(kept) == 0
