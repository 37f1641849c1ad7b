"""`python -m bench [MEASURE …]`: measure our box and its peers, print a table, keep the figures."""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench import anchored, calls, memory, namespace, registrations, sipp, starting
from bench.figures import Aim, Figures, Row, as_json, rows, table
from bench.plan import FULL, QUICK, Plan
from bench.processes import LOAD_CORE
from bench.targets import SipTarget, box, kamailio, rtpengine

_RESULTS = Path(__file__).parent / "results" / "latest.json"

Run = Callable[[Plan], Figures]


@dataclass(frozen=True, slots=True)
class Measure:
    """One selectable measure: what it runs per target, in turn, and what issue 2 asks of ours."""

    name: str
    runs: Mapping[str, Run]
    aims: Mapping[str, Aim]


def _of_sip(
    start: Callable[[int], AbstractContextManager[SipTarget]],
    phones: int,
    measure: Callable[[SipTarget, Plan], Figures],
) -> Run:
    def run(plan: Plan) -> Figures:
        with start(phones) as target:
            return measure(target, plan)

    return run


def _of_rtpengine(plan: Plan) -> Figures:
    with rtpengine.start() as target:
        return anchored.measure(target, plan)


def _of_box_media(plan: Plan) -> Figures:
    with box.start(anchored.PHONES) as target:
        alone = anchored.measure(target, plan)
        return {**alone, **anchored.measure_beside_registrations(target, plan)}


def _of_starting(plan: Plan) -> Figures:
    del plan
    return starting.measure()


def _measures() -> tuple[Measure, ...]:
    """Every measure; a peer that is not installed is left out when it would run."""
    ours, proxy = "ByondVoice", "Kamailio"

    def both(phones: int, measure: Callable[[SipTarget, Plan], Figures]) -> dict[str, Run]:
        return {
            ours: _of_sip(box.start, phones, measure),
            proxy: _of_sip(kamailio.start, phones, measure),
        }

    return (
        Measure(
            "registrations", both(registrations.PHONES, registrations.measure), registrations.AIMS
        ),
        Measure("calls", both(calls.PHONES, calls.measure), calls.AIMS),
        Measure("sipp", both(calls.PHONES, sipp.measure), {}),
        Measure("anchored", {ours: _of_box_media, "rtpengine": _of_rtpengine}, anchored.AIMS),
        Measure("memory", both(memory.PHONES, memory.measure_registrations), memory.AIMS),
        Measure(
            "memory-calls", {ours: _of_sip(box.start, 2000, memory.measure_calls)}, memory.AIMS
        ),
        Measure("growth", both(memory.PHONES // 10, memory.measure_growth), memory.AIMS),
        Measure("starting", {ours: _of_starting}, starting.AIMS),
    )


_INSTALLED: Mapping[str, Callable[[], bool]] = {
    "ByondVoice": box.is_installed,
    "Kamailio": kamailio.is_installed,
    "rtpengine": rtpengine.is_installed,
}


def main(arguments: Sequence[str]) -> int:
    measures = _measures()
    options = _options(arguments, [measure.name for measure in measures])
    namespace.enter("bench", arguments)
    os.sched_setaffinity(0, {LOAD_CORE % (os.cpu_count() or 1)})
    chosen = [m for m in measures if m.name in options.measures] if options.measures else measures
    plan = _plan(options)
    found = [row for measure in chosen for row in _found(measure, plan, options.target)]
    print(table(found))
    if options.keep:
        _RESULTS.write_text(json.dumps(as_json(found), indent=1, ensure_ascii=False) + "\n")
    return 0


def _found(measure: Measure, plan: Plan, only: Sequence[str]) -> Iterator[Row]:
    """All runs of a measure, the targets in turn: a slow minute shall not fall on one alone."""
    targets = [
        name for name in measure.runs if _INSTALLED[name]() and (not only or name.lower() in only)
    ]
    runs: dict[str, list[Figures]] = {name: [] for name in targets}
    for number in range(plan.runs):
        for name in targets:
            print(f"{measure.name}: {name}, run {number + 1}/{plan.runs}", file=sys.stderr)
            runs[name].append(measure.runs[name](plan))
            print(f"  {dict(runs[name][-1])}", file=sys.stderr)
    for name in targets:
        yield from rows(
            measure.name, name, runs[name], measure.aims if name == "ByondVoice" else {}
        )


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
