#include "dtmf.h"
#include "moment.h"

#define LOST_END (300 * MILLISECOND)
#define LONGEST 0xFFFFu

static struct key_press released(struct ear *ear)
{
    uint64_t units = (uint64_t)ear->carried + ear->duration;
    ear->pressed = false;
    return (struct key_press){.key = ear->key, .duration_ms = (uint32_t)(units * 1000 / ear->clock)};
}

static void press_down(struct ear *ear, const struct rtp *rtp, uint8_t key, uint32_t clock)
{
    ear->begun = true;
    ear->pressed = true;
    ear->key = key;
    ear->timestamp = rtp->timestamp;
    ear->duration = 0;
    ear->carried = 0;
    ear->clock = clock ? clock : 8000;
}

/* RFC 4733 § 2.5.1.3: an event longer than the field goes on in a segment that starts where it
 * ended. */
static bool next_segment(const struct ear *ear, const struct rtp *rtp, uint8_t key)
{
    return ear->pressed && key == ear->key && ear->duration >= LONGEST - 2000 &&
           rtp->timestamp - ear->timestamp == ear->duration;
}

bool ear_hear(struct ear *ear, const struct rtp *rtp, const uint8_t *payload, uint32_t clock,
              uint64_t now, struct key_press *press)
{
    uint8_t key = payload[0];
    uint16_t duration = get16(payload + 2);
    bool end = payload[1] >> 7, report = false;
    if (key >= KEYS)
        return false;
    if (ear->begun && rtp->timestamp != ear->timestamp) {
        if ((int32_t)(rtp->timestamp - ear->timestamp) < 0 && now - ear->heard_at < SECOND)
            return false; /* a straggler of an earlier key */
        if (next_segment(ear, rtp, key)) {
            ear->carried += ear->duration;
            ear->timestamp = rtp->timestamp;
            ear->duration = 0;
        } else {
            if (ear->pressed) {
                *press = released(ear);
                report = true;
            }
            press_down(ear, rtp, key, clock);
        }
    } else if (!ear->begun) {
        press_down(ear, rtp, key, clock);
    }
    ear->heard_at = now;
    if (!ear->pressed)
        return false; /* one more of the three ends */
    if (duration > ear->duration)
        ear->duration = duration;
    if (!end || report) /* should both fall together, the timeout reports the second key */
        return report;
    *press = released(ear);
    return true;
}

bool ear_timeout(struct ear *ear, uint64_t now, struct key_press *press)
{
    if (!ear->pressed || now - ear->heard_at < LOST_END)
        return false;
    *press = released(ear);
    return true;
}

bool mouth_queue(struct mouth *mouth, struct key_press press)
{
    if (mouth->count == MOUTH_QUEUE)
        return false;
    mouth->queue[(mouth->first + mouth->count++) % MOUTH_QUEUE] = press;
    return true;
}

struct key_press mouth_current(const struct mouth *mouth) { return mouth->queue[mouth->first]; }

void mouth_next(struct mouth *mouth)
{
    mouth->first = (uint8_t)((mouth->first + 1) % MOUTH_QUEUE);
    mouth->count--;
    mouth->state = MOUTH_IDLE;
}

void event_write(uint8_t *payload, uint8_t key, bool end, uint32_t duration)
{
    payload[0] = key;
    payload[1] = (uint8_t)((end ? 0x80 : 0) | 10);
    put16(payload + 2, (uint16_t)(duration > LONGEST ? LONGEST : duration));
}
