/* Registrations a second: REGISTER, 401, REGISTER with digest, 200, by an open loop over all phones.
 *
 * A phone keeps one Call-ID and a rising CSeq, as RFC 3261 § 10.2.4 asks, and has one registration under
 * way at a time; if every phone is busy when an attempt is due, the attempt counts as failed ("starved").
 * Prints one JSON object. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "net.h"
#include "pace.h"
#include "phones.h"
#include "sip.h"

struct options {
    struct sockaddr_in server;
    const char *server_text, *phones;
    enum algorithm algorithm;
    double rate, seconds, warm_up;
    unsigned port, expires;
    bool once, fresh;
};

enum state { IDLE, ASKED, ANSWERED };   /* nothing under way; first REGISTER sent; the one with digest sent */

struct registration {
    enum state state;
    uint32_t serial, cseq, tries;
    uint64_t begun_at;
    bool measured;
    struct message message;
};

struct load {
    struct options options;
    struct phones phones;
    struct registration *registrations;
    struct net net;
    struct pace pace;
    struct timer_line retries[SENDINGS];
    struct samples latency;
    struct refusals refusals;
    uint32_t word, next_phone, busy;
    uint64_t offered, done, done_in_window, failed, starved, lost, repeated;
};

static void write_register(struct load *load, uint32_t slot, const struct challenge *challenge)
{
    struct registration *r = &load->registrations[slot];
    const struct phone *phone = &load->phones.list[slot];
    const char *server = load->options.server_text;
    char uri[80];
    uint32_t attempt = load->options.fresh ? r->serial : 0;
    snprintf(uri, sizeof uri, "sip:%s", server);
    r->cseq++;
    r->message.size = 0;
    message_add(&r->message,
                "REGISTER %s SIP/2.0\r\n"
                "Via: SIP/2.0/UDP %s:%u;branch=z9hG4bK%08x%x.%u;rport\r\n"
                "Max-Forwards: 70\r\n"
                "From: <sip:%s@%s>;tag=%x%x\r\n"
                "To: <sip:%s@%s>\r\n"
                "Call-ID: %u-%08x-%x@bench\r\n"
                "CSeq: %u REGISTER\r\n"
                "Contact: <sip:%s@%s:%u>\r\n"
                "Expires: %u\r\n"
                "User-Agent: bench\r\n",
                uri, phone->host, load->net.port, load->word, slot, r->cseq, phone->username, server,
                load->word, slot, phone->username, server, slot, load->word, attempt, r->cseq,
                phone->username, phone->host, load->net.port, load->options.expires);
    if (challenge)
        message_authorize(&r->message, challenge, phone->username, phone->password, "REGISTER", uri);
    message_end(&r->message, "");
}

static void transmit(struct load *load, uint32_t slot, uint64_t now)
{
    struct registration *r = &load->registrations[slot];
    net_send(&load->net, load->phones.list[slot].address, load->options.server, r->message.bytes, r->message.size);
    timer_set(&load->retries[r->tries], now, slot, r->serial);
}

static void send_new(struct load *load, uint32_t slot, const struct challenge *challenge, uint64_t now)
{
    struct registration *r = &load->registrations[slot];
    r->serial++;
    r->tries = 0;
    write_register(load, slot, challenge);
    transmit(load, slot, now);
}

/* The next phone in turn with nothing under way. */
static bool next_idle(struct load *load, uint32_t *slot)
{
    for (uint32_t seen = 0; seen < load->phones.count; seen++) {
        *slot = load->next_phone++ % load->phones.count;
        if (load->registrations[*slot].state == IDLE)
            return true;
    }
    return false;
}

static void begin(struct load *load, bool measured, uint64_t now)
{
    uint32_t slot;
    load->offered += measured;
    if (!next_idle(load, &slot)) {
        load->starved += measured;
        load->failed += measured;
        return;
    }
    struct registration *r = &load->registrations[slot];
    r->state = ASKED;
    r->begun_at = now;
    r->measured = measured;
    load->busy++;
    send_new(load, slot, NULL, now);
}

static void end(struct load *load, uint32_t slot, bool good, uint64_t at)
{
    struct registration *r = &load->registrations[slot];
    r->state = IDLE;
    r->serial++;
    load->busy--;
    if (!r->measured)
        return;
    load->failed += !good;
    load->done += good;
    load->done_in_window += good && pace_measures(&load->pace, at);
    if (good)
        samples_add(&load->latency, at - r->begun_at);
}

static void on_answer(struct load *load, uint32_t slot, const struct sip *sip, uint64_t at)
{
    struct registration *r = &load->registrations[slot];
    struct challenge challenge;
    bool asked = sip->status == 401 || sip->status == 407;
    if (asked && sip_challenge(sip, load->options.algorithm, &challenge) && (r->state == ASKED || challenge.stale)) {
        r->state = ANSWERED;
        send_new(load, slot, &challenge, clock_now());
        return;
    }
    if (sip->status >= 300)
        load->refusals.by_status[sip->status % 1000]++;
    end(load, slot, sip->status < 300, at);
}

static void on_datagram(void *context, const struct datagram *datagram)
{
    struct load *load = context;
    struct sip sip;
    struct text method = {0};
    if (!sip_read(datagram->bytes, datagram->size, &sip) || sip.status < 200)
        return;
    uint32_t slot = (uint32_t)strtoul(sip_header(&sip, "Call-ID", 'i', 0).at, NULL, 10);
    if (slot >= load->phones.count)
        return;
    const struct registration *r = &load->registrations[slot];
    if (r->state != IDLE && sip_cseq(&sip, &method) == r->cseq)
        on_answer(load, slot, &sip, datagram->at);
}

static void on_silence(struct load *load, const struct timer *timer, uint64_t now)
{
    struct registration *r = &load->registrations[timer->slot];
    if (r->serial != timer->serial)
        return;
    if (++r->tries == SENDINGS) {
        load->lost += r->measured;
        end(load, timer->slot, false, now);
        return;
    }
    load->repeated += r->measured;
    transmit(load, timer->slot, now);
}

static uint64_t next_event(const struct load *load, uint64_t now)
{
    uint64_t next = pace_next(&load->pace);
    for (int i = 0; i < SENDINGS; i++)
        next = timer_next(&load->retries[i], next);
    return next < now + SECOND / 10 ? next : now + SECOND / 10;
}

static void run(struct load *load)
{
    struct timer timer;
    bool measured;
    uint64_t now = clock_now();
    while (!pace_ended(&load->pace, now) || load->busy) {
        while (pace_take(&load->pace, now, &measured))
            begin(load, measured, now);
        for (int i = 0; i < SENDINGS; i++)
            while (timer_take(&load->retries[i], now, &timer))
                on_silence(load, &timer, now);
        net_flush(&load->net);
        net_wait(&load->net, next_event(load, now));
        net_receive(&load->net, on_datagram, load);
        net_flush(&load->net);
        now = clock_now();
    }
}

static void print(struct load *load)
{
    printf("{\"offered\": %lu, \"done\": %lu, \"done_in_window\": %lu, \"failed\": %lu, \"starved\": %lu, "
           "\"lost\": %lu, \"repeated\": %lu, ",
           load->offered, load->done, load->done_in_window, load->failed, load->starved, load->lost, load->repeated);
    refusals_print(&load->refusals, stdout);
    fputs(", ", stdout);
    samples_print(&load->latency, "", stdout);
    fputs(", ", stdout);
    pace_print(&load->pace, stdout);
    puts("}");
}

static struct options read_options(int count, char **words)
{
    static const struct option names[] = {
        {"server", 1, 0, 's'}, {"phones", 1, 0, 'f'}, {"rate", 1, 0, 'r'}, {"seconds", 1, 0, 't'},
        {"warm-up", 1, 0, 'w'}, {"port", 1, 0, 'p'}, {"expires", 1, 0, 'e'}, {"sha256", 0, 0, 'S'},
        {"once", 0, 0, 'o'}, {"fresh", 0, 0, 'n'}, {0, 0, 0, 0}};
    struct options o = {.rate = 100, .seconds = 5, .warm_up = 0, .port = 5066, .expires = 3600};
    for (int name; (name = getopt_long(count, words, "", names, NULL)) != -1;)
        switch (name) {
        case 's': o.server = net_address(o.server_text = optarg); break;
        case 'f': o.phones = optarg; break;
        case 'r': o.rate = atof(optarg); break;
        case 't': o.seconds = atof(optarg); break;
        case 'w': o.warm_up = atof(optarg); break;
        case 'p': o.port = (unsigned)atoi(optarg); break;
        case 'e': o.expires = (unsigned)atoi(optarg); break;
        case 'S': o.algorithm = SHA256; break;
        case 'o': o.once = true; break;
        case 'n': o.fresh = true; break;
        default: fail("register: unknown option");
        }
    if (!o.server_text || !o.phones || o.rate <= 0)
        fail("register --server HOST:PORT --phones FILE --rate N [--seconds N] [--warm-up N] [--once] [--fresh] "
             "[--sha256] [--port N] [--expires N]");
    return o;
}

int main(int count, char **words)
{
    struct load load = {.options = read_options(count, words), .word = run_word()};
    net_prepare_process();
    load.phones = phones_read(load.options.phones);
    load.registrations = must_allocate(load.phones.count, sizeof *load.registrations);
    net_open(&load.net, (uint16_t)load.options.port);
    pace_retries(load.retries);
    pace_start(&load.pace, load.options.rate, load.options.warm_up, load.options.seconds,
               load.options.once ? load.phones.count : 0);
    run(&load);
    print(&load);
    return 0;
}
