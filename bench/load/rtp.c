/* G.711 both ways through N anchored calls: 50 packets a second and leg, loss and transit of each.
 *
 * Reads the legs, two lines a call: `OWN-ADDRESS TO-ADDRESS TO-PORT`. A packet carries its leg, frame and time of
 * sending; it should arrive at the other leg of its call. Every 100 µs the packets that fell due since the last
 * tick leave together, as a network card would coalesce them; a frame of all legs is spread over 20 ms.
 * Transit is from just before the burst's system call to the kernel's receive stamp, so it holds nothing of this
 * program's own reading. Prints `{"sending": true}` as the first packet leaves, `{"sending": false}`
 * after the last, and one JSON object at the end. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"
#include "net.h"

#define FRAME (20 * MILLISECOND)
#define TICK (100 * MICROSECOND)
#define TICKS_PER_FRAME (FRAME / TICK)
#define DRAIN SECOND
#define LATE MILLISECOND       /* a tick begun later than this is counted */

struct leg {
    struct in_addr own;
    struct sockaddr_in to;
    uint64_t received_frames;  /* one bit for each of the last 64 frames, to tell a duplicate */
    uint32_t newest_frame;
};

struct packet {
    uint8_t version, payload_type;
    uint16_t sequence;
    uint32_t timestamp, source;
    uint32_t leg, frame;
    uint64_t sent_at;
    uint8_t audio[144];        /* with the three above 160 bytes: 20 ms of G.711 */
} __attribute__((packed));

struct load {
    struct leg *legs;
    uint32_t leg_count;
    struct net net;
    double seconds, warm_up;
    uint32_t first_frame, end_frame;   /* the window */
    struct samples transit, lag;
    uint64_t sent, received, duplicates, misrouted, foreign, late_ticks;
};

static bool measured(const struct load *load, uint32_t frame)
{
    return frame >= load->first_frame && frame < load->end_frame;
}

static void read_legs(struct load *load, const char *path)
{
    char own[64], to[64];
    unsigned port;
    FILE *file = fopen(path, "re");
    if (!file)
        fail("%s: %s", path, strerror(errno));
    while (fscanf(file, "%63s %63s %u", own, to, &port) == 3) {
        load->legs = must_resize(load->legs, load->leg_count + 1, sizeof *load->legs);
        struct leg *leg = &load->legs[load->leg_count++];
        *leg = (struct leg){.own = net_host(own), .to = net_address(to)};
        leg->to.sin_port = htons((uint16_t)port);
    }
    fclose(file);
    if (!load->leg_count || load->leg_count % 2)
        fail("%s: needs two lines a call", path);
}

static void send_packet(struct load *load, uint32_t number, uint32_t frame, uint64_t now)
{
    const struct leg *leg = &load->legs[number];
    struct packet packet = {
        .version = 0x80, .payload_type = (uint8_t)(frame ? 0 : 0x80), .sequence = htons((uint16_t)frame),
        .timestamp = htonl(frame * 160), .source = htonl(0xb0000000u + number),
        .leg = number, .frame = frame, .sent_at = now};
    memset(packet.audio, 0xd5, sizeof packet.audio);
    net_send(&load->net, leg->own, leg->to, (const char *)&packet, sizeof packet);
    load->sent += measured(load, frame);
}

/* The legs whose turn this tick is, in one burst. */
static void send_tick(struct load *load, uint32_t frame, uint32_t part)
{
    uint32_t from = (uint32_t)((uint64_t)load->leg_count * part / TICKS_PER_FRAME);
    uint32_t to = (uint32_t)((uint64_t)load->leg_count * (part + 1) / TICKS_PER_FRAME);
    uint64_t now = clock_now();
    for (uint32_t number = from; number < to; number++)
        send_packet(load, number, frame, now);
    net_flush(&load->net);
}

/* Whether this frame of the leg has been here already, as far back as 64 frames. */
static bool is_duplicate(struct leg *leg, uint32_t frame)
{
    if (frame > leg->newest_frame) {
        uint32_t ahead = frame - leg->newest_frame;
        leg->received_frames = ahead < 64 ? leg->received_frames << ahead : 0;
        leg->newest_frame = frame;
    }
    uint32_t behind = leg->newest_frame - frame;
    if (behind >= 64)
        return false;
    bool seen = leg->received_frames >> behind & 1;
    leg->received_frames |= 1ull << behind;
    return seen;
}

static void on_datagram(void *context, const struct datagram *datagram)
{
    struct load *load = context;
    struct packet packet;
    if (datagram->size != sizeof packet) {
        load->foreign++;
        return;
    }
    memcpy(&packet, datagram->bytes, sizeof packet);
    if (packet.leg >= load->leg_count || !measured(load, packet.frame)) {
        return;
    } else if (load->legs[packet.leg ^ 1].own.s_addr != datagram->to.s_addr) {
        load->misrouted++;
    } else if (is_duplicate(&load->legs[packet.leg], packet.frame)) {
        load->duplicates++;
    } else {
        load->received++;
        samples_add(&load->transit, datagram->at > packet.sent_at ? datagram->at - packet.sent_at : 0);
    }
}

static void sleep_until(uint64_t at)
{
    struct timespec when = {(time_t)(at / SECOND), (long)(at % SECOND)};
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &when, NULL);
}

static void note_lag(struct load *load, uint64_t due)
{
    uint64_t now = clock_now(), lag = now > due ? now - due : 0;
    samples_add(&load->lag, lag);
    load->late_ticks += lag > LATE;
}

static void say(const char *line)
{
    puts(line);
    fflush(stdout);
}

static void run(struct load *load)
{
    uint64_t start = clock_now() + 10 * MILLISECOND;
    load->first_frame = (uint32_t)(load->warm_up * SECOND / FRAME);
    load->end_frame = load->first_frame + (uint32_t)(load->seconds * SECOND / FRAME);
    say("{\"sending\": true}");
    for (uint64_t tick = 0; tick < load->end_frame * TICKS_PER_FRAME; tick++) {
        uint32_t frame = (uint32_t)(tick / TICKS_PER_FRAME);
        sleep_until(start + tick * TICK);
        if (measured(load, frame))
            note_lag(load, start + tick * TICK);
        send_tick(load, frame, (uint32_t)(tick % TICKS_PER_FRAME));
        net_receive(&load->net, on_datagram, load);
    }
    say("{\"sending\": false}");
    for (uint64_t end = clock_now() + DRAIN; clock_now() < end; net_wait(&load->net, end))
        net_receive(&load->net, on_datagram, load);
}

/* Bursts on time need a place before everything else on this core; without the right to it, as it comes. */
static void go_first(void)
{
    struct sched_param first = {.sched_priority = 1};
    sched_setscheduler(0, SCHED_FIFO, &first);
}

static void print(struct load *load, uint64_t started_at)
{
    double elapsed = (double)(clock_now() - started_at) / SECOND;
    printf("{\"calls\": %u, \"sent\": %lu, \"received\": %lu, \"lost\": %ld, \"duplicates\": %lu, \"misrouted\": %lu, "
           "\"foreign\": %lu, \"late_ticks\": %lu, \"generator_cpu\": %.1f, ",
           load->leg_count / 2, load->sent, load->received, (long)(load->sent - load->received), load->duplicates,
           load->misrouted, load->foreign, load->late_ticks, cpu_percent(elapsed));
    samples_print(&load->transit, "", stdout);
    fputs(", ", stdout);
    samples_print(&load->lag, "lag_", stdout);
    puts("}");
}

int main(int count, char **words)
{
    static const struct option names[] = {
        {"legs", 1, 0, 'l'}, {"seconds", 1, 0, 't'}, {"warm-up", 1, 0, 'w'}, {"port", 1, 0, 'p'}, {0, 0, 0, 0}};
    struct load load = {.seconds = 5, .warm_up = 1};
    const char *legs = NULL;
    unsigned port = 4000;
    for (int name; (name = getopt_long(count, words, "", names, NULL)) != -1;)
        switch (name) {
        case 'l': legs = optarg; break;
        case 't': load.seconds = atof(optarg); break;
        case 'w': load.warm_up = atof(optarg); break;
        case 'p': port = (unsigned)atoi(optarg); break;
        default: fail("rtp: unknown option");
        }
    if (!legs)
        fail("rtp --legs FILE [--seconds N] [--warm-up N] [--port N]");
    uint64_t started_at = clock_now();
    net_prepare_process();
    read_legs(&load, legs);
    net_open(&load.net, (uint16_t)port);
    go_first();
    run(&load);
    print(&load, started_at);
    return 0;
}
