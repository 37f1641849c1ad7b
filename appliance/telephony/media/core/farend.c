#include "farend.h"
#include "engine.h"
#include "moment.h"
#include "tally.h"

bool farend_open(const struct bv_stream *s)
{
    return s->setup.sending && s->configured && address_known(&s->media.latch.expected);
}

static bool put(struct bv_stream *s, const struct wire *wire, const struct address *to,
                const uint8_t *packet, size_t size)
{
    if (sendto(wire->fd, packet, size, MSG_DONTWAIT, &to->to.any, to->length) >= 0)
        return true;
    engine_count(s->engine, TOTAL_SEND_FAILURES);
    return false;
}

static bool protect(struct bv_stream *s, uintptr_t function, uint8_t *packet, size_t *size)
{
    int length = (int)*size;
    if (!s->setup.srtp_out)
        return true;
    if (bv_srtp_call(function, s->setup.srtp_out, packet, &length) != 0 || length < 0) {
        engine_count(s->engine, TOTAL_SEND_FAILURES);
        return false;
    }
    *size = (size_t)length;
    return true;
}

static void record_said(struct bv_stream *s, const uint8_t *packet, size_t size, uint64_t now)
{
    struct rtp rtp;
    if (!rtp_parse(packet, size, &rtp))
        return;
    for (int i = 0; i < s->setup.send_count; i++) {
        const struct bv_payload *p = &s->setup.send[i];
        if (p->number == rtp.type && (p->kind == BV_PCMU || p->kind == BV_PCMA))
            recorder_tap(s->recording, SAID, p->kind, &rtp, packet + rtp.offset, now);
    }
}

void farend_send_rtp(struct bv_stream *s, uint8_t *packet, size_t size, uint64_t now)
{
    size_t header = rtp_payload_offset(packet, size), payload = size - header;
    if (s->recording)
        record_said(s, packet, size, now);
    if (!protect(s, engine_srtp(s->engine)->protect, packet, &size))
        return;
    if (put(s, &s->media, latch_target(&s->media.latch), packet, size)) {
        tally_add(&s->tally.packets_sent, 1);
        tally_add(&s->tally.bytes_sent, payload);
        engine_count(s->engine, TOTAL_SENT);
    }
}

void farend_send_rtcp(struct bv_stream *s, uint8_t *packet, size_t size, uint64_t now)
{
    const struct wire *wire = s->setup.rtcp_mux ? &s->media : &s->control;
    const struct address *to = latch_target(&wire->latch);
    if (wire->fd < 0 || !address_known(to))
        return;
    rtcp_note_sent(&s->sent_reports, packet, size, now);
    if (protect(s, engine_srtp(s->engine)->protect_rtcp, packet, &size))
        put(s, wire, to, packet, size);
}

void farend_send_udptl(struct bv_stream *s, const uint8_t *packet, size_t size)
{
    if (!put(s, &s->media, latch_target(&s->media.latch), packet, size))
        return;
    tally_add(&s->tally.packets_sent, 1);
    tally_add(&s->tally.bytes_sent, size);
    engine_count(s->engine, TOTAL_SENT);
}

void farend_report(struct bv_stream *s, uint64_t now)
{
    uint8_t packet[PACKET_ROOM] __attribute__((aligned(8)));
    struct source_reception *heard = s->reception.latest;
    if (!s->out.live && !heard)
        return;
    if (!s->out.live && !s->out.ssrc)
        s->out.ssrc = random32(); /* a receiver needs a name too; the first source may change it */
    bool said = s->out.live && now - s->out.at < 10 * SECOND;
    size_t size = rtcp_report(packet, &s->out, said ? s->tally.packets_sent : 0,
                              s->tally.bytes_sent, heard, s->cname, now);
    farend_send_rtcp(s, packet, size, now);
}
