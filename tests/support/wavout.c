/*
 * A loudspeaker for baresip 1.0.0 that is a WAV file: what the phone would play, in real time,
 * silence included, across hold and resume (baresip's own sndfile filter stops at a re-INVITE).
 *
 * Debian ships no headers of baresip; the few types that an audio player needs are declared here.
 * The device's name is the folder; each start of a player makes one file and says so in the log:
 * "wavout: <stream> <file>", where <stream> stays the same for one call.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <errno.h>

struct list;
struct auplay;

struct auplay_prm {
    uint32_t srate;
    uint8_t ch;
    uint32_t ptime;
    int fmt;
};

typedef void write_handler(void *samples, size_t count, void *arg);

struct auplay_st {
    const struct auplay *player;
    struct auplay_prm prm;
    write_handler *next;
    void *arg;
    int file;
    atomic_bool running;
    pthread_t thread;
};

typedef int alloc_handler(struct auplay_st **stp, const struct auplay *player,
                          struct auplay_prm *prm, const char *device, write_handler *next,
                          void *arg);

struct module {
    const char *name;
    const char *type;
    int (*init)(void);
    int (*close)(void);
};

int auplay_register(struct auplay **player, struct list *list, const char *name,
                    alloc_handler *alloc);
struct list *baresip_auplayl(void);
void *mem_zalloc(size_t size, void (*destructor)(void *));
void *mem_deref(void *data);
void info(const char *format, ...);

static struct auplay *wavout;
static atomic_int files_made;

static void little_endian(uint8_t *at, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static void write_header(const struct auplay_st *st, uint32_t body)
{
    uint8_t header[44] = "RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0";
    little_endian(header + 4, 36 + body, 4);
    little_endian(header + 22, st->prm.ch, 2);
    little_endian(header + 24, st->prm.srate, 4);
    little_endian(header + 28, st->prm.srate * st->prm.ch * 2, 4);
    little_endian(header + 32, st->prm.ch * 2u, 2);
    little_endian(header + 34, 16, 2);
    memcpy(header + 36, "data", 4);
    little_endian(header + 40, body, 4);
    (void)!pwrite(st->file, header, sizeof header, 0);
}

static void *play(void *data)
{
    struct auplay_st *st = data;
    int16_t samples[48000 / 50 * 2];
    const size_t count = st->prm.srate / 50 * st->prm.ch;
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    while (atomic_load(&st->running)) {
        due.tv_nsec += 20000000;
        if (due.tv_nsec >= 1000000000) {
            due.tv_nsec -= 1000000000;
            due.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        st->next(samples, count, st->arg);
        (void)!write(st->file, samples, count * 2);
    }
    return NULL;
}

static void stop(void *data)
{
    struct auplay_st *st = data;
    if (atomic_exchange(&st->running, 0))
        pthread_join(st->thread, NULL);
    if (st->file > 0) {
        off_t size = lseek(st->file, 0, SEEK_END);
        write_header(st, (uint32_t)(size > 44 ? size - 44 : 0));
        close(st->file);
    }
}

static int start(struct auplay_st **stp, const struct auplay *player, struct auplay_prm *prm,
                 const char *device, write_handler *next, void *arg)
{
    char path[512];
    struct auplay_st *st;
    if (!stp || !player || !prm || !device || prm->fmt != 0 || prm->srate > 48000 || prm->ch > 2)
        return EINVAL;
    st = mem_zalloc(sizeof *st, stop);
    if (!st)
        return ENOMEM;
    st->player = player;
    st->prm = *prm;
    st->next = next;
    st->arg = arg;
    snprintf(path, sizeof path, "%s/heard-%d.wav", device, atomic_fetch_add(&files_made, 1));
    st->file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (st->file < 0) {
        mem_deref(st);
        return errno;
    }
    write_header(st, 0);
    lseek(st->file, 44, SEEK_SET);
    atomic_store(&st->running, 1);
    info("wavout: %p %s\n", arg, path);
    if (pthread_create(&st->thread, NULL, play, st)) {
        atomic_store(&st->running, 0);
        mem_deref(st);
        return EAGAIN;
    }
    *stp = st;
    return 0;
}

static int init(void)
{
    return auplay_register(&wavout, baresip_auplayl(), "wavout", start);
}

static int finish(void)
{
    wavout = mem_deref(wavout);
    return 0;
}

const struct module exports = {"wavout", "auplay", init, finish};
