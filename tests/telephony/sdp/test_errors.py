import pytest

from appliance.telephony.sdp.errors import SdpError
from appliance.telephony.sdp.session import Session


def test_the_reason_is_fit_for_a_warning_header() -> None:
    with pytest.raises(SdpError) as caught:
        Session.parse(b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio x RTP/AVP 0\r\n")
    assert str(caught.value).isprintable()
    assert '"' not in str(caught.value)
