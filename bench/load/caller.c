/* The callers: one state per call, driven by responses and timers. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "call.h"

static void enter(struct call *call, enum call_state state)
{
    call->state = state;
    call->serial++;
    call->tries = 0;
}

static uint32_t take_slot(struct load *load)
{
    if (load->free_count)
        return load->free_calls[--load->free_count];
    uint32_t slot = load->call_count++;
    load->calls = must_resize(load->calls, load->call_count, sizeof *load->calls);
    load->free_calls = must_resize(load->free_calls, load->call_count, sizeof *load->free_calls);
    memset(&load->calls[slot], 0, sizeof *load->calls);
    return slot;
}

static void transmit(struct load *load, uint32_t slot, uint64_t now)
{
    struct call *call = &load->calls[slot];
    net_send(&load->net, load->callers.list[call->phone].address, load->options.server,
             call->message.bytes, call->message.size);
    timer_set(&load->caller_retries[call->tries], now, slot, call->serial);
}

/* Request line to CSeq. A branch is new per call, CSeq number and method; an ACK to a 2xx so has its own. */
static void write_head(struct load *load, uint32_t slot, struct message *message, const char *method, const char *uri,
                       const char *to, const char *branch)
{
    const struct call *call = &load->calls[slot];
    const struct phone *phone = &load->callers.list[call->phone];
    message->size = 0;
    message_add(message,
                "%s %s SIP/2.0\r\n"
                "Via: SIP/2.0/UDP %s:%u;branch=z9hG4bK%08x.%u.%u.%s;rport\r\n"
                "Max-Forwards: 70\r\n"
                "%s"
                "From: <sip:%s@%s>;tag=a%08x%u\r\n"
                "To: %s\r\n"
                "Call-ID: a%u-%u-%08x@bench\r\n"
                "CSeq: %u %s\r\n",
                method, uri, phone->host, load->net.port, load->word, call->number_of_call, call->cseq, branch,
                call->routes, phone->username, load->options.server_text, load->word, call->number_of_call, to,
                slot, call->number_of_call, load->word, call->cseq, method);
}

void write_sdp(char *out, size_t size, const char *host, unsigned port)
{
    snprintf(out, size,
             "v=0\r\no=bench 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP 0 101\r\n"
             "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
             host, host, port);
}

static const char *called_number(const struct load *load, const struct call *call)
{
    return load->callees.list[call->number_of_call % load->callees.count].number;
}

static void write_invite(struct load *load, uint32_t slot, const struct challenge *challenge)
{
    struct call *call = &load->calls[slot];
    const struct phone *phone = &load->callers.list[call->phone];
    char uri[100], to[104], sdp[400];
    snprintf(uri, sizeof uri, "sip:%s@%s", called_number(load, call), load->options.server_text);
    snprintf(to, sizeof to, "<%s>", uri);
    write_sdp(sdp, sizeof sdp, phone->host, load->options.rtp_port);
    call->cseq++;
    write_head(load, slot, &call->message, "INVITE", uri, to, "i");
    message_add(&call->message,
                "Contact: <sip:%s@%s:%u>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE\r\nUser-Agent: bench\r\n",
                phone->username, phone->host, load->net.port);
    if (challenge)
        message_authorize(&call->message, challenge, phone->username, phone->password, "INVITE", uri);
    message_end(&call->message, sdp);
}

/* The ACK to a refusal: same branch and To as RFC 3261 § 17.1.1.3 asks. */
static void acknowledge_refusal(struct load *load, uint32_t slot)
{
    struct call *call = &load->calls[slot];
    struct message ack;
    char uri[100];
    snprintf(uri, sizeof uri, "sip:%s@%s", called_number(load, call), load->options.server_text);
    write_head(load, slot, &ack, "ACK", uri, call->to, "i");
    message_end(&ack, "");
    net_send(&load->net, load->callers.list[call->phone].address, load->options.server, ack.bytes, ack.size);
}

static void acknowledge_answer(struct load *load, uint32_t slot)
{
    struct call *call = &load->calls[slot];
    struct message ack;
    uint32_t cseq_now = call->cseq;
    call->cseq = 2;
    write_head(load, slot, &ack, "ACK", call->target, call->to, "k");
    call->cseq = cseq_now;
    message_end(&ack, "");
    net_send(&load->net, load->callers.list[call->phone].address, load->options.server, ack.bytes, ack.size);
}

void caller_begin(struct load *load, bool measured, uint64_t now)
{
    uint32_t slot = take_slot(load);
    struct call *call = &load->calls[slot];
    call->number_of_call = (uint32_t)load->pace.begun - 1;
    call->phone = call->number_of_call % load->callers.count;
    call->begun_at = now;
    call->measured = measured;
    call->cseq = 0;
    call->routes[0] = 0;
    load->offered += call->measured;
    load->busy++;
    enter(call, CALLING);
    write_invite(load, slot, NULL);
    transmit(load, slot, now);
}

static void end(struct load *load, uint32_t slot, bool good, uint64_t at)
{
    struct call *call = &load->calls[slot];
    load->up -= call->state == TALKING;
    load->failed += call->measured && !good;
    load->done += call->measured && good;
    load->done_in_window += call->measured && good && pace_measures(&load->pace, at);
    load->busy--;
    load->quiet_from = at;
    enter(call, FREE);
    load->free_calls[load->free_count++] = slot;
}

/* The Route lines of the dialog: Record-Route of the answer, last first (RFC 3261 § 12.1.2). */
static void read_routes(struct call *call, const struct sip *sip)
{
    unsigned count = 0;
    size_t used = 0;
    while (sip_header(sip, "Record-Route", 0, count).size)
        count++;
    call->routes[0] = 0;
    while (count--) {
        struct text route = sip_header(sip, "Record-Route", 0, count);
        int written = snprintf(call->routes + used, sizeof call->routes - used, "Route: %.*s\r\n", (int)route.size, route.at);
        used += (size_t)written;
        if (used >= sizeof call->routes)
            fail("a route set too long");
    }
}

static void on_accepted(struct load *load, uint32_t slot, const struct sip *sip, uint64_t at)
{
    struct call *call = &load->calls[slot];
    struct text target = sip_bracketed(sip_header(sip, "Contact", 'm', 0));
    snprintf(call->target, sizeof call->target, "%.*s", (int)target.size, target.at);
    read_routes(call, sip);
    load->caller_media[call->phone] = sip_media_address(sip->body);
    acknowledge_answer(load, slot);
    enter(call, TALKING);
    load->up++;
    load->set_up += call->measured;
    if (call->measured)
        samples_add(&load->setup_time, at - call->begun_at);
    if (!load->options.stay || load->leaving)
        timer_set(&load->hold, clock_now(), slot, call->serial);
}

static void on_refused(struct load *load, uint32_t slot, const struct sip *sip, uint64_t at)
{
    struct call *call = &load->calls[slot];
    struct challenge challenge;
    bool asked = sip->status == 401 || sip->status == 407;
    acknowledge_refusal(load, slot);
    if (asked && call->state == CALLING && sip_challenge(sip, load->options.algorithm, &challenge)) {
        enter(call, CALLING_WITH_DIGEST);
        write_invite(load, slot, &challenge);
        transmit(load, slot, clock_now());
        return;
    }
    load->refusals.by_status[sip->status % 1000]++;
    end(load, slot, false, at);
}

static void on_invite_response(struct load *load, uint32_t slot, const struct sip *sip, uint64_t at)
{
    struct call *call = &load->calls[slot];
    bool pending = call->state == CALLING || call->state == CALLING_WITH_DIGEST || call->state == PROCEEDING;
    if (!pending) {
        if (sip->status >= 200 && sip->status < 300 && call->state >= TALKING)
            acknowledge_answer(load, slot);
        return;
    }
    struct text to = sip_header(sip, "To", 't', 0);
    snprintf(call->to, sizeof call->to, "%.*s", (int)to.size, to.at);
    if (sip->status < 200) {
        if (call->state == CALLING_WITH_DIGEST) {
            enter(call, PROCEEDING);
            timer_set(&load->patience, at, slot, call->serial);
        }
    } else if (sip->status < 300) {
        on_accepted(load, slot, sip, at);
    } else {
        on_refused(load, slot, sip, at);
    }
}

/* The slot that our own Call-ID names, if that call still lives. */
static uint32_t slot_of(const struct load *load, const struct sip *sip)
{
    unsigned slot, number, word;
    struct text call_id = sip_header(sip, "Call-ID", 'i', 0);
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)call_id.size, call_id.size ? call_id.at : "");
    if (sscanf(text, "a%u-%u-%x@bench", &slot, &number, &word) != 3 || word != load->word)
        return TABLE_NONE;
    bool alive = slot < load->call_count && load->calls[slot].state != FREE
        && load->calls[slot].number_of_call == number;
    return alive ? slot : TABLE_NONE;
}

void caller_response(struct load *load, const struct sip *sip, uint64_t at)
{
    struct text method = {0};
    uint32_t slot = slot_of(load, sip), cseq = sip_cseq(sip, &method);
    if (slot == TABLE_NONE)
        return;
    if (text_is(method, "INVITE")) {
        if (cseq == load->calls[slot].cseq || load->calls[slot].state >= TALKING)
            on_invite_response(load, slot, sip, at);
    } else if (text_is(method, "BYE") && load->calls[slot].state == HANGING_UP && sip->status >= 200) {
        if (sip->status >= 300)
            load->refusals.by_status[sip->status % 1000]++;
        end(load, slot, sip->status < 300, at);
    }
}

/* A proxy hands the callee the caller's own Call-ID: a request is the caller's if it was sent to its address. */
bool caller_owns(const struct load *load, const struct sip *request)
{
    struct text from = sip_header(request, "From", 'f', 0);
    char tag[32];
    snprintf(tag, sizeof tag, ";tag=a%08x", load->word);
    return slot_of(load, request) != TABLE_NONE && !memmem(from.at, from.size, tag, strlen(tag));
}

/* The server has no reason to end a call or to change one: the first fails it, the second is answered. */
void caller_request(struct load *load, const struct sip *request, const struct datagram *datagram)
{
    uint32_t slot = slot_of(load, request);
    if (text_is(request->method, "ACK"))
        return;
    load->unexpected++;
    answer_in_dialog(load, request, datagram);
    if (text_is(request->method, "BYE") && load->calls[slot].state == TALKING)
        end(load, slot, false, datagram->at);
}

void caller_silence(struct load *load, const struct timer *timer, uint64_t now)
{
    struct call *call = &load->calls[timer->slot];
    if (call->serial != timer->serial || call->state == FREE)
        return;
    if (++call->tries == SENDINGS) {
        load->lost += call->measured;
        end(load, timer->slot, false, now);
        return;
    }
    load->repeated += call->measured;
    transmit(load, timer->slot, now);
}

void caller_give_up(struct load *load, const struct timer *timer, uint64_t now)
{
    const struct call *call = &load->calls[timer->slot];
    if (call->serial != timer->serial)
        return;
    load->lost += call->measured;
    end(load, timer->slot, false, now);
}

static void send_bye(struct load *load, uint32_t slot, uint64_t now)
{
    struct call *call = &load->calls[slot];
    call->cseq++;
    write_head(load, slot, &call->message, "BYE", call->target, call->to, "b");
    message_end(&call->message, "");
    load->up--;
    enter(call, HANGING_UP);
    transmit(load, slot, now);
}

void caller_hang_up(struct load *load, const struct timer *timer, uint64_t now)
{
    struct call *call = &load->calls[timer->slot];
    if (call->serial == timer->serial && call->state == TALKING)
        send_bye(load, timer->slot, now);
}

void caller_release_all(struct load *load, uint64_t now)
{
    uint64_t step = (uint64_t)(SECOND / load->options.rate), at = now;
    load->hold.delay = 0;
    for (uint32_t slot = 0; slot < load->call_count; slot++) {
        if (load->calls[slot].state == TALKING)
            timer_set(&load->hold, at, slot, load->calls[slot].serial);
        at += step;
    }
}
