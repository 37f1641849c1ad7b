/* One unbroken RTP stream toward a far end, whatever its sources (RFC 3550 § 5.1).
 *
 * The first relayed source passes as it is. When the source changes, SSRC, sequence and timestamp
 * go on from what was sent, and the marker bit says so. Two packets of one source keep their
 * distance, so loss and order stay visible. Video is not rewritten at all: its SSRCs (RTX, layers)
 * carry meaning, and the feedback names them. */
#pragma once
#include "rtp.h"

struct source {
    uint64_t key; /* of the stream relayed from, or of a local sound */
    uint32_t ssrc;
};

struct continuity {
    bool live, changed; /* changed: a source came that was not the one before */
    struct source source;
    uint16_t sequence_shift, sequence;
    uint32_t timestamp_shift, timestamp, ssrc, clock;
    uint64_t at; /* when `timestamp` was first sent */
};

/* Rewrites a relayed packet's header. `own` refuses the source's SSRC (echo). */
void continuity_relay(struct continuity *out, struct rtp *rtp, struct source source,
                      uint32_t clock, bool own, uint64_t now);
/* The header of a packet of a local sound, `advance` units after the packet before. */
void continuity_local(struct continuity *out, struct rtp *rtp, uint64_t key, uint32_t advance,
                      uint32_t clock, uint64_t now);
