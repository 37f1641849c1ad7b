from appliance.telephony.sdp.refusal import Refusal


def test_media_that_do_not_fit_are_refused_with_488() -> None:
    assert Refusal("no codec in common").status == 488
