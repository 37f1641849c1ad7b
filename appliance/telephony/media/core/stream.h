/* A stream: one media line of one leg, as the media thread holds it. */
#pragma once
#include "address.h"
#include "dtmf.h"
#include "latch.h"
#include "recorder.h"
#include "rtcp.h"
#include "sound.h"

enum wire_kind { WIRE_RTP, WIRE_RTCP, WIRE_UDPTL };

struct wire { /* one socket */
    int fd; /* -1: none */
    enum wire_kind kind;
    struct bv_stream *stream;
    struct address local;
    struct latch latch;
};

/* What becomes of a received payload type on its way to where the stream's packets go. */
enum route_action { ROUTE_DROP, ROUTE_PASS, ROUTE_CROSS, ROUTE_KEYS };

struct route {
    uint8_t action; /* enum route_action */
    uint8_t type;   /* to send */
};

struct meaning { /* of a received payload type */
    uint8_t kind; /* enum bv_payload_kind */
    bool known;
    uint32_t clock;
};

enum stream_mode { MODE_IDLE, MODE_RELAY, MODE_ECHO };

struct bv_stream {
    struct bv_engine *engine;
    uint64_t key;
    struct wire media, control;
    bool udptl, configured;
    struct bv_setup setup;
    enum stream_mode mode;
    struct bv_stream *other; /* in MODE_RELAY */
    struct route routes[128];
    struct meaning meanings[128];

    struct continuity out;
    struct player player;
    uint64_t sound_key, sound_token; /* names of the sound toward `out` and toward Python */
    struct mouth mouth;
    struct player key_tone;
    uint64_t due; /* when the next local packet leaves */
    struct ear ear;
    struct bv_recording *recording;

    struct reception reception;
    struct sent_reports sent_reports;
    uint64_t cname, report_due, forwarded_at;
    uint64_t heard_at; /* 0 until configured; then of the last accepted packet */
    bool silent;       /* MediaSilent was said */
    struct bv_statistics tally;
    uint32_t place, talker; /* indices into the engine's tables; TALKER_NONE */
};

#define TALKER_NONE UINT32_MAX

/* Carries out a command that concerns one stream or two. */
void stream_command(struct bv_command *command, uint64_t now);
/* Where this stream's packets go, or NULL. */
struct bv_stream *stream_target(struct bv_stream *stream);
/* True while a local sound or key has the far end's ear. */
bool stream_talking(const struct bv_stream *stream);
const struct bv_payload *stream_voice(const struct bv_stream *stream); /* G.711 to send, or NULL */
const struct bv_payload *stream_events(const struct bv_stream *stream, uint32_t clock);
