/* As much of SIP text as a load generator needs: find a header, answer a challenge, write a message. */
#ifndef SIP_H
#define SIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "net.h"

/* A piece of a received message; not ended by a zero. */
struct text {
    const char *at;
    size_t size;
};

struct sip {
    int status;                /* 0 for a request */
    struct text method, uri;   /* of a request */
    struct text headers;       /* all header lines */
    struct text body;
};

/* Split a datagram; false if it is no SIP message (a keep-alive, say). */
bool sip_read(const char *bytes, size_t size, struct sip *sip);

/* The value of the n-th header of that name (from 0); size 0 if there is none. `compact` may be 0. */
struct text sip_header(const struct sip *sip, const char *name, char compact, unsigned n);

bool text_is(struct text text, const char *words);

/* What stands between < and >, or all of it without. */
struct text sip_bracketed(struct text value);

/* The number and method of CSeq; 0 if it is missing. */
uint32_t sip_cseq(const struct sip *sip, struct text *method);

/* Where this SDP body wants its first stream; port 0 if it says nothing. */
struct sockaddr_in sip_media_address(struct text body);

/* A message that is being written. */
struct message {
    char bytes[NET_DATAGRAM];
    size_t size;
};

void message_add(struct message *message, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The body with its Content-Length and Content-Type; ends the message. */
void message_end(struct message *message, const char *body);

/* Begin a response: status line and the headers that RFC 3261 § 8.2.6 copies, To with `to_tag` if it has none. */
void message_reply(struct message *message, const struct sip *request, const char *status, const char *to_tag);

/* A challenge copied out of a 401 or 407. */
struct challenge {
    enum algorithm algorithm;
    bool proxy, with_qop, stale;
    char realm[128], nonce[256], opaque[128];
};

/* The first challenge of the wanted algorithm, else the first of any that we know; false if there is none. */
bool sip_challenge(const struct sip *response, enum algorithm wanted, struct challenge *challenge);

/* Add the Authorization (or Proxy-Authorization) line that answers the challenge. */
void message_authorize(struct message *message, const struct challenge *challenge, const char *username,
                       const char *password, const char *method, const char *uri);

#endif
