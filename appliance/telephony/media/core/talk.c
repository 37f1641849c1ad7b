#include "talk.h"
#include "engine.h"
#include "farend.h"
#include "g711.h"
#include "moment.h"

enum { EVENT_STEP_MS = 20, PAUSE_MS = 40, TONE_PAUSE_MS = 60, RATE = 8, FRAME_MS = 60 };
#define TICK (10 * MILLISECOND)
#define STALL (200 * MILLISECOND)

static uint32_t frame_ms(const struct bv_stream *s)
{
    uint32_t ms = s->setup.ptime_ms ? (s->setup.ptime_ms + 5u) / 10 * 10 : 20;
    return ms < 10 ? 10 : ms > FRAME_MS ? FRAME_MS : ms;
}

static void send_samples(struct bv_stream *s, uint64_t key, const int16_t *samples, size_t count,
                         uint64_t now)
{
    uint8_t packet[PACKET_ROOM] __attribute__((aligned(8))) = {0x80};
    const struct bv_payload *voice = stream_voice(s);
    if (!voice || !farend_open(s))
        return;
    struct rtp rtp = {.type = voice->number};
    continuity_local(&s->out, &rtp, key, (uint32_t)count, voice->clock, now);
    rtp_write(packet, &rtp);
    g711_encode(voice->kind, samples, packet + RTP_HEADER, count);
    farend_send_rtp(s, packet, RTP_HEADER + count, now);
}

static void play_frame(struct bv_stream *s, uint32_t ms, uint64_t now)
{
    int16_t samples[FRAME_MS * RATE];
    bool more = player_fill(&s->player, samples, ms * RATE);
    send_samples(s, s->sound_key, samples, ms * RATE, now);
    if (more)
        return;
    s->player.active = false;
    struct bv_event ended = {.stream = s->key, .kind = BV_SOUND_ENDED,
                             .sound = s->sound_token};
    engine_tell(s->engine, &ended);
}

/* ── keys ───────────────────────────────────────────────────────────────────────────────── */

static void send_event(struct bv_stream *s, const struct bv_payload *events, uint64_t now)
{
    uint8_t packet[PACKET_ROOM] __attribute__((aligned(8))) = {0x80};
    struct key_press press = mouth_current(&s->mouth);
    bool first = s->mouth.elapsed_ms == EVENT_STEP_MS;
    struct rtp rtp = {.type = events->number, .marker = first};
    if (!farend_open(s))
        return;
    continuity_local(&s->out, &rtp, s->mouth.key, 0, events->clock, now);
    rtp_write(packet, &rtp);
    event_write(packet + RTP_HEADER, press.key, s->mouth.state == MOUTH_END,
                s->mouth.elapsed_ms * (events->clock / 1000));
    farend_send_rtp(s, packet, RTP_HEADER + EVENT_SIZE, now);
}

static void begin_key(struct bv_stream *s)
{
    struct key_press press = mouth_current(&s->mouth);
    s->mouth.elapsed_ms = 0;
    s->mouth.repeats = 0;
    s->mouth.key = engine_local_key(s->engine);
    if (stream_events(s, 8000)) {
        s->mouth.state = MOUTH_EVENT;
        return;
    }
    struct bv_sound tone = sound_of_key(press.key, (uint64_t)press.duration_ms * RATE);
    player_start(&s->key_tone, &tone);
    s->mouth.state = MOUTH_TONE;
}

static void step_event(struct bv_stream *s, uint64_t now)
{
    struct mouth *mouth = &s->mouth;
    const struct bv_payload *events = stream_events(s, 8000);
    if (!events) {
        mouth_next(mouth); /* a new offer took them away in the middle */
        return;
    }
    if (mouth->state == MOUTH_EVENT) {
        mouth->elapsed_ms += EVENT_STEP_MS;
        if (mouth->elapsed_ms >= mouth_current(mouth).duration_ms)
            mouth->state = MOUTH_END;
    }
    send_event(s, events, now);
    if (mouth->state == MOUTH_END && ++mouth->repeats == 3) {
        mouth->state = MOUTH_PAUSE;
        mouth->elapsed_ms = 0;
    }
}

static void step_tone(struct bv_stream *s, uint64_t now)
{
    int16_t samples[EVENT_STEP_MS * RATE];
    if (!player_fill(&s->key_tone, samples, EVENT_STEP_MS * RATE))
        s->mouth.elapsed_ms += EVENT_STEP_MS; /* of the silence behind the tone */
    send_samples(s, s->mouth.key, samples, EVENT_STEP_MS * RATE, now);
    if (s->mouth.elapsed_ms > TONE_PAUSE_MS)
        mouth_next(&s->mouth);
}

static void step_key(struct bv_stream *s, uint64_t now)
{
    if (s->mouth.state == MOUTH_IDLE)
        begin_key(s);
    switch (s->mouth.state) {
    case MOUTH_IDLE: break;
    case MOUTH_EVENT:
    case MOUTH_END: step_event(s, now); break;
    case MOUTH_TONE: step_tone(s, now); break;
    case MOUTH_PAUSE:
        s->mouth.elapsed_ms += EVENT_STEP_MS;
        if (s->mouth.elapsed_ms >= PAUSE_MS)
            mouth_next(&s->mouth);
        break;
    }
}

bool talk_step(struct bv_stream *s, uint64_t now)
{
    if (now > s->due + STALL)
        s->due = now;
    while (stream_talking(s) && s->due <= now + TICK / 10) {
        bool key = mouth_busy(&s->mouth);
        uint32_t ms = key ? EVENT_STEP_MS : frame_ms(s);
        if (key)
            step_key(s, now);
        else
            play_frame(s, ms, now);
        s->due += ms * MILLISECOND;
    }
    return stream_talking(s);
}
