/* The RTP header (RFC 3550 § 5.1): read with checks, written in place. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTP_HEADER = 12, PACKET_MAX = 2048, PACKET_ROOM = PACKET_MAX + 256 };

static inline uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, (uint16_t)(v >> 16));
    put16(p + 2, (uint16_t)v);
}

struct rtp {
    uint8_t type; /* payload type */
    bool marker;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    size_t offset, length; /* of the payload, padding left out */
};

/* Where the payload starts, or 0 when the header does not fit. An SRTP packet has this in clear. */
static inline size_t rtp_payload_offset(const uint8_t *p, size_t size)
{
    if (size < RTP_HEADER || p[0] >> 6 != 2)
        return 0;
    size_t offset = RTP_HEADER + 4u * (p[0] & 15u);
    if (p[0] & 0x10) {
        if (size < offset + 4)
            return 0;
        offset += 4u + 4u * get16(p + offset + 2);
    }
    return offset <= size ? offset : 0;
}

static inline bool rtp_parse(const uint8_t *p, size_t size, struct rtp *rtp)
{
    rtp->offset = rtp_payload_offset(p, size);
    if (rtp->offset == 0)
        return false;
    rtp->length = size - rtp->offset;
    if (p[0] & 0x20) {
        size_t padding = rtp->length ? p[size - 1] : 0;
        if (padding == 0 || padding > rtp->length)
            return false;
        rtp->length -= padding;
    }
    rtp->marker = p[1] >> 7;
    rtp->type = p[1] & 127;
    rtp->sequence = get16(p + 2);
    rtp->timestamp = get32(p + 4);
    rtp->ssrc = get32(p + 8);
    return true;
}

static inline void rtp_write(uint8_t *p, const struct rtp *rtp)
{
    p[1] = (uint8_t)((rtp->marker ? 0x80 : 0) | rtp->type);
    put16(p + 2, rtp->sequence);
    put32(p + 4, rtp->timestamp);
    put32(p + 8, rtp->ssrc);
}

/* RTCP on an RTP port (RFC 5761 § 4). */
static inline bool rtp_is_rtcp(const uint8_t *p, size_t size)
{
    return size >= 8 && p[0] >> 6 == 2 && p[1] >= 192 && p[1] <= 223;
}
