/* Calls a second through a B2BUA or proxy: INVITE, 401, ACK, INVITE with digest, 100, 180, 200, ACK, a hold,
 * BYE, 200, by an open loop. This program is every caller (caller.c) and every callee (callee.c).
 *
 * A call has succeeded when the caller's BYE is answered; it counts as done in time if that happened within the
 * window. Callee dialogs that saw no BYE are counted too ("callees_left"). Prints one JSON object. With --stay,
 * the calls are held until standard input ends: an `{"up": …}` line says that all are up. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call.h"

static const char *const USAGE =
    "call --server HOST:PORT --callers FILE --callees FILE --rate N [--seconds N] [--warm-up N] [--hold SECONDS]\n"
    "     [--calls N --stay --legs FILE] [--sha256] [--port N] [--rtp-port N]";

static void on_datagram(void *context, const struct datagram *datagram)
{
    struct load *load = context;
    struct sip sip;
    if (!sip_read(datagram->bytes, datagram->size, &sip))
        return;
    if (sip.status)
        caller_response(load, &sip, datagram->at);
    else if (caller_owns(load, &sip))
        caller_request(load, &sip, datagram);
    else
        callee_request(load, &sip, datagram);
}

static void fire(struct load *load, uint64_t now)
{
    struct timer timer;
    for (int i = 0; i < SENDINGS; i++) {
        while (timer_take(&load->caller_retries[i], now, &timer))
            caller_silence(load, &timer, now);
        while (timer_take(&load->callee_retries[i], now, &timer))
            callee_silence(load, &timer, now);
    }
    while (timer_take(&load->patience, now, &timer))
        caller_give_up(load, &timer, now);
    while (timer_take(&load->hold, now, &timer))
        caller_hang_up(load, &timer, now);
}

static uint64_t next_event(const struct load *load, uint64_t now)
{
    uint64_t next = timer_next(&load->hold, pace_next(&load->pace));
    for (int i = 0; i < SENDINGS; i++)
        next = timer_next(&load->callee_retries[i], timer_next(&load->caller_retries[i], next));
    return next < now + SECOND / 20 ? next : now + SECOND / 20;
}

static bool input_ended(void)
{
    char byte;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

/* One line per leg, callers and callees in turn: its own address, then where it is to send. */
static void write_legs(const struct load *load)
{
    FILE *file = fopen(load->options.legs, "we");
    if (!file)
        fail("%s: %s", load->options.legs, strerror(errno));
    for (uint32_t n = 0; n < load->pace.limit; n++) {
        const struct phone *ends[2] = {&load->callers.list[n], &load->callees.list[n]};
        const struct sockaddr_in *media[2] = {&load->caller_media[n], &load->callee_media[n]};
        for (int i = 0; i < 2; i++)
            fprintf(file, "%s %s %u\n", ends[i]->host, inet_ntoa(media[i]->sin_addr), ntohs(media[i]->sin_port));
    }
    fclose(file);
}

/* With --stay: once all calls are up say so; once standard input has ended let them go, at the pace they came. */
static void mind_stay(struct load *load, uint64_t now)
{
    if (!load->said_up && load->pace.begun == load->pace.limit && load->up + load->failed == load->pace.limit) {
        if (load->options.legs && !load->failed)
            write_legs(load);
        printf("{\"up\": %lu, \"failed\": %lu, \"lost\": %lu, ", load->up, load->failed, load->lost);
        refusals_print(&load->refusals, stdout);
        puts("}");
        fflush(stdout);
        load->said_up = true;
    }
    if (load->said_up && !load->leaving && input_ended()) {
        load->leaving = true;
        caller_release_all(load, now);
    }
}

static bool is_over(const struct load *load, uint64_t now)
{
    bool told = !load->options.stay || load->leaving;
    return told && pace_ended(&load->pace, now) && !load->busy && now > load->quiet_from + SECOND / 5;
}

static void run(struct load *load)
{
    bool measured;
    uint64_t now = clock_now();
    while (!is_over(load, now)) {
        while (pace_take(&load->pace, now, &measured))
            caller_begin(load, measured, now);
        fire(load, now);
        if (load->options.stay)
            mind_stay(load, now);
        net_flush(&load->net);
        net_wait(&load->net, next_event(load, now));
        net_receive(&load->net, on_datagram, load);
        net_flush(&load->net);
        now = clock_now();
    }
}

static void print(struct load *load)
{
    printf("{\"offered\": %lu, \"set_up\": %lu, \"done\": %lu, \"done_in_window\": %lu, \"failed\": %lu, \"lost\": %lu, "
           "\"repeated\": %lu, \"callees_left\": %lu, \"unexpected\": %lu, ",
           load->offered, load->set_up, load->done, load->done_in_window, load->failed, load->lost, load->repeated,
           load->callee_dialogs.count, load->unexpected);
    refusals_print(&load->refusals, stdout);
    fputs(", ", stdout);
    samples_print(&load->setup_time, "setup_", stdout);
    fputs(", ", stdout);
    pace_print(&load->pace, stdout);
    puts("}");
}

static struct options read_options(int count, char **words)
{
    static const struct option names[] = {
        {"server", 1, 0, 's'}, {"callers", 1, 0, 'a'}, {"callees", 1, 0, 'b'}, {"rate", 1, 0, 'r'},
        {"seconds", 1, 0, 't'}, {"warm-up", 1, 0, 'w'}, {"hold", 1, 0, 'h'}, {"calls", 1, 0, 'n'},
        {"stay", 0, 0, 'y'}, {"legs", 1, 0, 'l'}, {"sha256", 0, 0, 'S'}, {"port", 1, 0, 'p'},
        {"rtp-port", 1, 0, 'm'}, {0, 0, 0, 0}};
    struct options o = {.rate = 1, .seconds = 5, .hold = 0.2, .port = 5066, .rtp_port = 4000};
    for (int name; (name = getopt_long(count, words, "", names, NULL)) != -1;)
        switch (name) {
        case 's': o.server = net_address(o.server_text = optarg); break;
        case 'a': o.callers = optarg; break;
        case 'b': o.callees = optarg; break;
        case 'r': o.rate = atof(optarg); break;
        case 't': o.seconds = atof(optarg); break;
        case 'w': o.warm_up = atof(optarg); break;
        case 'h': o.hold = atof(optarg); break;
        case 'n': o.calls = (uint64_t)atoll(optarg); break;
        case 'y': o.stay = true; break;
        case 'l': o.legs = optarg; break;
        case 'S': o.algorithm = SHA256; break;
        case 'p': o.port = (unsigned)atoi(optarg); break;
        case 'm': o.rtp_port = (unsigned)atoi(optarg); break;
        default: fail("%s", USAGE);
        }
    if (!o.server_text || !o.callers || !o.callees || o.rate <= 0 || (o.stay && !o.calls))
        fail("%s", USAGE);
    return o;
}

static void prepare(struct load *load)
{
    struct options *o = &load->options;
    load->callers = phones_read(o->callers);
    load->callees = phones_read(o->callees);
    if (o->stay && (o->calls > load->callers.count || o->calls > load->callees.count))
        fail("--stay needs a caller and a callee for each call");
    load->caller_media = must_allocate(load->callers.count, sizeof *load->caller_media);
    load->callee_media = must_allocate(load->callees.count, sizeof *load->callee_media);
    net_open(&load->net, (uint16_t)o->port);
    pace_retries(load->caller_retries);
    pace_retries(load->callee_retries);
    load->hold.delay = (uint64_t)(o->hold * SECOND);
    load->patience.delay = 8 * SECOND;
    pace_start(&load->pace, o->rate, o->warm_up, o->seconds, o->calls);
}

int main(int count, char **words)
{
    static struct load load;
    load.options = read_options(count, words);
    load.word = run_word();
    net_prepare_process();
    prepare(&load);
    run(&load);
    print(&load);
    return 0;
}
