"""G.711 from one law to the other, within a relay (interop 27)."""

from collections.abc import Callable

import numpy as np
import pytest

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.port import Payload

from .conftest import MakeLeg
from .far_end import G722, KEYS, PCMA, PCMU, settled
from .hearing import a_to_linear, mu_to_linear

CODES = bytes(range(256))
Decode = Callable[[bytes], list[int]]


@pytest.mark.parametrize(
    ("here", "there", "decode_here", "decode_there"),
    [(PCMU, PCMA, mu_to_linear, a_to_linear), (PCMA, PCMU, a_to_linear, mu_to_linear)],
)
async def test_interop_27_each_law_becomes_the_other(
    media: NativeMedia,
    make_leg: MakeLeg,
    here: Payload,
    there: Payload,
    decode_here: Decode,
    decode_there: Decode,
) -> None:
    one, two = make_leg(here, KEYS), make_leg(there, KEYS)
    one.stream.connect(two.stream)
    await settled(media)
    one.far_end.say(one.stream, CODES, here.number)
    heard = await two.far_end.hear()
    assert heard.type == there.number
    sent, got = np.array(decode_here(CODES)), np.array(decode_there(heard.payload))
    # Within one step of the coarser law: 1/32 of the sample, or the smallest step.
    assert np.all(np.abs(sent - got) <= np.maximum(np.abs(sent) / 16, 16))
    assert np.all((sent >= 0) == (got >= 0))
    assert one.stream.statistics().rejected == 0


async def test_shared_law_passes_bit_by_bit(media: NativeMedia, make_leg: MakeLeg) -> None:
    one, two = make_leg(PCMA, PCMU), make_leg(PCMU, PCMA)
    one.stream.connect(two.stream)
    await settled(media)
    for payload in (PCMA, PCMU):
        one.far_end.say(one.stream, CODES, payload.number)
        heard = await two.far_end.hear()
        assert (heard.type, heard.payload) == (payload.number, CODES)


async def test_g722_is_not_transcoded(media: NativeMedia, make_leg: MakeLeg) -> None:
    one, two = make_leg(G722), make_leg(PCMU)
    one.stream.connect(two.stream)
    await settled(media)
    one.far_end.say(one.stream, CODES, 9)
    assert await two.far_end.hears_nothing()
