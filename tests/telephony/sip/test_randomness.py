"""Octets in batches are never given out twice."""

from appliance.telephony.sip.randomness import BATCH, Randomness


def test_more_than_is_left_of_a_batch_comes_whole_from_the_next() -> None:
    source = Randomness()
    assert [len(source.take(12)) for _ in range(BATCH)] == [12] * BATCH


def test_no_octets_are_given_twice() -> None:
    source = Randomness()
    taken = [source.take(8) for _ in range(3 * BATCH)]
    assert len(set(taken)) == len(taken)
