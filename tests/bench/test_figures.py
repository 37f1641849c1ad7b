"""Rows, spread and verdicts."""

from bench.figures import Aim, as_json, rows, table

AIMS = {"calls/s": Aim(250, at_least=True), "idle, MB": Aim(90)}


def test_an_aim_is_judged_by_the_median_of_the_runs() -> None:
    [row] = rows("calls", "ByondVoice", [{"calls/s": v} for v in (240.0, 260.0, 900.0)], AIMS)
    assert row.median == 260
    assert row.verdict == "≥ 250 met"


def test_a_missed_aim_is_said_in_the_table_and_in_the_json() -> None:
    found = rows("memory", "ByondVoice", [{"idle, MB": 95.0}], AIMS)
    assert "MISSED" in table(found)
    assert as_json(found)[0]["met"] is False


def test_figures_without_an_aim_have_no_verdict() -> None:
    [row] = rows("calls", "Kamailio", [{"calls/s": 1800.0}], {})
    assert row.verdict == ""
