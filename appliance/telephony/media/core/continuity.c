#include "continuity.h"
#include "moment.h"

static bool same_source(const struct continuity *out, struct source source)
{
    return out->live && out->source.key == source.key && out->source.ssrc == source.ssrc;
}

/* The timestamp that belongs to `now` on the stream sent so far. */
static uint32_t timestamp_at(const struct continuity *out, uint32_t clock, uint64_t now)
{
    uint32_t passed = media_units(now - out->at, clock);
    return out->timestamp + (passed ? passed : clock / 50);
}

static void begin(struct continuity *out, const struct rtp *rtp, bool own)
{
    out->live = true;
    out->ssrc = own ? random32() : rtp->ssrc;
    out->sequence_shift = own ? (uint16_t)random32() : 0;
    out->timestamp_shift = own ? random32() : 0;
}

static void splice(struct continuity *out, struct rtp *rtp, uint32_t clock, uint64_t now)
{
    out->sequence_shift = (uint16_t)(out->sequence + 1 - rtp->sequence);
    out->timestamp_shift = timestamp_at(out, clock, now) - rtp->timestamp;
    out->changed = true;
    rtp->marker = true;
}

static void remember(struct continuity *out, const struct rtp *rtp, bool fresh, uint64_t now)
{
    if (fresh || (int16_t)(rtp->sequence - out->sequence) > 0) {
        if (fresh || rtp->timestamp != out->timestamp)
            out->at = now;
        out->sequence = rtp->sequence;
        out->timestamp = rtp->timestamp;
    }
}

void continuity_relay(struct continuity *out, struct rtp *rtp, struct source source,
                      uint32_t clock, bool own, uint64_t now)
{
    bool fresh = !same_source(out, source);
    if (!out->live)
        begin(out, rtp, own);
    else if (fresh)
        splice(out, rtp, clock, now);
    out->source = source;
    out->clock = clock;
    rtp->sequence = (uint16_t)(rtp->sequence + out->sequence_shift);
    rtp->timestamp += out->timestamp_shift;
    rtp->ssrc = out->ssrc;
    remember(out, rtp, fresh, now);
}

void continuity_local(struct continuity *out, struct rtp *rtp, uint64_t key, uint32_t advance,
                      uint32_t clock, uint64_t now)
{
    struct source source = {.key = key, .ssrc = 0};
    bool fresh = !same_source(out, source);
    rtp->timestamp = out->timestamp + advance;
    if (!out->live) {
        out->ssrc = random32();
        out->sequence = (uint16_t)random32();
        rtp->timestamp = random32();
    } else if (fresh) {
        rtp->timestamp = timestamp_at(out, clock, now);
        out->changed = true;
    }
    rtp->marker = rtp->marker || fresh;
    out->live = true;
    out->source = source;
    out->clock = clock;
    rtp->sequence = (uint16_t)(out->sequence + 1);
    rtp->ssrc = out->ssrc;
    remember(out, rtp, fresh, now);
}
