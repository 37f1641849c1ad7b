/* Recordings: the media thread puts G.711 packets into a ring and never waits; a writer thread of
 * low priority places them on a time line, mixes both directions and writes WAV (8 kHz, 16 bit). */
#pragma once
#include "api.h"
#include "rtp.h"
#include <pthread.h>

struct recorder {
    pthread_t thread;
    pthread_mutex_t lock; /* of `first`; never taken by the media thread */
    pthread_cond_t wake;
    struct bv_recording *first;
    int news_fd;
    bool running, stopping;
    uint64_t drops; /* of all recordings; written by the media thread */
};

enum recorded_direction { HEARD, SAID };

int recorder_start(struct recorder *recorder, int news_fd);
void recorder_stop(struct recorder *recorder);
struct bv_recording *recorder_new(struct recorder *recorder, int fd);
/* Called by the media thread: one G.711 payload at `now`. A full ring drops and counts it. */
void recorder_tap(struct bv_recording *recording, enum recorded_direction direction,
                  enum bv_payload_kind law, const struct rtp *rtp, const uint8_t *payload,
                  uint64_t now);
