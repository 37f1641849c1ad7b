#include "relay.h"
#include "engine.h"
#include "farend.h"
#include "g711.h"
#include "moment.h"
#include "tally.h"

struct arrival {
    struct wire *wire;
    struct bv_stream *stream;
    struct address from;
    uint64_t now;
    size_t size;
    uint8_t packet[PACKET_ROOM] __attribute__((aligned(8)));
};

static void reject(struct bv_stream *s)
{
    tally_add(&s->tally.rejected, 1);
    engine_count(s->engine, TOTAL_REJECTED);
}

static void accept_packet(struct bv_stream *s, uint64_t now)
{
    tally_set(&s->heard_at, now);
    if (!s->silent)
        return;
    s->silent = false;
    struct bv_event resumed = {.stream = s->key, .kind = BV_RESUMED};
    engine_tell(s->engine, &resumed);
}

static bool unprotect(struct arrival *a, uintptr_t function)
{
    int size = (int)a->size;
    if (!a->stream->setup.srtp_in)
        return true;
    if (bv_srtp_call(function, a->stream->setup.srtp_in, a->packet, &size) != 0 || size < 0)
        return false;
    a->size = (size_t)size;
    return true;
}

static bool admit(const struct arrival *a)
{
    return latch_admit(&a->wire->latch, engine_places(a->stream->engine), &a->from, a->now);
}

/* ── RTP ────────────────────────────────────────────────────────────────────────────────── */

void relay_key(struct bv_stream *s, struct key_press press, bool say, uint64_t now)
{
    struct bv_stream *to = stream_target(s);
    struct bv_event pressed = {.stream = s->key, .kind = BV_DIGIT, .digit = press.key,
                               .duration_ms = press.duration_ms};
    engine_tell(s->engine, &pressed);
    if (say && to && s->setup.receiving)
        engine_say(to, press, now);
}

static void hear_key(struct arrival *a, const struct rtp *rtp)
{
    struct bv_stream *s = a->stream;
    struct key_press press;
    if (rtp->length < EVENT_SIZE) {
        reject(s);
        return;
    }
    const uint8_t *payload = a->packet + rtp->offset;
    if (ear_hear(&s->ear, rtp, payload, s->meanings[rtp->type].clock, a->now, &press))
        relay_key(s, press, s->routes[rtp->type].action == ROUTE_KEYS, a->now);
}

static void count_rtp(struct arrival *a, const struct rtp *rtp, const struct meaning *meaning)
{
    struct bv_stream *s = a->stream;
    reception_note(&s->reception, rtp, meaning->clock, meaning->kind != BV_EVENT, a->now);
    tally_add(&s->tally.packets_received, 1);
    tally_add(&s->tally.bytes_received, rtp->length);
    tally_set(&s->tally.lost, reception_lost(&s->reception));
    tally_set(&s->tally.jitter_us, reception_jitter_us(&s->reception));
    engine_count(s->engine, TOTAL_RECEIVED);
}

static void forward_rtp(struct arrival *a, struct rtp *rtp)
{
    struct bv_stream *s = a->stream, *to = stream_target(s);
    const struct route *route = &s->routes[rtp->type];
    const struct meaning *meaning = &s->meanings[rtp->type];
    if (!to || route->action == ROUTE_KEYS)
        return;
    if (route->action == ROUTE_DROP || to->udptl) {
        reject(s);
        return;
    }
    if (!s->setup.receiving || stream_talking(to) || !farend_open(to))
        return;
    if (route->action == ROUTE_CROSS)
        g711_cross(meaning->kind, a->packet + rtp->offset, rtp->length);
    rtp->type = route->type;
    if (!to->setup.video || to == s) {
        bool own = to == s || (to->reception.latest && to->reception.latest->ssrc == rtp->ssrc);
        struct source source = {.key = s->key, .ssrc = rtp->ssrc};
        continuity_relay(&to->out, rtp, source, meaning->clock, own, a->now);
    }
    rtp_write(a->packet, rtp);
    farend_send_rtp(to, a->packet, a->size, a->now);
}

static void receive_rtp(struct arrival *a)
{
    struct bv_stream *s = a->stream;
    struct rtp rtp;
    if (rtp_payload_offset(a->packet, a->size) == 0 ||
        !unprotect(a, engine_srtp(s->engine)->unprotect) || !rtp_parse(a->packet, a->size, &rtp) ||
        !admit(a)) {
        reject(s);
        return;
    }
    const struct meaning *meaning = &s->meanings[rtp.type];
    accept_packet(s, a->now);
    count_rtp(a, &rtp, meaning);
    if (meaning->kind == BV_EVENT)
        hear_key(a, &rtp);
    else if (s->recording && (meaning->kind == BV_PCMU || meaning->kind == BV_PCMA))
        recorder_tap(s->recording, HEARD, meaning->kind, &rtp, a->packet + rtp.offset, a->now);
    forward_rtp(a, &rtp);
}

/* ── RTCP ───────────────────────────────────────────────────────────────────────────────── */

static void learn(struct arrival *a)
{
    struct bv_stream *s = a->stream;
    struct rtcp_news news = rtcp_study(a->packet, a->size, s->out.ssrc, &s->reception,
                                       &s->sent_reports, a->now);
    if (news.reported) {
        tally_set(&s->tally.reported_lost, news.lost);
        if (s->out.clock)
            tally_set(&s->tally.reported_jitter_us, (uint64_t)news.jitter * 1000000 / s->out.clock);
    }
    if (news.timed)
        tally_set(&s->tally.round_trip_us, news.round_trip_ns / 1000);
}

static void forward_rtcp(struct arrival *a)
{
    struct bv_stream *s = a->stream, *to = s->mode == MODE_RELAY ? s->other : NULL;
    if (!to || to->udptl || !s->setup.receiving || !farend_open(to))
        return;
    if (!to->setup.video) {
        bool ours = to->out.live && to->out.source.key != s->key;
        if (ours || stream_talking(to))
            return; /* the far end hears another source, of which we report ourselves */
        a->size = rtcp_translate(a->packet, a->size, &to->out, &s->out);
    }
    if (a->size < 8)
        return;
    to->forwarded_at = a->now;
    farend_send_rtcp(to, a->packet, a->size, a->now);
}

/* Until its own latch is locked, RTCP comes from the host that RTP comes from, or is expected. */
static bool rtcp_source_fits(const struct arrival *a)
{
    const struct latch *media = &a->stream->media.latch;
    if (a->wire->kind == WIRE_RTP || a->wire->latch.locked || media->rank == LATCH_NONE)
        return true;
    return address_same_host(&media->heard, &a->from) ||
           address_equal(&a->wire->latch.expected, &a->from);
}

static void receive_rtcp(struct arrival *a)
{
    struct bv_stream *s = a->stream;
    if (!rtp_is_rtcp(a->packet, a->size) ||
        !unprotect(a, engine_srtp(s->engine)->unprotect_rtcp) || !rtcp_valid(a->packet, a->size) ||
        !rtcp_source_fits(a) || !admit(a)) {
        reject(s);
        return;
    }
    accept_packet(s, a->now);
    learn(a);
    forward_rtcp(a);
}

/* ── UDPTL and dispatch ─────────────────────────────────────────────────────────────────── */

static void receive_udptl(struct arrival *a)
{
    struct bv_stream *s = a->stream, *to = stream_target(s);
    if (a->size == 0 || !admit(a)) {
        reject(s);
        return;
    }
    accept_packet(s, a->now);
    tally_add(&s->tally.packets_received, 1);
    tally_add(&s->tally.bytes_received, a->size);
    engine_count(s->engine, TOTAL_RECEIVED);
    if (to && !to->udptl)
        reject(s);
    else if (to && s->setup.receiving && farend_open(to))
        farend_send_udptl(to, a->packet, a->size);
}

static bool take(struct arrival *a)
{
    a->from.length = sizeof a->from.to;
    ssize_t size = recvfrom(a->wire->fd, a->packet, PACKET_MAX, MSG_DONTWAIT | MSG_TRUNC,
                            &a->from.to.any, &a->from.length);
    a->size = size < 0 ? 0 : (size_t)size;
    return size >= 0;
}

void relay_read(struct wire *wire)
{
    struct arrival a;
    a.wire = wire;
    a.stream = wire->stream;
    if (!take(&a))
        return;
    a.now = now_ns();
    if (!a.stream->configured || a.size > PACKET_MAX || latch_refuses(&wire->latch, &a.from)) {
        reject(a.stream);
        return;
    }
    if (wire->kind == WIRE_UDPTL)
        receive_udptl(&a);
    else if (wire->kind == WIRE_RTCP || (a.stream->setup.rtcp_mux && rtp_is_rtcp(a.packet, a.size)))
        receive_rtcp(&a);
    else
        receive_rtp(&a);
}
