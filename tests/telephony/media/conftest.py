"""A running media core, far ends, and streams that are set up with them."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from appliance.telephony.media.native import NativeMedia
from appliance.telephony.media.native_stream import NativeStream
from appliance.telephony.media.port import MediaEvent, Payload

from .far_end import HOST, FarEnd, settled


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def media(anyio_backend: str) -> AsyncIterator[NativeMedia]:
    core = NativeMedia((21000, 21999), silence_seconds=1.0)
    core.start()
    yield core
    core.stop()


@pytest.fixture
def far_ends() -> Iterator[Callable[[], FarEnd]]:
    made: list[FarEnd] = []

    def make(ssrc: int = 0x1234) -> FarEnd:
        made.append(FarEnd(ssrc=ssrc))
        return made[-1]

    yield make
    for far_end in made:
        far_end.close()


class Leg:
    """A stream, its far end and the events that it told."""

    def __init__(self, media: NativeMedia, far_end: FarEnd) -> None:
        self.events: list[MediaEvent] = []
        self.far_end = far_end
        self.stream: NativeStream = media.open(HOST, self.events.append)


MakeLeg = Callable[..., Leg]


@pytest.fixture
def make_leg(media: NativeMedia, far_ends: Callable[..., FarEnd]) -> MakeLeg:
    """A leg that is configured with the payloads given (G.711 µ-law and keys by default)."""
    count = iter(range(1, 1000))

    def make(*payloads: Payload, **more: object) -> Leg:
        leg = Leg(media, far_ends(0x1000 * next(count)))
        leg.stream.configure(leg.far_end.setup(*payloads, **more))
        return leg

    return make


@pytest.fixture
async def bridge(media: NativeMedia, make_leg: MakeLeg) -> tuple[Leg, Leg]:
    """Two G.711 legs, connected."""
    first, second = make_leg(), make_leg()
    first.stream.connect(second.stream)
    await settled(media)
    return first, second
