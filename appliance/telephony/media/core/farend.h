/* Toward a stream's far end: the only place that sends. */
#pragma once
#include "stream.h"

/* Whether anything may leave: told to send, and an address that is none of 0.0.0.0. */
bool farend_open(const struct bv_stream *stream);
/* Sends a finished RTP packet of `size` octets in a buffer of PACKET_ROOM, encrypting in place. */
void farend_send_rtp(struct bv_stream *stream, uint8_t *packet, size_t size, uint64_t now);
void farend_send_rtcp(struct bv_stream *stream, uint8_t *packet, size_t size, uint64_t now);
void farend_send_udptl(struct bv_stream *stream, const uint8_t *packet, size_t size);
/* Our own report, where nobody's is forwarded. */
void farend_report(struct bv_stream *stream, uint64_t now);
