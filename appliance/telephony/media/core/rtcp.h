/* RTCP compound packets (RFC 3550 § 6): checked, read, translated between two sources, written. */
#pragma once
#include "continuity.h"
#include "reception.h"

enum { SENT_REPORTS = 4 };

/* Sender reports that went to one far end, to time their echo in its reports. */
struct sent_reports {
    uint32_t middle[SENT_REPORTS];
    uint64_t at[SENT_REPORTS];
    uint8_t next;
};

/* What one far end's reports said about us. */
struct rtcp_news {
    bool reported, timed;
    uint32_t lost, jitter; /* jitter in the media clock's units */
    uint64_t round_trip_ns;
};

/* Whether lengths and first type are those of a compound packet (appendix A.2). */
bool rtcp_valid(const uint8_t *packet, size_t size);
/* Reads the reports of `packet` about `ssrc`, and the sender's times into `reception`. */
struct rtcp_news rtcp_study(const uint8_t *packet, size_t size, uint32_t ssrc,
                            struct reception *reception, const struct sent_reports *sent,
                            uint64_t now);
/* Renames what `out` renamed (the sender) and what `back` renamed (the source reported on), and
 * cuts a BYE, whose source may be followed by another. Returns the new size. */
size_t rtcp_translate(uint8_t *packet, size_t size, const struct continuity *out,
                      const struct continuity *back);
/* Keeps when the sender reports in `packet` leave. */
void rtcp_note_sent(struct sent_reports *sent, const uint8_t *packet, size_t size, uint64_t now);
/* Writes SR or RR with SDES. `packets` 0 makes an RR. At least 100 octets of room. */
size_t rtcp_report(uint8_t *packet, const struct continuity *out, uint64_t packets, uint64_t octets,
                   struct source_reception *heard, uint64_t cname, uint64_t now);
