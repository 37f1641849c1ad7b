"""sipp as a cross-check of our call generator, against Kamailio.

sipp 3.6.1 cannot place calls through a box that offers SHA-256 first: it answers only the first
challenge, and only with MD5.
"""

import dataclasses
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import generators
from bench.figures import Figures
from bench.phones import Phone
from bench.plan import Plan
from bench.processes import LOAD_CORE, pinned
from bench.targets import SipTarget

_SCENARIOS = Path(__file__).parent / "sipp_scenarios"
_RATE = 50
_CALLEE_PORT = 5066
_CALLER_HOST, _CALLEE_HOST = "127.0.0.2", "127.0.0.3"


def measure(target: SipTarget, plan: Plan) -> Figures:
    """The same call by sipp and by our generator: what failed and the set-up times of both."""
    callers = _at_one_address(target.phones[:500], _CALLER_HOST)
    callees = _at_one_address(target.phones[500:1000], _CALLEE_HOST)
    generators.register_once(target.address, callees, rate=200)
    seconds = plan.window_seconds
    with tempfile.TemporaryDirectory(prefix="bench-sipp-") as name, _callee():
        folder = Path(name)
        failed = _place_calls(target.address, callers, callees, int(_RATE * seconds), folder)
        by_sipp = _setup_times(folder)
    ours = generators.call(target.address, callers, callees, generators.Offer(_RATE, seconds))
    return {
        f"sipp: failed of {_RATE * seconds:.0f}": float(failed),
        "sipp: set-up after digest p50, ms": by_sipp[len(by_sipp) // 2] if by_sipp else 0.0,
        f"our generator: failed of {_RATE * seconds:.0f}": float(ours.failed),
        "our generator: set-up p50, ms": ours.setup_p50_ms or 0.0,
    }


def _at_one_address(phones: Sequence[Phone], address: str) -> list[Phone]:
    """sipp has one address for all its calls."""
    return [dataclasses.replace(phone, address=address) for phone in phones]


@contextmanager
def _callee() -> Iterator[None]:
    command = ["sipp", "-sf", str(_SCENARIOS / "callee.xml"), "-i", _CALLEE_HOST, "-nostdin"]
    process = subprocess.Popen(
        [*command, "-p", str(_CALLEE_PORT)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=pinned(LOAD_CORE),
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _place_calls(
    address: str, callers: Sequence[Phone], callees: Sequence[Phone], count: int, folder: Path
) -> int:
    """How many of the calls failed."""
    lines = [
        f"{a.username};[authentication username={a.username} password={a.password}];{b.number}"
        for a, b in zip(callers, callees, strict=True)
    ]
    injection = folder / "calls.csv"
    injection.write_text("SEQUENTIAL\n" + "\n".join(lines) + "\n")
    command = ["sipp", address, "-sf", str(_SCENARIOS / "caller.xml"), "-inf", str(injection)]
    command += ["-i", _CALLER_HOST, "-p", "5070", "-r", str(_RATE), "-m", str(count), "-nostdin"]
    command += ["-trace_rtt", "-rtt_freq", "1", "-trace_stat", "-stf", str(folder / "stat.csv")]
    subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=count / _RATE + 60,
        preexec_fn=pinned(LOAD_CORE),
    )
    return count - _succeeded(folder / "stat.csv")


def _succeeded(path: Path) -> int:
    head, *_, last = path.read_text().splitlines()
    return int(last.split(";")[head.split(";").index("SuccessfulCall(C)")])


def _setup_times(folder: Path) -> list[float]:
    """Milliseconds, sorted; sipp writes date;time;name lines."""
    found = next(folder.glob("*_rtt.csv"), None)
    lines = found.read_text().splitlines()[1:] if found else []
    return sorted(float(line.split(";")[1]) for line in lines)
