#include "rtcp.h"
#include "moment.h"
#include <stdio.h>
#include <string.h>

enum { SR = 200, RR = 201, SDES = 202, BYE = 203, RTPFB = 205, PSFB = 206, BLOCK = 24 };

static size_t length_of(const uint8_t *part) { return 4u + 4u * get16(part + 2); }

bool rtcp_valid(const uint8_t *packet, size_t size)
{
    /* A lone feedback packet is allowed too (RFC 5506). */
    if (size < 8 || packet[0] >> 6 != 2 || packet[1] < 192 || packet[1] > 223)
        return false;
    size_t at = 0;
    while (at + 4 <= size && packet[at] >> 6 == 2 && at + length_of(packet + at) <= size)
        at += length_of(packet + at);
    return at == size;
}

/* The first report block of an SR or RR and how many fit; NULL for other parts. */
static uint8_t *blocks_of(uint8_t *part, unsigned *count)
{
    size_t head = part[1] == SR ? 28 : 8, size = length_of(part);
    if ((part[1] != SR && part[1] != RR) || size < head)
        return NULL;
    size_t fit = (size - head) / BLOCK;
    *count = (part[0] & 31u) < fit ? part[0] & 31u : (unsigned)fit;
    return part + head;
}

static bool is_sender_report(const uint8_t *part) { return part[1] == SR && length_of(part) >= 28; }

static void time_echo(struct rtcp_news *news, const uint8_t *block,
                      const struct sent_reports *sent, uint64_t now)
{
    uint32_t middle = get32(block + 16);
    uint64_t held = (uint64_t)get32(block + 20) * SECOND >> 16;
    for (int i = 0; middle && i < SENT_REPORTS; i++)
        if (sent->middle[i] == middle && now - sent->at[i] >= held) {
            news->timed = true;
            news->round_trip_ns = now - sent->at[i] - held;
        }
}

static void study_blocks(struct rtcp_news *news, uint8_t *part, uint32_t ssrc,
                         const struct sent_reports *sent, uint64_t now)
{
    unsigned count = 0;
    uint8_t *block = blocks_of(part, &count);
    for (; block && count; count--, block += BLOCK) {
        if (get32(block) != ssrc)
            continue;
        int32_t lost = (int32_t)(get32(block + 4) << 8) >> 8;
        news->reported = true;
        news->lost = lost > 0 ? (uint32_t)lost : 0;
        news->jitter = get32(block + 12);
        time_echo(news, block, sent, now);
    }
}

struct rtcp_news rtcp_study(const uint8_t *packet, size_t size, uint32_t ssrc,
                            struct reception *reception, const struct sent_reports *sent,
                            uint64_t now)
{
    struct rtcp_news news = {0};
    for (size_t at = 0; at + 4 <= size; at += length_of(packet + at)) {
        const uint8_t *part = packet + at;
        struct source_reception *s = NULL;
        if (is_sender_report(part) && (s = reception_find(reception, get32(part + 4)))) {
            s->last_sr = get32(part + 10);
            s->last_sr_at = now;
        }
        study_blocks(&news, (uint8_t *)(uintptr_t)part, ssrc, sent, now);
    }
    return news;
}

static void rename_sender(uint8_t *ssrc, const struct continuity *out)
{
    if (get32(ssrc) == out->source.ssrc)
        put32(ssrc, out->ssrc);
}

static void rename_block(uint8_t *block, const struct continuity *back)
{
    if (get32(block) != back->ssrc)
        return;
    uint32_t highest = get32(block + 8), low = highest & 0xFFFF;
    uint32_t cycles = (highest >> 16) - (low < back->sequence_shift ? 1 : 0);
    put32(block, back->source.ssrc);
    put32(block + 8, cycles << 16 | ((low - back->sequence_shift) & 0xFFFF));
}

static void translate_part(uint8_t *part, const struct continuity *out,
                           const struct continuity *back)
{
    size_t size = length_of(part);
    unsigned count = 0;
    if (size >= 8)
        rename_sender(part + 4, out);
    if (is_sender_report(part) && get32(part + 4) == out->ssrc)
        put32(part + 16, get32(part + 16) + out->timestamp_shift);
    for (uint8_t *block = blocks_of(part, &count); block && count; count--, block += BLOCK)
        rename_block(block, back);
    bool feedback = part[1] == RTPFB || part[1] == PSFB;
    if (feedback && size >= 12 && get32(part + 8) == back->ssrc)
        put32(part + 8, back->source.ssrc);
}

size_t rtcp_translate(uint8_t *packet, size_t size, const struct continuity *out,
                      const struct continuity *back)
{
    size_t at = 0;
    while (at + 4 <= size) {
        size_t length = length_of(packet + at);
        if (packet[at + 1] == BYE) {
            memmove(packet + at, packet + at + length, size - at - length);
            size -= length;
            continue;
        }
        translate_part(packet + at, out, back);
        at += length;
    }
    return size;
}

void rtcp_note_sent(struct sent_reports *sent, const uint8_t *packet, size_t size, uint64_t now)
{
    for (size_t at = 0; at + 4 <= size; at += length_of(packet + at)) {
        if (!is_sender_report(packet + at))
            continue;
        sent->middle[sent->next] = get32(packet + at + 10);
        sent->at[sent->next] = now;
        sent->next = (uint8_t)((sent->next + 1) % SENT_REPORTS);
    }
}

static void write_block(uint8_t *block, struct source_reception *s, uint64_t now)
{
    uint32_t highest = s->cycles + s->highest, expected = highest - s->base + 1;
    int64_t lost = (int64_t)expected - (int64_t)s->received;
    uint32_t expected_now = expected - s->expected_before;
    int64_t lost_now = (int64_t)expected_now - (int64_t)(s->received - s->received_before);
    s->expected_before = expected;
    s->received_before = s->received;
    if (lost > 0x7FFFFF)
        lost = 0x7FFFFF;
    put32(block, s->ssrc);
    put32(block + 4, (uint32_t)lost & 0xFFFFFF);
    block[4] = expected_now && lost_now > 0 ? (uint8_t)((lost_now << 8) / expected_now) : 0;
    put32(block + 8, highest);
    put32(block + 12, (uint32_t)s->jitter);
    put32(block + 16, s->last_sr);
    put32(block + 20, s->last_sr ? (uint32_t)(((now - s->last_sr_at) << 16) / SECOND) : 0);
}

static size_t write_sender(uint8_t *at, const struct continuity *out, uint64_t packets,
                           uint64_t octets, uint64_t now)
{
    uint64_t ntp = now_ntp();
    put32(at, (uint32_t)(ntp >> 32));
    put32(at + 4, (uint32_t)ntp);
    put32(at + 8, out->timestamp + media_units(now - out->at, out->clock));
    put32(at + 12, (uint32_t)packets);
    put32(at + 16, (uint32_t)octets);
    return 20;
}

static size_t write_sdes(uint8_t *part, uint32_t ssrc, uint64_t cname)
{
    char name[17];
    snprintf(name, sizeof name, "%016llx", (unsigned long long)cname);
    memset(part, 0, 28);
    part[0] = 0x81;
    part[1] = SDES;
    put16(part + 2, 6);
    put32(part + 4, ssrc);
    part[8] = 1;
    part[9] = 16;
    memcpy(part + 10, name, 16);
    return 28;
}

size_t rtcp_report(uint8_t *packet, const struct continuity *out, uint64_t packets, uint64_t octets,
                   struct source_reception *heard, uint64_t cname, uint64_t now)
{
    size_t at = 8;
    packet[0] = (uint8_t)(0x80 | (heard ? 1 : 0));
    packet[1] = packets ? SR : RR;
    put32(packet + 4, out->ssrc);
    if (packets)
        at += write_sender(packet + at, out, packets, octets, now);
    if (heard) {
        write_block(packet + at, heard, now);
        at += BLOCK;
    }
    put16(packet + 2, (uint16_t)(at / 4 - 1));
    return at + write_sdes(packet + at, out->ssrc, cname);
}
