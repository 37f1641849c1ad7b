"""Every measure that can be selected, with the targets that it is taken of."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bench import anchored, api, calls, memory, registrations, sipp, starting
from bench.figures import Aim, Figures
from bench.plan import Plan
from bench.targets import SipTarget, box, kamailio, rtpengine

OURS = "ByondVoice"

INSTALLED: Mapping[str, Callable[[], bool]] = {
    OURS: box.is_installed,
    "Kamailio": kamailio.is_installed,
    "rtpengine": rtpengine.is_installed,
}

Run = Callable[[Plan], Figures]
_MeasureSip = Callable[[SipTarget, Plan], Figures]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is run for each target, and what the issues ask of ours."""

    name: str
    runs: Mapping[str, Run]
    aims: Mapping[str, Aim]


def all_measures() -> tuple[Measure, ...]:
    """In the order of the table."""
    both, ours = _of_both, _of_box
    return (
        Measure(
            "registrations", both(registrations.PHONES, registrations.measure), registrations.AIMS
        ),
        Measure("calls", both(calls.PHONES, calls.measure), calls.AIMS),
        Measure("sipp", {"Kamailio": _of(kamailio.start, calls.PHONES, sipp.measure)}, {}),
        Measure("anchored", {OURS: _box_media, "rtpengine": _rtpengine_media}, anchored.AIMS),
        Measure("memory", both(memory.PHONES, memory.measure_registrations), memory.AIMS),
        Measure("memory-calls", ours(memory.CALL_PHONES, memory.measure_calls), memory.AIMS),
        Measure("growth", both(memory.GROWTH_PHONES, memory.measure_growth), memory.AIMS),
        Measure("api", {OURS: _api}, api.AIMS),
        Measure("starting", {OURS: starting.measure}, starting.AIMS),
    )


def _of_both(phones: int, measure: _MeasureSip) -> dict[str, Run]:
    return {**_of_box(phones, measure), "Kamailio": _of(kamailio.start, phones, measure)}


def _of_box(phones: int, measure: _MeasureSip) -> dict[str, Run]:
    return {OURS: _of(box.start, phones, measure)}


def _of(
    start: Callable[[int], AbstractContextManager[SipTarget]], phones: int, measure: _MeasureSip
) -> Run:
    def run(plan: Plan) -> Figures:
        with start(phones) as target:
            return measure(target, plan)

    return run


def _rtpengine_media(plan: Plan) -> Figures:
    with rtpengine.start() as target:
        return anchored.measure(target, plan)


def _box_media(plan: Plan) -> Figures:
    with box.start(anchored.PHONES) as target:
        alone = anchored.measure(target, plan)
        return {**alone, **anchored.measure_beside_registrations(target, plan)}


def _api(plan: Plan) -> Figures:
    with box.start(api.PHONES) as target:
        return api.measure(target, plan)
