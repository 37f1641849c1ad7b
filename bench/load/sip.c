#define _GNU_SOURCE
#include "sip.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "measure.h"

static struct text trimmed(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r'))
        to--;
    return (struct text){from, (size_t)(to - from)};
}

bool text_is(struct text text, const char *words)
{
    return text.size == strlen(words) && !strncasecmp(text.at, words, text.size);
}

static void read_start_line(struct sip *sip, const char *line, const char *end)
{
    const char *first = memchr(line, ' ', (size_t)(end - line));
    if (!first)
        return;
    if (!strncmp(line, "SIP/2.0 ", 8)) {
        sip->status = atoi(first + 1);
        return;
    }
    const char *second = memchr(first + 1, ' ', (size_t)(end - first - 1));
    sip->method = trimmed(line, first);
    sip->uri = trimmed(first, second ? second : end);
}

bool sip_read(const char *bytes, size_t size, struct sip *sip)
{
    *sip = (struct sip){0};
    const char *line_end = memmem(bytes, size, "\r\n", 2);
    const char *blank = memmem(bytes, size, "\r\n\r\n", 4);
    if (!blank || line_end == bytes)
        return false;
    read_start_line(sip, bytes, line_end);
    sip->headers = (struct text){line_end + 2, (size_t)(blank - line_end)};
    sip->body = (struct text){blank + 4, (size_t)(bytes + size - blank - 4)};
    return sip->status || sip->method.size;
}

static bool line_is_named(struct text line, const char *name, size_t length, char compact)
{
    if (line.size > length && line.at[length] == ':' && !strncasecmp(line.at, name, length))
        return true;
    return compact && line.size > 1 && line.at[1] == ':' && (line.at[0] | 0x20) == compact;
}

/* Take the next line off the front of the headers. */
static struct text next_line(struct text *rest)
{
    const char *end = memchr(rest->at, '\n', rest->size);
    size_t taken = end ? (size_t)(end - rest->at) + 1 : rest->size;
    struct text line = {rest->at, taken};
    rest->at += taken;
    rest->size -= taken;
    return line;
}

static struct text line_value(struct text line)
{
    const char *colon = memchr(line.at, ':', line.size);
    const char *end = line.at + line.size;
    while (end > line.at && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    return trimmed(colon + 1, end);
}

struct text sip_header(const struct sip *sip, const char *name, char compact, unsigned n)
{
    struct text rest = sip->headers;
    size_t length = strlen(name);
    while (rest.size) {
        struct text line = next_line(&rest);
        if (line_is_named(line, name, length, compact) && !n--)
            return line_value(line);
    }
    return (struct text){0};
}

struct text sip_bracketed(struct text value)
{
    const char *open = value.size ? memchr(value.at, '<', value.size) : NULL;
    const char *close = open ? memchr(open, '>', value.size - (size_t)(open - value.at)) : NULL;
    return close ? trimmed(open + 1, close) : value;
}

uint32_t sip_cseq(const struct sip *sip, struct text *method)
{
    struct text value = sip_header(sip, "CSeq", 0, 0);
    const char *space = value.size ? memchr(value.at, ' ', value.size) : NULL;
    if (!space)
        return 0;
    *method = trimmed(space, value.at + value.size);
    return (uint32_t)strtoul(value.at, NULL, 10);
}

/* The text that follows `mark` in the body, up to the line's end. */
static bool sdp_line(struct text body, const char *mark, char *out, size_t size)
{
    const char *found = body.size ? memmem(body.at, body.size, mark, strlen(mark)) : NULL;
    if (!found)
        return false;
    found += strlen(mark);
    size_t i = 0, left = body.size - (size_t)(found - body.at);
    for (; i < left && i + 1 < size && found[i] != '\r' && found[i] != '\n'; i++)
        out[i] = found[i];
    out[i] = 0;
    return true;
}

struct sockaddr_in sip_media_address(struct text body)
{
    char host[64], port[64];
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (sdp_line(body, "m=audio ", port, sizeof port) && sdp_line(body, "c=IN IP4 ", host, sizeof host)
        && inet_pton(AF_INET, host, &address.sin_addr) == 1)
        address.sin_port = htons((uint16_t)atoi(port));
    return address;
}

void message_add(struct message *message, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t left = sizeof message->bytes - message->size;
    int written = vsnprintf(message->bytes + message->size, left, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written >= left)
        fail("a message of more than %zu bytes", sizeof message->bytes);
    message->size += (size_t)written;
}

void message_end(struct message *message, const char *body)
{
    if (*body)
        message_add(message, "Content-Type: application/sdp\r\n");
    message_add(message, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
}

static bool is_copied(struct text line)
{
    return line_is_named(line, "Via", 3, 'v') || line_is_named(line, "From", 4, 'f')
        || line_is_named(line, "Call-ID", 7, 'i') || line_is_named(line, "CSeq", 4, 0)
        || line_is_named(line, "Record-Route", 12, 0);
}

void message_reply(struct message *message, const struct sip *request, const char *status, const char *to_tag)
{
    struct text rest = request->headers;
    message->size = 0;
    message_add(message, "SIP/2.0 %s\r\n", status);
    while (rest.size) {
        struct text line = next_line(&rest);
        if (is_copied(line)) {
            message_add(message, "%.*s", (int)line.size, line.at);
        } else if (line_is_named(line, "To", 2, 't')) {
            struct text to = line_value(line);
            bool has_tag = memmem(to.at, to.size, ";tag=", 5);
            message_add(message, "To: %.*s%s%s\r\n", (int)to.size, to.at, has_tag ? "" : ";tag=", has_tag ? "" : to_tag);
        }
    }
}

/* Copy the parameter's value without its quotes; false if it is not there. */
static bool parameter(struct text value, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    const char *end = value.at + value.size;
    for (const char *at = value.at; at + length < end; at++) {
        bool starts = at > value.at && (at[-1] == ' ' || at[-1] == ',');
        if (!starts || at[length] != '=' || strncasecmp(at, name, length))
            continue;
        at += length + 1;
        bool quoted = at < end && *at == '"';
        const char *from = at + quoted, *to = from;
        while (to < end && (quoted ? *to != '"' : *to != ',' && *to != ' '))
            to++;
        snprintf(out, size, "%.*s", (int)(to - from), from);
        return true;
    }
    return false;
}

static bool read_challenge(struct text value, bool proxy, struct challenge *challenge)
{
    char algorithm[32] = "MD5", words[64];
    *challenge = (struct challenge){.proxy = proxy};
    parameter(value, "algorithm", algorithm, sizeof algorithm);
    challenge->algorithm = strcasecmp(algorithm, "SHA-256") ? MD5 : SHA256;
    challenge->with_qop = parameter(value, "qop", words, sizeof words);
    challenge->stale = parameter(value, "stale", words, sizeof words) && !strcasecmp(words, "true");
    parameter(value, "opaque", challenge->opaque, sizeof challenge->opaque);
    return (challenge->algorithm == SHA256 || !strcasecmp(algorithm, "MD5"))
        && parameter(value, "realm", challenge->realm, sizeof challenge->realm)
        && parameter(value, "nonce", challenge->nonce, sizeof challenge->nonce);
}

bool sip_challenge(const struct sip *response, enum algorithm wanted, struct challenge *challenge)
{
    bool proxy = response->status == 407, found = false;
    const char *name = proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
    for (unsigned n = 0;; n++) {
        struct challenge candidate;
        struct text value = sip_header(response, name, 0, n);
        if (!value.size)
            return found;
        if (!read_challenge(value, proxy, &candidate) || (found && candidate.algorithm != wanted))
            continue;
        *challenge = candidate;
        found = true;
        if (candidate.algorithm == wanted)
            return true;
    }
}

void message_authorize(struct message *message, const struct challenge *challenge, const char *username,
                       const char *password, const char *method, const char *uri)
{
    char response[DIGEST_HEX];
    struct digest_question question = {
        .username = username, .password = password, .realm = challenge->realm, .nonce = challenge->nonce,
        .cnonce = "0a4f113b", .method = method, .uri = uri, .nonce_count = 1, .with_qop = challenge->with_qop};
    digest_answer(challenge->algorithm, &question, response);
    message_add(message, "%s: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", algorithm=%s",
                challenge->proxy ? "Proxy-Authorization" : "Authorization", username, challenge->realm,
                challenge->nonce, uri, response, challenge->algorithm == MD5 ? "MD5" : "SHA-256");
    if (challenge->with_qop)
        message_add(message, ", cnonce=\"%s\", qop=auth, nc=%08x", question.cnonce, question.nonce_count);
    if (challenge->opaque[0])
        message_add(message, ", opaque=\"%s\"", challenge->opaque);
    message_add(message, "\r\n");
}
