"""Between the words of SDP and the call record and those of the media core."""

from functools import lru_cache

from appliance.model.calls import MediaFigures
from appliance.telephony.media.port import Keys, Payload, StreamSetup, StreamStatistics
from appliance.telephony.sdp.agreement import Agreement
from appliance.telephony.sdp.codec import REMEMBERED, Codec
from appliance.telephony.sdp.crypto import Crypto


def stream_setup(agreement: Agreement) -> StreamSetup:
    return StreamSetup(
        remote=agreement.remote,
        remote_rtcp=agreement.remote_rtcp,
        send=_payloads(agreement.send),
        receive=_payloads(agreement.receive),
        sending=agreement.sending,
        receiving=agreement.receiving,
        send_keys=_keys(agreement.send_keys),
        receive_keys=_keys(agreement.receive_keys),
        rtcp_mux=agreement.rtcp_mux,
        ptime_ms=agreement.ptime_ms,
    )


@lru_cache(maxsize=REMEMBERED)
def _payloads(codecs: tuple[Codec, ...]) -> tuple[Payload, ...]:
    return tuple(Payload(c.number, c.name, c.clock, c.channels) for c in codecs)


def _keys(crypto: Crypto | None) -> Keys | None:
    return None if crypto is None else Keys(crypto.suite, crypto.key)


def media_figures(statistics: StreamStatistics) -> tuple[MediaFigures, MediaFigures]:
    received = MediaFigures(
        statistics.packets_received,
        statistics.bytes_received,
        statistics.lost,
        statistics.jitter_ms,
    )
    sent = MediaFigures(
        statistics.packets_sent,
        statistics.bytes_sent,
        statistics.reported_lost,
        statistics.reported_jitter_ms,
    )
    return received, sent
