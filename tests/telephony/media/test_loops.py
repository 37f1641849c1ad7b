"""An SDP that names a media port of the box itself makes no packet go round for ever."""

import asyncio
from dataclasses import replace

from appliance.telephony.media.native import NativeMedia

from .conftest import MakeLeg
from .far_end import HOST, PCMU, settled


async def test_two_echoes_that_are_sent_to_each_other(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    one, two = make_leg(PCMU), make_leg(PCMU)
    setup = one.far_end.setup(PCMU)
    for leg in (one, two):
        leg.stream.echo()
    two.stream.configure(replace(setup, remote=(HOST, one.stream.port)))
    one.far_end.say(one.stream)
    await one.far_end.hear()
    one.stream.configure(replace(setup, remote=(HOST, two.stream.port)))
    await settled(media)
    for _ in range(3):
        one.far_end.say(one.stream)
    await asyncio.sleep(0.2)
    assert one.stream.statistics().packets_received <= 4


async def test_a_port_that_was_given_back_is_a_phone_s_again(
    media: NativeMedia, make_leg: MakeLeg
) -> None:
    closed = media.open(HOST, lambda _event: None)
    assert media.is_own((HOST, closed.port))
    assert media.is_own((HOST, closed.rtcp_port))
    closed.close()
    assert not media.is_own((HOST, closed.port))
