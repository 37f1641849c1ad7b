#include "recorder.h"
#include "g711.h"
#include "moment.h"
#include "tally.h"
#include "timeline.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { RING_ROOM = 1 << 17, WAV_HEADER = 44, CHUNK = 8000, FRAME = 1500 };
#define SETTLE (500 * MILLISECOND) /* late packets still find their place */
#define DRAIN_EVERY (100 * MILLISECOND)

struct entry {
    uint32_t ssrc, timestamp;
    uint16_t count;
    uint8_t law, direction;
    uint64_t at;
};

struct bv_recording {
    struct recorder *recorder;
    struct bv_recording *next;
    int fd;
    bool broken;
    _Atomic bool finishing, finished;
    _Atomic uint32_t head, tail; /* bytes ever put, bytes ever taken */
    uint64_t drops, written, ended_at;
    struct timeline line;
    uint8_t ring[RING_ROOM];
};

static void copy_in(struct bv_recording *r, uint32_t at, const void *from, size_t count)
{
    size_t start = at % RING_ROOM, first = RING_ROOM - start < count ? RING_ROOM - start : count;
    memcpy(r->ring + start, from, first);
    memcpy(r->ring, (const uint8_t *)from + first, count - first);
}

static void copy_out(const struct bv_recording *r, uint32_t at, void *to, size_t count)
{
    size_t start = at % RING_ROOM, first = RING_ROOM - start < count ? RING_ROOM - start : count;
    memcpy(to, r->ring + start, first);
    memcpy((uint8_t *)to + first, r->ring, count - first);
}

void recorder_tap(struct bv_recording *r, enum recorded_direction direction,
                  enum bv_payload_kind law, const struct rtp *rtp, const uint8_t *payload,
                  uint64_t now)
{
    struct entry entry = {.ssrc = rtp->ssrc, .timestamp = rtp->timestamp, .at = now,
                          .count = (uint16_t)(rtp->length < FRAME ? rtp->length : FRAME),
                          .law = (uint8_t)law, .direction = (uint8_t)direction};
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint32_t used = head - atomic_load_explicit(&r->tail, memory_order_acquire);
    if (used + sizeof entry + entry.count > RING_ROOM) {
        tally_add(&r->drops, 1);
        tally_add(&r->recorder->drops, 1);
        return;
    }
    copy_in(r, head, &entry, sizeof entry);
    copy_in(r, head + (uint32_t)sizeof entry, payload, entry.count);
    head += (uint32_t)sizeof entry + entry.count;
    atomic_store_explicit(&r->head, head, memory_order_release);
}

static void little(uint8_t *p, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

static void put_all(struct bv_recording *r, const void *bytes, size_t count, off_t at)
{
    const uint8_t *from = bytes;
    while (count && !r->broken) {
        ssize_t done = pwrite(r->fd, from, count, at);
        if (done < 0 && errno == EINTR)
            continue;
        r->broken = done <= 0;
        if (!r->broken) {
            from += done;
            count -= (size_t)done;
            at += done;
        }
    }
}

/* The header always tells the truth about what is written, so a crash leaves a sound file. */
static void write_header(struct bv_recording *r)
{
    uint8_t h[WAV_HEADER];
    uint32_t size = (uint32_t)(r->written * 2);
    memcpy(h, "RIFF____WAVEfmt ", 16);
    little(h + 4, 36 + size, 4);
    little(h + 16, 16, 4);
    little(h + 20, 1, 2);
    little(h + 22, 1, 2);
    little(h + 24, 8000, 4);
    little(h + 28, 16000, 4);
    little(h + 32, 2, 2);
    little(h + 34, 16, 2);
    memcpy(h + 36, "data", 4);
    little(h + 40, size, 4);
    put_all(r, h, sizeof h, 0);
}

static void write_until(struct bv_recording *r, uint64_t moment)
{
    int16_t samples[CHUNK];
    uint8_t bytes[2 * CHUNK];
    size_t count;
    while ((count = timeline_take(&r->line, moment, samples, CHUNK)) > 0) {
        for (size_t i = 0; i < count; i++)
            little(bytes + 2 * i, (uint16_t)samples[i], 2);
        put_all(r, bytes, 2 * count, (off_t)(WAV_HEADER + 2 * r->written));
        r->written += count;
    }
    write_header(r);
}

static void drain(struct bv_recording *r)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    while (tail != atomic_load_explicit(&r->head, memory_order_acquire)) {
        struct entry entry;
        uint8_t coded[FRAME];
        int16_t samples[FRAME];
        copy_out(r, tail, &entry, sizeof entry);
        copy_out(r, tail + (uint32_t)sizeof entry, coded, entry.count);
        tail += (uint32_t)sizeof entry + entry.count;
        atomic_store_explicit(&r->tail, tail, memory_order_release);
        g711_decode(entry.law, coded, samples, entry.count);
        timeline_add(&r->line, entry.direction, entry.ssrc, entry.timestamp, entry.at, samples,
                     entry.count);
    }
}

/* True once the recording is ended and its file closed. */
static bool serve(struct bv_recording *r)
{
    bool last = atomic_load(&r->finishing);
    drain(r);
    write_until(r, last ? r->ended_at : now_ns() - SETTLE);
    if (last)
        close(r->fd);
    return last;
}

static void serve_all(struct recorder *recorder)
{
    /* New recordings come in at the front only, so the list may be walked without the lock. */
    pthread_mutex_lock(&recorder->lock);
    struct bv_recording **place = &recorder->first;
    while (*place) {
        struct bv_recording *r = *place;
        pthread_mutex_unlock(&recorder->lock);
        bool ended = serve(r);
        pthread_mutex_lock(&recorder->lock);
        if (!ended) {
            place = &r->next;
            continue;
        }
        for (place = &recorder->first; *place != r;)
            place = &(*place)->next;
        *place = r->next;
        atomic_store(&r->finished, true);
        uint64_t one = 1;
        if (write(recorder->news_fd, &one, sizeof one) < 0)
            continue;
    }
    pthread_mutex_unlock(&recorder->lock);
}

static void nap(struct recorder *recorder)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + DRAIN_EVERY;
    until.tv_sec += (time_t)(ns / SECOND);
    until.tv_nsec = (long)(ns % SECOND);
    pthread_mutex_lock(&recorder->lock);
    if (!recorder->first && !recorder->stopping)
        pthread_cond_wait(&recorder->wake, &recorder->lock);
    else if (!recorder->stopping)
        pthread_cond_timedwait(&recorder->wake, &recorder->lock, &until);
    pthread_mutex_unlock(&recorder->lock);
}

static void finish_all(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->lock);
    for (struct bv_recording *r = recorder->first; r; r = r->next)
        if (!atomic_load(&r->finishing)) {
            r->ended_at = now_ns();
            atomic_store(&r->finishing, true);
        }
    pthread_mutex_unlock(&recorder->lock);
}

static void *run(void *given)
{
    struct recorder *recorder = given;
    pthread_setname_np(pthread_self(), "bv-recorder");
    setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
    for (;;) {
        pthread_mutex_lock(&recorder->lock);
        bool stopping = recorder->stopping;
        pthread_mutex_unlock(&recorder->lock);
        if (stopping)
            finish_all(recorder);
        serve_all(recorder);
        if (stopping)
            return NULL;
        nap(recorder);
    }
}

int recorder_start(struct recorder *recorder, int news_fd)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&recorder->lock, NULL);
    pthread_cond_init(&recorder->wake, &monotonic);
    recorder->news_fd = news_fd;
    recorder->running = pthread_create(&recorder->thread, NULL, run, recorder) == 0;
    return recorder->running ? 0 : -EAGAIN;
}

void recorder_stop(struct recorder *recorder)
{
    if (!recorder->running)
        return;
    pthread_mutex_lock(&recorder->lock);
    recorder->stopping = true;
    pthread_cond_signal(&recorder->wake);
    pthread_mutex_unlock(&recorder->lock);
    pthread_join(recorder->thread, NULL);
    recorder->running = false;
}

struct bv_recording *recorder_new(struct recorder *recorder, int fd)
{
    struct bv_recording *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->recorder = recorder;
    r->fd = fd;
    r->line.started = now_ns();
    pthread_mutex_lock(&recorder->lock);
    r->next = recorder->first;
    recorder->first = r;
    pthread_cond_signal(&recorder->wake);
    pthread_mutex_unlock(&recorder->lock);
    return r;
}

void bv_recording_finish(struct bv_recording *r)
{
    pthread_mutex_lock(&r->recorder->lock);
    r->ended_at = now_ns();
    atomic_store(&r->finishing, true);
    pthread_cond_signal(&r->recorder->wake);
    pthread_mutex_unlock(&r->recorder->lock);
}

bool bv_recording_finished(const struct bv_recording *r) { return atomic_load(&r->finished); }
uint64_t bv_recording_drops(const struct bv_recording *r) { return tally_get(&r->drops); }
void bv_recording_free(struct bv_recording *r) { free(r); }
