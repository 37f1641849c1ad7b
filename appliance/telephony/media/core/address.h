/* A socket address of either family. */
#pragma once
#include "api.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

struct address {
    socklen_t length; /* 0: none */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
};

static inline bool address_known(const struct address *a) { return a->length != 0; }

static inline bool address_same_host(const struct address *a, const struct address *b)
{
    if (a->length == 0 || b->length == 0 || a->to.any.sa_family != b->to.any.sa_family)
        return false;
    if (a->to.any.sa_family == AF_INET)
        return a->to.v4.sin_addr.s_addr == b->to.v4.sin_addr.s_addr;
    return memcmp(&a->to.v6.sin6_addr, &b->to.v6.sin6_addr, 16) == 0;
}

/* sin_port and sin6_port lie at the same place. */
static inline bool address_equal(const struct address *a, const struct address *b)
{
    return address_same_host(a, b) && a->to.v4.sin_port == b->to.v4.sin_port;
}

static inline struct address address_from(const struct bv_address *given)
{
    struct address a;
    memset(&a, 0, sizeof a);
    if (given->family == 4) {
        a.length = sizeof a.to.v4;
        a.to.v4.sin_family = AF_INET;
        a.to.v4.sin_port = htons(given->port);
        memcpy(&a.to.v4.sin_addr, given->bytes, 4);
    } else if (given->family == 6) {
        a.length = sizeof a.to.v6;
        a.to.v6.sin6_family = AF_INET6;
        a.to.v6.sin6_port = htons(given->port);
        memcpy(&a.to.v6.sin6_addr, given->bytes, 16);
        a.to.v6.sin6_scope_id = given->scope;
    }
    return a;
}
