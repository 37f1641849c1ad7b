#include "stream.h"
#include "engine.h"
#include "moment.h"
#include "tally.h"
#include <stdlib.h>
#include <unistd.h>

#define LATCH_WINDOW (10 * SECOND)
#define RTCP_WINDOW (30 * SECOND)
#define FIRST_REPORT (5 * SECOND) /* a far end that reports itself comes first */

static struct address local_of(int fd)
{
    struct address a = {.length = sizeof a.to};
    if (fd < 0 || getsockname(fd, &a.to.any, &a.length) < 0)
        a.length = 0;
    return a;
}

struct bv_stream *bv_stream_new(struct bv_engine *engine, uint64_t key, int fd, int rtcp_fd)
{
    struct bv_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->engine = engine;
    s->key = key;
    s->udptl = rtcp_fd < 0;
    s->media = (struct wire){.fd = fd, .kind = s->udptl ? WIRE_UDPTL : WIRE_RTP, .stream = s};
    s->control = (struct wire){.fd = rtcp_fd, .kind = WIRE_RTCP, .stream = s};
    s->media.local = local_of(fd);
    s->control.local = local_of(rtcp_fd);
    s->cname = (uint64_t)random32() << 32 | random32();
    s->talker = TALKER_NONE;
    return s;
}

void bv_stream_free(struct bv_stream *s) { free(s); }

struct bv_stream *stream_target(struct bv_stream *s)
{
    return s->mode == MODE_RELAY ? s->other : s->mode == MODE_ECHO ? s : NULL;
}

bool stream_talking(const struct bv_stream *s) { return s->player.active || mouth_busy(&s->mouth); }

const struct bv_payload *stream_voice(const struct bv_stream *s)
{
    for (int i = 0; i < s->setup.send_count; i++)
        if (s->setup.send[i].kind == BV_PCMU || s->setup.send[i].kind == BV_PCMA)
            return &s->setup.send[i];
    return NULL;
}

const struct bv_payload *stream_events(const struct bv_stream *s, uint32_t clock)
{
    const struct bv_payload *any = NULL;
    for (int i = 0; i < s->setup.send_count; i++) {
        const struct bv_payload *p = &s->setup.send[i];
        if (p->kind == BV_EVENT && (p->clock == clock || !any))
            any = p;
    }
    return any;
}

/* ── routes ─────────────────────────────────────────────────────────────────────────────── */

static const struct bv_payload *find(const struct bv_payload *list, int count, int number)
{
    for (int i = 0; i < count; i++)
        if (list[i].number == number)
            return &list[i];
    return NULL;
}

/* What `number` means on arrival: what we offered, else what a phone calls it in its own SDP. */
static const struct bv_payload *payload_in(const struct bv_stream *s, int number)
{
    const struct bv_payload *p = find(s->setup.receive, s->setup.receive_count, number);
    return p ? p : find(s->setup.send, s->setup.send_count, number);
}

/* The far end's payload of this codec; the same number first, as RTX and profiles go by number. */
static const struct bv_payload *payload_out(const struct bv_stream *s, const struct bv_payload *in)
{
    const struct bv_payload *found = NULL;
    for (int i = 0; i < s->setup.send_count; i++) {
        const struct bv_payload *p = &s->setup.send[i];
        if (p->codec == in->codec && (!found || p->number == in->number))
            found = p;
    }
    return found;
}

static struct route route_of(const struct bv_stream *to, const struct bv_payload *in)
{
    const struct bv_payload *out = payload_out(to, in);
    if (out)
        return (struct route){ROUTE_PASS, out->number};
    const struct bv_payload *voice = stream_voice(to);
    if (in->kind == BV_EVENT && (voice || stream_events(to, 8000)))
        return (struct route){ROUTE_KEYS, 0};
    if ((in->kind == BV_PCMU || in->kind == BV_PCMA) && voice)
        return (struct route){ROUTE_CROSS, voice->number};
    return (struct route){ROUTE_DROP, 0};
}

static void plan(struct bv_stream *s)
{
    const struct bv_stream *to = stream_target(s);
    for (int number = 0; number < 128; number++) {
        const struct bv_payload *in = payload_in(s, number);
        s->meanings[number] = in ? (struct meaning){in->kind, true, in->clock} : (struct meaning){0};
        s->routes[number] = in && to ? route_of(to, in) : (struct route){ROUTE_DROP, 0};
    }
}

static void plan_both(struct bv_stream *s)
{
    plan(s);
    if (s->mode == MODE_RELAY && s->other)
        plan(s->other);
}

/* ── commands ───────────────────────────────────────────────────────────────────────────── */

static void configure(struct bv_stream *s, const struct bv_setup *setup, uint64_t now)
{
    struct address remote = address_from(&setup->remote);
    struct address control = address_from(&setup->remote_rtcp);
    s->setup = *setup;
    latch_open(&s->media.latch, &remote, now, LATCH_WINDOW);
    latch_open(&s->control.latch, &control, now, RTCP_WINDOW);
    if (!s->configured) {
        tally_set(&s->heard_at, now);
        s->report_due = now + FIRST_REPORT;
    }
    s->configured = true;
    plan_both(s);
}

static void part(struct bv_stream *s)
{
    struct bv_stream *other = s->mode == MODE_RELAY ? s->other : NULL;
    s->mode = MODE_IDLE;
    s->other = NULL;
    plan(s);
    if (other) {
        other->mode = MODE_IDLE;
        other->other = NULL;
        plan(other);
    }
}

static void quiet(struct bv_stream *s) { s->player.active = false; }

static void join(struct bv_stream *s, struct bv_stream *other)
{
    part(s);
    part(other);
    quiet(s);
    quiet(other);
    s->mode = other->mode = MODE_RELAY;
    s->other = other;
    other->other = s;
    plan_both(s);
}

static void echo(struct bv_stream *s)
{
    part(s);
    quiet(s);
    s->mode = MODE_ECHO;
    plan(s);
}

static void play(struct bv_stream *s, const struct bv_command *command, uint64_t now)
{
    player_start(&s->player, &command->sound);
    s->sound_token = command->token;
    s->sound_key = engine_local_key(s->engine);
    if (s->talker == TALKER_NONE)
        s->due = now;
    engine_talk(s);
}

static void say(struct bv_stream *s, const struct bv_command *command, uint64_t now)
{
    struct key_press press = {.key = command->digit, .duration_ms = command->duration_ms};
    engine_say(s, press, now);
}

static void leave(struct bv_stream *s)
{
    part(s);
    quiet(s);
    s->mouth.count = 0;
    s->mouth.state = MOUTH_IDLE;
    s->recording = NULL;
    engine_remove(s);
}

void stream_command(struct bv_command *c, uint64_t now)
{
    switch ((enum bv_command_kind)c->kind) {
    case BV_OPEN: engine_add(c->stream); break;
    case BV_CONFIGURE: configure(c->stream, &c->setup, now); break;
    case BV_CONNECT: join(c->stream, c->other); break;
    case BV_DISCONNECT: part(c->stream); break;
    case BV_ECHO: echo(c->stream); break;
    case BV_PLAY: play(c->stream, c, now); break;
    case BV_STOP_SOUND: quiet(c->stream); break;
    case BV_SEND_DTMF: say(c->stream, c, now); break;
    case BV_RECORD: c->stream->recording = c->recording; break;
    case BV_STOP_RECORDING: c->stream->recording = NULL; break;
    case BV_CLOSE: leave(c->stream); break;
    case BV_STOP_ENGINE: break; /* the engine's own */
    }
}

void bv_stream_statistics(const struct bv_stream *s, struct bv_statistics *out)
{
    const uint64_t *from = (const uint64_t *)(const void *)&s->tally;
    uint64_t *to = (uint64_t *)(void *)out;
    for (size_t i = 0; i < sizeof *out / sizeof *to; i++)
        to[i] = tally_get(&from[i]);
    uint64_t heard = tally_get(&s->heard_at), now = now_ns();
    out->silent_us = heard && now > heard ? (now - heard) / 1000 : 0;
}
