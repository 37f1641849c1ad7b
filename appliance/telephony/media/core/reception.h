/* What one stream receives, source by source: loss from extended sequence numbers and jitter
 * (RFC 3550 § 6.4.1, appendices A.1, A.3, A.8). */
#pragma once
#include "rtp.h"

enum { RECEPTION_SOURCES = 4 };

struct source_reception {
    uint32_t ssrc;
    bool known;
    uint16_t highest;
    uint32_t cycles, base, received, bad; /* bad: the sequence that would confirm a restart */
    uint32_t expected_before, received_before; /* at the last report of ours */
    uint32_t last_sr; /* middle 32 bits of the far end's NTP time, 0: none */
    uint64_t last_sr_at, last_at;
    uint32_t transit, clock;
    double jitter; /* in units of `clock` */
    bool timed;
};

struct reception {
    struct source_reception sources[RECEPTION_SOURCES];
    struct source_reception *latest;
    int64_t lost_before; /* of sources that were replaced */
};

/* Counts a packet. `timed` false leaves jitter alone (telephone events share one timestamp). */
void reception_note(struct reception *reception, const struct rtp *rtp, uint32_t clock, bool timed,
                    uint64_t now);
struct source_reception *reception_find(struct reception *reception, uint32_t ssrc);
uint64_t reception_lost(const struct reception *reception);
uint64_t reception_jitter_us(const struct reception *reception);
