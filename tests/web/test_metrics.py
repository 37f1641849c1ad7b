from appliance.web.metrics import Metric, Sample, render


def test_quotes_backslashes_and_line_ends_in_labels_are_escaped() -> None:
    odd = Metric("calls", "gauge", "a\\b\nc", (Sample(1, {"why": 'a"b\\c\nd'}),))
    assert render([odd]) == (
        '# HELP calls a\\\\b\\nc\n# TYPE calls gauge\ncalls{why="a\\"b\\\\c\\nd"} 1\n'
    )


def test_large_counters_keep_every_digit() -> None:
    metric = Metric.counter("packets_total", "Packets.", 123_456_789_012)
    assert render([metric]).endswith("packets_total 123456789012\n")


def test_fractions_are_kept() -> None:
    assert render([Metric.gauge("seconds", "Seconds.", 0.25)]).endswith("seconds 0.25\n")
