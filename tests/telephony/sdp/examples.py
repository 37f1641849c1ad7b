"""Sessions as phones write them, for the tests of this folder."""

from appliance.telephony.sdp.crypto import Keyring
from appliance.telephony.sdp.origin import Origin
from appliance.telephony.sdp.own_line import LocalMedia
from appliance.telephony.sdp.session import Session

KEY_80 = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

PLAIN = """v=0
o=- 20518 0 IN IP4 203.0.113.1
s=Yealink
c=IN IP4 203.0.113.1
t=0 0
m=audio 54400 RTP/AVP 0 8 9 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:9 G722/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a=sendrecv
"""

OPUS_FIRST = """v=0
o=baresip 7 1 IN IP4 198.51.100.7
s=-
c=IN IP4 198.51.100.7
t=0 0
m=audio 10000 RTP/AVP 111 0 100 101
a=rtpmap:111 opus/48000/2
a=fmtp:111 stereo=1
a=rtpmap:0 PCMU/8000
a=rtpmap:100 telephone-event/48000
a=rtpmap:101 telephone-event/8000
"""

OPTIONAL = PLAIN.replace("a=ptime", f"a=crypto:4 AES_CM_128_HMAC_SHA1_80 {KEY_80}\na=ptime")
REQUIRED = OPTIONAL.replace("RTP/AVP", "RTP/SAVP")

VIDEO = (
    PLAIN
    + """m=video 54402 RTP/AVP 97
b=AS:512
a=rtpmap:97 H264/90000
a=fmtp:97 profile-level-id=42801F;packetization-mode=1
a=rtcp-fb:97 nack pli
a=candidate:1 1 UDP 1 10.0.0.1 5 typ host
"""
)

FAX = """v=0
o=- 20518 1 IN IP4 203.0.113.1
s=-
c=IN IP4 203.0.113.1
t=0 0
m=image 54400 udptl t38
a=T38FaxVersion:0
a=T38MaxBitRate:14400
a=T38FaxRateManagement:transferredTCF
"""

OURS = Origin("-", "42", "1", "192.0.2.10")


def session(text: str) -> Session:
    return Session.parse(text.encode())


def local(port: int = 20000, host: str = "192.0.2.10") -> LocalMedia:
    """Our side of a line, with RTCP on the next port."""
    return LocalMedia(host, port, port + 1, tuple(Keyring()))


def answer(offer: Session, *formats: str, key: str = "", direction: str = "") -> Session:
    """What a phone answers to `offer`: the rtpmaps of those payload numbers, from 198.51.100.20."""
    line = offer.media[0]
    maps = [value for name, value in line.attributes if name == "rtpmap"]
    kept = [f"a=rtpmap:{value}\n" for value in maps if value.split()[0] in formats]
    return session(
        "v=0\no=callee 1 1 IN IP4 198.51.100.20\ns=-\nc=IN IP4 198.51.100.20\nt=0 0\n"
        f"m={line.kind} 30000 {line.protocol} {' '.join(formats)}\n"
        + "".join(kept)
        + (f"a=crypto:{key}\n" if key else "")
        + (f"a={direction}\n" if direction else "")
    )
