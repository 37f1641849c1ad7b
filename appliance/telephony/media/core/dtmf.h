/* Telephone events (RFC 4733): heard, and queued to be said. */
#pragma once
#include "rtp.h"

enum { EVENT_SIZE = 4, KEYS = 16, MOUTH_QUEUE = 32 };

/* Hears keys of one stream; a key is reported once, at its release. */
struct ear {
    bool pressed, begun;
    uint8_t key;
    uint32_t timestamp, duration, carried, clock; /* carried: earlier segments of a long event */
    uint64_t heard_at;
};

struct key_press {
    uint8_t key;
    uint32_t duration_ms;
};

/* Takes one event packet; true when `press` was released by it. */
bool ear_hear(struct ear *ear, const struct rtp *rtp, const uint8_t *payload, uint32_t clock,
              uint64_t now, struct key_press *press);
/* True when a key is held whose packets stopped coming (all three ends lost). */
bool ear_timeout(struct ear *ear, uint64_t now, struct key_press *press);

enum mouth_state { MOUTH_IDLE, MOUTH_EVENT, MOUTH_END, MOUTH_PAUSE, MOUTH_TONE };

/* Says queued keys one after the other. */
struct mouth {
    struct key_press queue[MOUTH_QUEUE];
    uint8_t first, count;
    enum mouth_state state;
    uint32_t elapsed_ms, repeats;
    uint64_t key; /* the source's key toward continuity */
};

bool mouth_queue(struct mouth *mouth, struct key_press press);
static inline bool mouth_busy(const struct mouth *mouth)
{
    return mouth->state != MOUTH_IDLE || mouth->count > 0;
}
struct key_press mouth_current(const struct mouth *mouth);
void mouth_next(struct mouth *mouth);
/* RFC 4733 § 2.3, ten below full scale. */
void event_write(uint8_t *payload, uint8_t key, bool end, uint32_t duration);
