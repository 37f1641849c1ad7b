"""The load generators still compile, register and call, against Kamailio and each other.

They run in a namespace of their own, by a program that this file is too.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import build, generators
from bench.anchored import direct
from bench.calls import register_callees
from bench.generators import Offer
from bench.plan import Plan
from bench.targets import kamailio

CHECKOUT = Path(__file__).parent.parent.parent


def figures_of(measure: str) -> dict[str, float]:
    """What `main` below finds inside a new network namespace."""
    command = ["unshare", "--net", "--map-root-user", sys.executable, "-m", __name__, measure]
    ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if "unshare failed" in ran.stderr:
        pytest.skip("no right to make a network namespace")
    assert ran.returncode == 0, ran.stderr
    found: dict[str, float] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("name", ["register", "call", "rtp"])
def test_generator_compiles_and_says_what_it_wants(name: str) -> None:
    ran = subprocess.run([build.generator(name)], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "--" in ran.stderr


def test_rtp_from_phone_to_phone_arrives_whole() -> None:
    found = figures_of("rtp")
    assert found["sent"] == 50 * 2 * 10
    assert found["lost"] == 0


def test_registrations_and_calls_through_kamailio_succeed() -> None:
    found = figures_of("sip")
    assert found == {"registered": 200, "called": 40, "failed": 0}


def _rtp() -> dict[str, float]:
    media = direct(10, Plan(media_seconds=1))
    return {"sent": media.sent, "lost": media.lost}


def _sip() -> dict[str, float]:
    with kamailio.start(2000) as target:
        registered = generators.register(target.address, target.phones[:100], Offer(200, 1, 0))
        register_callees(target)
        callers, callees = target.phones[:1000], target.phones[1000:]
        called = generators.call(target.address, callers, callees, Offer(40, 1, 0))
    return {
        "registered": registered.offered - registered.failed,
        "called": called.offered - called.failed,
        "failed": registered.failed + called.failed,
    }


def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    sys.stdout.write(json.dumps({"rtp": _rtp, "sip": _sip}[sys.argv[1]]()))


if __name__ == "__main__":
    main()
