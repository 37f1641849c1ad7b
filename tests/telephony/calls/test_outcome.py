"""What a failed attempt means for the caller and for the record (RFC 3261 § 16.7, § 21)."""

import pytest

from appliance.model.calls import Disposition
from appliance.telephony.calls.outcome import (
    Busy,
    Declined,
    Failed,
    NoAnswer,
    Outcome,
    Unreachable,
    outranks,
    refusal,
)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (486, Busy()),
        (600, Busy()),
        (603, Declined()),
        (480, Unreachable()),
        (408, Unreachable()),
        (488, Failed(488, "words", "sip_488")),
    ],
)
def test_a_final_failure_becomes_its_outcome(status: int, expected: Outcome) -> None:
    assert refusal(status, "words") == expected


def test_a_busy_phone_outranks_a_silent_one() -> None:
    assert outranks(Busy(), Unreachable())
    assert not outranks(Unreachable(), Busy())


def test_a_decision_of_a_person_outranks_every_state_of_a_phone() -> None:
    assert all(outranks(Declined(), other) for other in (Busy(), NoAnswer(), Unreachable()))


def test_any_failure_outranks_none() -> None:
    assert outranks(Unreachable(), None)


def test_the_record_of_a_declined_call_says_busy_with_its_reason() -> None:
    assert (Declined().disposition, Declined().reason) == (Disposition.BUSY, "declined")
