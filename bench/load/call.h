/* What the callers, the callees and the loop of the call generator share. */
#ifndef CALL_H
#define CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "measure.h"
#include "net.h"
#include "pace.h"
#include "phones.h"
#include "sip.h"
#include "table.h"
#include "timers.h"

struct options {
    struct sockaddr_in server;
    const char *server_text, *callers, *callees, *legs;
    enum algorithm algorithm;
    double rate, seconds, warm_up, hold;
    uint64_t calls;
    unsigned port, rtp_port;
    bool stay;
};

/* The states of a caller's call, in their order. */
enum call_state { FREE, CALLING, CALLING_WITH_DIGEST, PROCEEDING, TALKING, HANGING_UP };

struct call {
    enum call_state state;
    uint32_t serial, tries, phone, number_of_call, cseq;
    uint64_t begun_at;
    bool measured;
    struct message message;    /* the request under way, for sending again */
    char target[160];          /* the far end's Contact, once answered */
    char to[200];              /* the To of the last response, with its tag */
    char routes[512];          /* Route lines from Record-Route, reversed */
};

/* A callee's dialog: alive from the INVITE to the BYE. */
struct dialog {
    uint64_t key;
    uint32_t serial, tries;
    bool acknowledged;
    struct in_addr host;
    struct sockaddr_in from;
    struct message answer;     /* the 200, sent again until the ACK */
};

struct load {
    struct options options;
    struct phones callers, callees;
    struct net net;
    struct pace pace;
    struct timer_line caller_retries[SENDINGS], callee_retries[SENDINGS], hold;
    struct timer_line patience; /* from the first ringing to giving a call up as lost */
    struct samples setup_time; /* first INVITE sent to 200 received */
    struct refusals refusals;
    struct sockaddr_in *caller_media, *callee_media;   /* by phone: where the far end wants RTP */
    uint32_t word;

    struct call *calls;
    uint32_t call_count;
    uint32_t *free_calls;
    uint32_t free_count;
    struct dialog *dialogs;
    uint32_t dialog_count;
    uint32_t *free_dialogs;
    uint32_t free_dialog_count;
    struct table callee_dialogs;

    uint64_t offered, set_up, done, done_in_window, failed, lost, repeated, unexpected;
    uint64_t busy, up;         /* calls of any state but FREE; calls that are TALKING */
    uint64_t quiet_from;       /* when the last call ended */
    bool said_up, leaving;
};

void caller_begin(struct load *load, bool measured, uint64_t now);
void caller_response(struct load *load, const struct sip *sip, uint64_t at);
bool caller_owns(const struct load *load, const struct sip *request);
void caller_request(struct load *load, const struct sip *request, const struct datagram *datagram);
void caller_silence(struct load *load, const struct timer *timer, uint64_t now);
void caller_give_up(struct load *load, const struct timer *timer, uint64_t now);
void caller_hang_up(struct load *load, const struct timer *timer, uint64_t now);
void caller_release_all(struct load *load, uint64_t now);

void callee_request(struct load *load, const struct sip *request, const struct datagram *datagram);
void callee_silence(struct load *load, const struct timer *timer, uint64_t now);

/* G.711 µ-law and telephone events at that phone's address, as an offer or an answer. */
void write_sdp(char *out, size_t size, const char *host, unsigned port);

/* 200 to a request within a dialog, with a body for INVITE and UPDATE. */
void answer_in_dialog(struct load *load, const struct sip *request, const struct datagram *datagram);

#endif
