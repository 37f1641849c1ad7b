"""`python -m bench [MEASURE …]`: measure our box and its peers, print a table, keep the figures."""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import namespace
from bench.figures import Figures, Row, as_json, rows, table
from bench.measures import INSTALLED, OURS, Measure, all_measures
from bench.plan import FULL, QUICK, Plan
from bench.processes import LOAD_CORE, Ended

_RESULTS = Path(__file__).parent / "results" / "latest.json"


def main(arguments: Sequence[str]) -> int:
    measures = all_measures()
    options = _options(arguments, [measure.name for measure in measures])
    namespace.enter("bench", arguments)
    os.sched_setaffinity(0, {LOAD_CORE % (os.cpu_count() or 1)})
    plan = _plan(options)
    found: list[Row] = []
    failures: list[str] = []
    for measure in measures:
        if not options.measures or measure.name in options.measures:
            found.extend(_measured(measure, plan, options.target, failures))
    print(table(found))
    if options.keep:
        _RESULTS.write_text(json.dumps(as_json(found), indent=1, ensure_ascii=False) + "\n")
    for failure in failures:
        print(f"FAILED {failure}")
    return 1 if failures else 0


def _measured(
    measure: Measure, plan: Plan, only: Sequence[str], failures: list[str]
) -> Iterator[Row]:
    """All runs of a measure, the targets in turn: a slow minute shall not fall on one alone."""
    targets = [n for n in measure.runs if INSTALLED[n]() and (not only or n.lower() in only)]
    runs: dict[str, list[Figures]] = {name: [] for name in targets}
    for number in range(plan.runs):
        for name in targets:
            _say(f"{measure.name}: {name}, run {number + 1} of {plan.runs}")
            try:
                runs[name].append(measure.runs[name](plan))
            except (Ended, RuntimeError, OSError, subprocess.SubprocessError) as error:
                failures.append(f"{measure.name}: {name}, run {number + 1}: {error}")
                _say(failures[-1])
            else:
                _say(f"  {dict(runs[name][-1])}")
    for name in targets:
        yield from rows(measure.name, name, runs[name], measure.aims if name == OURS else {})


def _say(words: str) -> None:
    print(words, file=sys.stderr)


def _plan(options: argparse.Namespace) -> Plan:
    plan = QUICK if options.quick else FULL
    changes = {"runs": options.runs, "growth_minutes": options.minutes}
    return dataclasses.replace(plan, **{k: v for k, v in changes.items() if v is not None})


def _options(arguments: Sequence[str], names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="one short run each")
    parser.add_argument("--runs", type=int, help="runs of each measure (3; quick: 1)")
    parser.add_argument("--minutes", type=float, help="how long memory growth is watched (5)")
    parser.add_argument(
        "--target", action="append", default=[], type=str.lower, help="only byondvoice, kamailio, …"
    )
    parser.add_argument("--keep", action="store_true", help=f"write results/{_RESULTS.name}")
    options = parser.parse_args(arguments)
    if unknown := set(options.measures) - set(names):
        parser.error(f"no such measure: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
