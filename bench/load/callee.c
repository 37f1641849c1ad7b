/* The callees: ring and accept at once, acknowledge the BYE. */
#include <stdlib.h>
#include <string.h>

#include "call.h"

static uint32_t take_dialog(struct load *load)
{
    if (load->free_dialog_count)
        return load->free_dialogs[--load->free_dialog_count];
    uint32_t slot = load->dialog_count++;
    load->dialogs = must_resize(load->dialogs, load->dialog_count, sizeof *load->dialogs);
    load->free_dialogs = must_resize(load->free_dialogs, load->dialog_count, sizeof *load->free_dialogs);
    memset(&load->dialogs[slot], 0, sizeof *load->dialogs);
    return slot;
}

static void reply(struct load *load, const struct datagram *datagram, struct message *message)
{
    net_send(&load->net, datagram->to, datagram->from, message->bytes, message->size);
}

static void host_words(struct in_addr host, char out[INET_ADDRSTRLEN])
{
    const uint8_t *bytes = (const uint8_t *)&host;
    snprintf(out, INET_ADDRSTRLEN, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

static void write_accept(struct load *load, const struct sip *request, struct in_addr host, const char *tag,
                         struct message *message)
{
    char words[INET_ADDRSTRLEN], sdp[400];
    host_words(host, words);
    write_sdp(sdp, sizeof sdp, words, load->options.rtp_port);
    message_reply(message, request, "200 OK", tag);
    message_add(message, "Contact: <sip:bench@%s:%u>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE\r\n",
                words, load->net.port);
    message_end(message, sdp);
}

/* The phone that lives at this address, for the media of its call. */
static void note_media(struct load *load, struct in_addr host, const struct sip *request)
{
    if (!load->options.stay)
        return;
    for (uint32_t n = 0; n < load->callees.count; n++)
        if (load->callees.list[n].address.s_addr == host.s_addr)
            load->callee_media[n] = sip_media_address(request->body);
}

static void on_invite(struct load *load, const struct sip *request, const struct datagram *datagram, uint64_t key)
{
    struct message ringing;
    char tag[24];
    uint32_t slot = take_dialog(load);
    struct dialog *dialog = &load->dialogs[slot];
    snprintf(tag, sizeof tag, "b%016lx", key);
    dialog->key = key;
    dialog->host = datagram->to;
    dialog->from = datagram->from;
    dialog->acknowledged = false;
    dialog->tries = 0;
    dialog->serial++;
    table_put(&load->callee_dialogs, key, slot);
    note_media(load, datagram->to, request);
    message_reply(&ringing, request, "180 Ringing", tag);
    message_add(&ringing, "Contact: <sip:bench@%s:%u>\r\n", load->callees.list[0].host, load->net.port);
    message_end(&ringing, "");
    reply(load, datagram, &ringing);
    write_accept(load, request, datagram->to, tag, &dialog->answer);
    reply(load, datagram, &dialog->answer);
    timer_set(&load->callee_retries[0], clock_now(), slot, dialog->serial);
}

static void on_bye(struct load *load, uint32_t slot)
{
    if (slot == TABLE_NONE)
        return;
    table_remove(&load->callee_dialogs, load->dialogs[slot].key);
    load->dialogs[slot].serial++;
    load->free_dialogs[load->free_dialog_count++] = slot;
}

void answer_in_dialog(struct load *load, const struct sip *request, const struct datagram *datagram)
{
    struct message message;
    if (text_is(request->method, "INVITE") || text_is(request->method, "UPDATE")) {
        write_accept(load, request, datagram->to, "x", &message);
    } else {
        message_reply(&message, request, "200 OK", "x");
        message_end(&message, "");
    }
    reply(load, datagram, &message);
}

void callee_request(struct load *load, const struct sip *request, const struct datagram *datagram)
{
    struct text call_id = sip_header(request, "Call-ID", 'i', 0);
    uint64_t key = table_key(call_id.at, call_id.size);
    uint32_t slot = table_get(&load->callee_dialogs, key);
    if (text_is(request->method, "ACK")) {
        if (slot != TABLE_NONE)
            load->dialogs[slot].acknowledged = true;
    } else if (text_is(request->method, "INVITE") && slot == TABLE_NONE) {
        on_invite(load, request, datagram, key);
    } else if (text_is(request->method, "INVITE") && !load->dialogs[slot].acknowledged) {
        reply(load, datagram, &load->dialogs[slot].answer);
    } else if (text_is(request->method, "BYE")) {
        answer_in_dialog(load, request, datagram);
        on_bye(load, slot);
    } else {
        load->unexpected += !text_is(request->method, "OPTIONS");
        answer_in_dialog(load, request, datagram);
    }
}

void callee_silence(struct load *load, const struct timer *timer, uint64_t now)
{
    struct dialog *dialog = &load->dialogs[timer->slot];
    if (dialog->serial != timer->serial || dialog->acknowledged || ++dialog->tries == SENDINGS)
        return;
    load->repeated++;
    net_send(&load->net, dialog->host, dialog->from, dialog->answer.bytes, dialog->answer.size);
    timer_set(&load->callee_retries[dialog->tries], now, timer->slot, dialog->serial);
}
