#include "engine.h"
#include "farend.h"
#include "g711.h"
#include "moment.h"
#include "queue.h"
#include "relay.h"
#include "talk.h"
#include "tally.h"
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { BATCH = 64, TALK_BATCH = 32, TICKS_PER_SECOND = 100, NICE = -10 };
/* Above this many packets a tick (20,000/s) the thread naps after a small batch, so that one wake
 * serves several packets: a sixth less CPU at 50,000/s for about 0.15 ms of delay. Only
 * with SCHED_RR, where a nap ends on time. */
enum { BUSY_TICK = 200, SMALL_BATCH = 32, NAP_NS = 100000 };
#define TICK (SECOND / TICKS_PER_SECOND)
#define REPORT_EVERY (5 * SECOND)
#define LOCAL_KEYS (1ull << 63)

struct bv_engine {
    pthread_t thread;
    sem_t ready;
    bool running, stopping, news, realtime, busy;
    char scheduling[16];
    int epoll, wake, clock, news_fd;
    uint64_t received_before; /* at the last tick */
    uint64_t silence, local_key, totals[TOTAL_KINDS], latest_tick;
    struct bv_srtp srtp;
    struct command_stack commands, done;
    struct event_ring events;
    struct recorder recorder;
    struct places *places;
    struct bv_stream **streams, **talkers;
    uint32_t room, count, swept; /* swept: next stream that housekeeping looks at */
    uint32_t talker_count, talker_next, talkers_left;
};

/* ── what streams ask of it ─────────────────────────────────────────────────────────────── */

const struct bv_srtp *engine_srtp(const struct bv_engine *e) { return &e->srtp; }
const struct places *engine_places(const struct bv_engine *e) { return e->places; }
uint64_t engine_local_key(struct bv_engine *e) { return LOCAL_KEYS | ++e->local_key; }
void engine_count(struct bv_engine *e, enum total total) { tally_add(&e->totals[total], 1); }

int bv_srtp_call(uintptr_t function, void *context, void *packet, int *length)
{
    return ((int (*)(void *, void *, int *))function)(context, packet, length);
}

void engine_stop(struct bv_engine *e)
{
    if (e)
        e->stopping = true;
}

void engine_tell(struct bv_engine *e, const struct bv_event *event)
{
    if (!ring_put(&e->events, event))
        engine_count(e, TOTAL_EVENTS_LOST);
    e->news = true;
}

static void watch(struct bv_engine *e, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    if (fd >= 0)
        epoll_ctl(e->epoll, EPOLL_CTL_ADD, fd, &event);
}

void engine_add(struct bv_stream *s)
{
    struct bv_engine *e = s->engine;
    s->place = e->count;
    e->streams[e->count] = s;
    e->count++;
    places_add(e->places, &s->media.local);
    places_add(e->places, &s->control.local);
    watch(e, s->media.fd, &s->media);
    watch(e, s->control.fd, &s->control);
}

static void hush(struct bv_engine *e, struct bv_stream *s)
{
    if (s->talker == TALKER_NONE)
        return;
    struct bv_stream *last = e->talkers[--e->talker_count];
    e->talkers[s->talker] = last;
    last->talker = s->talker;
    s->talker = TALKER_NONE;
}

void engine_remove(struct bv_stream *s)
{
    struct bv_engine *e = s->engine;
    hush(e, s);
    struct bv_stream *last = e->streams[--e->count];
    e->streams[s->place] = last;
    last->place = s->place;
    places_remove(e->places, &s->media.local);
    places_remove(e->places, &s->control.local);
    epoll_ctl(e->epoll, EPOLL_CTL_DEL, s->media.fd, NULL);
    if (s->control.fd >= 0)
        epoll_ctl(e->epoll, EPOLL_CTL_DEL, s->control.fd, NULL);
}

void engine_talk(struct bv_stream *s)
{
    struct bv_engine *e = s->engine;
    if (s->talker != TALKER_NONE)
        return;
    s->talker = e->talker_count;
    e->talkers[e->talker_count++] = s;
}

void engine_say(struct bv_stream *s, struct key_press press, uint64_t now)
{
    enum { SHORTEST = 40, LONGEST = 8000 };
    uint32_t ms = press.duration_ms;
    press.duration_ms = ms < SHORTEST ? SHORTEST : ms > LONGEST ? LONGEST : ms;
    bool sayable = stream_events(s, 8000) || stream_voice(s);
    if (!sayable || !mouth_queue(&s->mouth, press))
        return;
    if (s->talker == TALKER_NONE)
        s->due = now;
    engine_talk(s);
}

/* ── the clock ──────────────────────────────────────────────────────────────────────────── */

static void talk_some(struct bv_engine *e)
{
    uint64_t now = now_ns();
    for (int i = 0; i < TALK_BATCH && e->talkers_left; i++, e->talkers_left--) {
        if (e->talker_count == 0) {
            e->talkers_left = 0;
            return;
        }
        if (e->talker_next >= e->talker_count)
            e->talker_next = 0;
        struct bv_stream *s = e->talkers[e->talker_next];
        if (talk_step(s, now))
            e->talker_next++;
        else
            hush(e, s);
    }
}

static void check_silence(struct bv_engine *e, struct bv_stream *s, uint64_t now)
{
    if (s->silent || !s->configured || now - s->heard_at < e->silence)
        return;
    s->silent = true;
    struct bv_event silent = {.stream = s->key, .kind = BV_SILENT,
                              .seconds = (double)(now - s->heard_at) / (double)SECOND};
    engine_tell(e, &silent);
}

static void check_report(struct bv_stream *s, uint64_t now)
{
    if (s->udptl || !s->configured || now < s->report_due)
        return;
    s->report_due = now + REPORT_EVERY / 2 + random32() % REPORT_EVERY;
    bool forwarding = s->forwarded_at && now - s->forwarded_at < 2 * REPORT_EVERY;
    if (!forwarding && farend_open(s) && (!s->setup.video || s->mode != MODE_RELAY))
        farend_report(s, now);
}

static void look_after(struct bv_engine *e, struct bv_stream *s, uint64_t now)
{
    struct key_press press;
    if (ear_timeout(&s->ear, now, &press)) {
        bool say = false;
        for (int type = 0; type < 128; type++)
            say = say || s->routes[type].action == ROUTE_KEYS;
        relay_key(s, press, say, now);
    }
    check_silence(e, s, now);
    check_report(s, now);
}

/* A share of the streams at each tick, so that each is looked at once a second. */
static void sweep(struct bv_engine *e, uint64_t ticks)
{
    uint64_t now = now_ns(), share = (e->count * ticks) / TICKS_PER_SECOND + 1;
    for (uint64_t i = 0; i < share && i < e->count; i++) {
        if (e->swept >= e->count)
            e->swept = 0;
        look_after(e, e->streams[e->swept++], now);
    }
}

static void tick(struct bv_engine *e)
{
    uint64_t ticks = 0;
    if (read(e->clock, &ticks, sizeof ticks) != (ssize_t)sizeof ticks)
        return;
    e->talkers_left = e->talker_count;
    e->busy = e->realtime && e->totals[TOTAL_RECEIVED] - e->received_before > BUSY_TICK * ticks;
    e->received_before = e->totals[TOTAL_RECEIVED];
    sweep(e, ticks < TICKS_PER_SECOND ? ticks : TICKS_PER_SECOND);
    if (ticks > 1 && (ticks - 1) * TICK > e->latest_tick)
        tally_set(&e->latest_tick, (ticks - 1) * TICK);
}

/* ── the loop ───────────────────────────────────────────────────────────────────────────── */

static void obey(struct bv_engine *e)
{
    uint64_t spent, now = now_ns();
    if (read(e->wake, &spent, sizeof spent) < 0 && errno != EAGAIN)
        return;
    struct bv_command *command = stack_take(&e->commands);
    while (command) {
        struct bv_command *next = command->next;
        if (command->kind == BV_STOP_ENGINE)
            engine_stop(e);
        else
            stream_command(command, now);
        stack_push(&e->done, command);
        e->news = true;
        command = next;
    }
}

static void ring_bell(struct bv_engine *e)
{
    uint64_t one = 1;
    if (write(e->news_fd, &one, sizeof one) == (ssize_t)sizeof one || errno == EAGAIN)
        e->news = false;
}

static void turn(struct bv_engine *e)
{
    struct epoll_event ready[BATCH];
    static const struct timespec nap = {.tv_nsec = NAP_NS};
    bool ordered = false;
    int count = epoll_wait(e->epoll, ready, BATCH, e->talkers_left ? 0 : -1);
    for (int i = 0; i < count; i++) {
        if (ready[i].data.ptr == &e->wake)
            ordered = true;
        else if (ready[i].data.ptr == &e->clock)
            tick(e);
        else
            relay_read(ready[i].data.ptr);
    }
    if (e->talkers_left)
        talk_some(e);
    if (ordered) /* last, as a closed stream may still stand in `ready` */
        obey(e);
    if (e->news)
        ring_bell(e);
    if (e->busy && count < SMALL_BATCH && !e->talkers_left)
        nanosleep(&nap, NULL);
}

static void choose_scheduling(struct bv_engine *e)
{
    struct sched_param lowest = {.sched_priority = 1};
    e->realtime = pthread_setschedparam(pthread_self(), SCHED_RR, &lowest) == 0;
    if (e->realtime)
        snprintf(e->scheduling, sizeof e->scheduling, "SCHED_RR 1");
    else if (setpriority(PRIO_PROCESS, (id_t)gettid(), NICE) == 0)
        snprintf(e->scheduling, sizeof e->scheduling, "nice %d", NICE);
    else
        snprintf(e->scheduling, sizeof e->scheduling, "normal");
}

static void *run(void *given)
{
    struct bv_engine *e = given;
    pthread_setname_np(pthread_self(), "bv-media");
    choose_scheduling(e);
    sem_post(&e->ready);
    while (!e->stopping)
        turn(e);
    return NULL;
}

/* ── life, called by Python ─────────────────────────────────────────────────────────────── */

static bool open_descriptors(struct bv_engine *e)
{
    struct itimerspec each = {.it_interval.tv_nsec = (long)TICK, .it_value.tv_nsec = (long)TICK};
    e->epoll = epoll_create1(EPOLL_CLOEXEC);
    e->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    e->news_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    e->clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (e->epoll < 0 || e->wake < 0 || e->news_fd < 0 || e->clock < 0)
        return false;
    watch(e, e->wake, &e->wake);
    watch(e, e->clock, &e->clock);
    return timerfd_settime(e->clock, 0, &each, NULL) == 0;
}

struct bv_engine *bv_engine_new(uint32_t max_streams, double silence_seconds, struct bv_srtp srtp)
{
    struct bv_engine *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->room = max_streams;
    e->silence = (uint64_t)(silence_seconds * (double)SECOND);
    e->srtp = srtp;
    e->streams = calloc(max_streams, sizeof *e->streams);
    e->talkers = calloc(max_streams, sizeof *e->talkers);
    e->places = calloc(1, sizeof *e->places);
    sem_init(&e->ready, 0, 0);
    g711_prepare();
    if (!open_descriptors(e) || !e->streams || !e->talkers || !e->places) {
        bv_engine_free(e);
        return NULL;
    }
    return e;
}

static int start_thread(struct bv_engine *e)
{
    /* Signals belong to Python's main thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = recorder_start(&e->recorder, e->news_fd);
    if (!failed)
        failed = -pthread_create(&e->thread, NULL, run, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

int bv_engine_start(struct bv_engine *e)
{
    int failed = start_thread(e);
    if (failed)
        return failed;
    e->running = true;
    while (sem_wait(&e->ready) < 0 && errno == EINTR)
        continue;
    return 0;
}

void bv_engine_join(struct bv_engine *e)
{
    if (e->running)
        pthread_join(e->thread, NULL);
    e->running = false;
    recorder_stop(&e->recorder);
}

static void shut(int fd)
{
    if (fd > 0)
        close(fd);
}

void bv_engine_free(struct bv_engine *e)
{
    shut(e->epoll);
    shut(e->wake);
    shut(e->clock);
    shut(e->news_fd);
    sem_destroy(&e->ready);
    free(e->streams);
    free(e->talkers);
    free(e->places);
    free(e);
}

int bv_engine_news_fd(const struct bv_engine *e) { return e->news_fd; }
const char *bv_engine_scheduling(const struct bv_engine *e) { return e->scheduling; }

void bv_engine_totals(const struct bv_engine *e, struct bv_totals *totals)
{
    totals->packets_received = tally_get(&e->totals[TOTAL_RECEIVED]);
    totals->packets_sent = tally_get(&e->totals[TOTAL_SENT]);
    totals->rejected = tally_get(&e->totals[TOTAL_REJECTED]);
    totals->send_failures = tally_get(&e->totals[TOTAL_SEND_FAILURES]);
    totals->events_lost = tally_get(&e->totals[TOTAL_EVENTS_LOST]);
    totals->recorder_drops = tally_get(&e->recorder.drops);
    totals->streams = __atomic_load_n(&e->count, __ATOMIC_RELAXED);
    totals->latest_tick_us = tally_get(&e->latest_tick) / 1000;
}

void bv_submit(struct bv_engine *e, struct bv_command *command)
{
    stack_push(&e->commands, command);
}

void bv_wake(struct bv_engine *e)
{
    uint64_t one = 1;
    if (write(e->wake, &one, sizeof one) < 0)
        return; /* only when the counter is full, that is, when a wake is pending */
}

struct bv_command *bv_take_done(struct bv_engine *e) { return stack_take(&e->done); }
bool bv_take_event(struct bv_engine *e, struct bv_event *event) { return ring_get(&e->events, event); }

struct bv_recording *bv_recording_new(struct bv_engine *e, int fd)
{
    return recorder_new(&e->recorder, fd);
}
