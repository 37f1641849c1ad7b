#include "reception.h"
#include "moment.h"
#include <string.h>

enum { DROPOUT = 3000, MISORDER = 100 };
#define NO_BAD 0x10000u

static uint32_t extended(const struct source_reception *s) { return s->cycles + s->highest; }

static int64_t lost_of(const struct source_reception *s)
{
    return s->known ? (int64_t)(extended(s) - s->base + 1) - (int64_t)s->received : 0;
}

static void restart(struct source_reception *s, uint16_t sequence)
{
    s->base = sequence;
    s->highest = sequence;
    s->cycles = 0;
    s->received = 0;
    s->expected_before = 0;
    s->received_before = 0;
    s->bad = NO_BAD;
    s->timed = false;
}

static void settle(struct reception *r, const struct source_reception *s)
{
    int64_t lost = lost_of(s);
    r->lost_before += lost > 0 ? lost : 0;
}

struct source_reception *reception_find(struct reception *r, uint32_t ssrc)
{
    if (r->latest && r->latest->ssrc == ssrc)
        return r->latest;
    for (int i = 0; i < RECEPTION_SOURCES; i++)
        if (r->sources[i].known && r->sources[i].ssrc == ssrc)
            return &r->sources[i];
    return NULL;
}

static struct source_reception *admit(struct reception *r, const struct rtp *rtp)
{
    struct source_reception *oldest = &r->sources[0];
    for (int i = 0; i < RECEPTION_SOURCES; i++)
        if (r->sources[i].last_at < oldest->last_at)
            oldest = &r->sources[i];
    settle(r, oldest);
    memset(oldest, 0, sizeof *oldest);
    oldest->known = true;
    oldest->ssrc = rtp->ssrc;
    restart(oldest, rtp->sequence);
    return oldest;
}

/* Appendix A.1: false for a jump that the next packet has yet to confirm. */
static bool follow(struct reception *r, struct source_reception *s, uint16_t sequence)
{
    uint16_t ahead = (uint16_t)(sequence - s->highest);
    if (ahead < DROPOUT) {
        if (sequence < s->highest)
            s->cycles += 0x10000;
        s->highest = sequence;
    } else if (ahead <= 0x10000 - MISORDER) {
        if (sequence != s->bad) {
            s->bad = (sequence + 1u) & 0xFFFF;
            return false;
        }
        settle(r, s);
        restart(s, sequence);
    }
    s->received++;
    return true;
}

static void measure(struct source_reception *s, uint32_t timestamp, uint32_t clock, uint64_t now)
{
    uint32_t transit = media_units(now, clock) - timestamp;
    if (s->timed && s->clock == clock) {
        int32_t distance = (int32_t)(transit - s->transit);
        double step = distance < 0 ? -(double)distance : (double)distance;
        if (step < 10.0 * clock) /* else the clock itself jumped */
            s->jitter += (step - s->jitter) / 16;
    }
    s->transit = transit;
    s->clock = clock;
    s->timed = true;
}

void reception_note(struct reception *r, const struct rtp *rtp, uint32_t clock, bool timed,
                    uint64_t now)
{
    struct source_reception *s = reception_find(r, rtp->ssrc);
    if (!s)
        s = admit(r, rtp);
    s->last_at = now;
    r->latest = s;
    if (follow(r, s, rtp->sequence) && timed && clock)
        measure(s, rtp->timestamp, clock, now);
}

uint64_t reception_lost(const struct reception *r)
{
    int64_t lost = r->lost_before;
    for (int i = 0; i < RECEPTION_SOURCES; i++) {
        int64_t here = lost_of(&r->sources[i]);
        lost += here > 0 ? here : 0;
    }
    return (uint64_t)lost;
}

uint64_t reception_jitter_us(const struct reception *r)
{
    const struct source_reception *s = r->latest;
    return s && s->clock ? (uint64_t)(s->jitter * 1e6 / s->clock) : 0;
}
