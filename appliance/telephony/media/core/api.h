/* All that Python sees of the media core. cffi reads this very file (lines with # removed), so it
 * holds plain declarations only. Times are CLOCK_MONOTONIC nanoseconds unless a name says else. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BV_PAYLOADS = 64, BV_FREQUENCIES = 4, BV_CADENCE = 8 };

struct bv_engine;
struct bv_stream;
struct bv_recording;

struct bv_address {
    uint8_t family; /* 0 none, 4, 6 */
    uint16_t port;
    uint8_t bytes[16];
    uint32_t scope; /* IPv6 link-local interface index */
};

enum bv_payload_kind { BV_OTHER, BV_PCMU, BV_PCMA, BV_EVENT };

struct bv_payload {
    uint8_t number;
    uint8_t kind;   /* enum bv_payload_kind */
    uint16_t codec; /* equal for equal name, clock and channels */
    uint32_t clock; /* Hz */
};

/* One offer/answer's decision, as StreamSetup of port.py. */
struct bv_setup {
    struct bv_address remote, remote_rtcp;
    struct bv_payload send[BV_PAYLOADS], receive[BV_PAYLOADS];
    uint8_t send_count, receive_count;
    bool sending, receiving, rtcp_mux, video;
    uint16_t ptime_ms;
    void *srtp_out, *srtp_in; /* libsrtp contexts, NULL for plain */
};

/* A sound to play: PCM that Python keeps alive, or a tone when `pcm` is NULL. 8 kHz. */
struct bv_sound {
    const int16_t *pcm;
    uint64_t samples; /* of the PCM, or of the whole tone; 0 plays until stopped */
    bool loop;
    uint8_t frequencies, cadence_steps;
    double hertz[BV_FREQUENCIES];
    double amplitude; /* peak per frequency, of 32767 */
    uint32_t cadence[BV_CADENCE]; /* samples on, off, on, … */
};

enum bv_command_kind {
    BV_OPEN, BV_CONFIGURE, BV_CONNECT, BV_DISCONNECT, BV_ECHO, BV_PLAY, BV_STOP_SOUND,
    BV_SEND_DTMF, BV_RECORD, BV_STOP_RECORDING, BV_CLOSE, BV_STOP_ENGINE
};

/* Owned by Python, which keeps it and all it points to until the command comes back done. */
struct bv_command {
    struct bv_command *next;
    uint64_t token;
    int kind; /* enum bv_command_kind */
    struct bv_stream *stream, *other;
    struct bv_setup setup;
    struct bv_sound sound;
    struct bv_recording *recording;
    uint8_t digit; /* RFC 4733 event 0..15 */
    uint32_t duration_ms;
};

enum bv_event_kind { BV_DIGIT, BV_SILENT, BV_RESUMED, BV_SOUND_ENDED };

struct bv_event {
    uint64_t stream; /* the stream's key */
    int kind;        /* enum bv_event_kind */
    uint8_t digit;
    uint32_t duration_ms;
    uint64_t sound; /* the token of the BV_PLAY that ended */
    double seconds;
};

struct bv_statistics {
    uint64_t packets_received, bytes_received, packets_sent, bytes_sent, lost, jitter_us;
    uint64_t reported_lost, reported_jitter_us, round_trip_us, rejected, silent_us;
};

struct bv_totals {
    uint64_t packets_received, packets_sent, rejected, send_failures, events_lost;
    uint64_t recorder_drops, streams, latest_tick_us;
};

/* libsrtp's four functions, as addresses of code. */
struct bv_srtp {
    uintptr_t protect, unprotect, protect_rtcp, unprotect_rtcp;
};

/* 0, or -errno. `max_streams` bounds the tables that the thread works in. */
struct bv_engine *bv_engine_new(uint32_t max_streams, double silence_seconds, struct bv_srtp srtp);
int bv_engine_start(struct bv_engine *engine);
void bv_engine_join(struct bv_engine *engine);
void bv_engine_free(struct bv_engine *engine);
int bv_engine_news_fd(const struct bv_engine *engine);
const char *bv_engine_scheduling(const struct bv_engine *engine);
void bv_engine_totals(const struct bv_engine *engine, struct bv_totals *totals);

/* A submitted command is seen at the next wake: one wake serves many commands. */
void bv_submit(struct bv_engine *engine, struct bv_command *command);
void bv_wake(struct bv_engine *engine);
struct bv_command *bv_take_done(struct bv_engine *engine);
bool bv_take_event(struct bv_engine *engine, struct bv_event *event);

/* The two descriptors belong to the thread from BV_OPEN until BV_CLOSE is done; rtcp_fd -1: UDPTL. */
struct bv_stream *bv_stream_new(struct bv_engine *engine, uint64_t key, int fd, int rtcp_fd);
void bv_stream_free(struct bv_stream *stream);
void bv_stream_statistics(const struct bv_stream *stream, struct bv_statistics *statistics);

/* The file descriptor belongs to the recording, which the writer thread ends and closes. */
struct bv_recording *bv_recording_new(struct bv_engine *engine, int fd);
void bv_recording_finish(struct bv_recording *recording);
bool bv_recording_finished(const struct bv_recording *recording);
uint64_t bv_recording_drops(const struct bv_recording *recording);
void bv_recording_free(struct bv_recording *recording);

/* One libsrtp call by address, as the thread makes it: its status, 0 for success. */
int bv_srtp_call(uintptr_t function, void *context, void *packet, int *length);
/* 16 kHz to 8 kHz with a half-band filter; `out` holds count / 2 samples. */
void bv_halve_rate(const int16_t *in, size_t count, int16_t *out);
