/* One UDP socket that speaks for thousands of phones.
 *
 * The socket is bound to every address of the machine; each datagram names the loopback address that
 * it leaves from (IP_PKTINFO), so every phone has an address of its own (127.0.0.0/8) without costing
 * a socket. Sends and receives go in batches. */
#ifndef NET_H
#define NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_BATCH 64
#define NET_DATAGRAM 2048

struct datagram {
    const char *bytes;
    size_t size;
    struct in_addr to;         /* the phone's address that it was sent to */
    struct sockaddr_in from;
    uint64_t at;               /* when the kernel received it */
};

struct net {
    int socket;
    uint16_t port;             /* host order; all phones share it */
    unsigned queued;
    struct net_buffers *buffers;
};

/* Bind the port on all addresses, with large kernel buffers; ends the program if it is taken. */
void net_open(struct net *net, uint16_t port);

/* Queue one datagram (at most NET_DATAGRAM bytes); a full batch is sent at once. */
void net_send(struct net *net, struct in_addr from, struct sockaddr_in to, const char *bytes, size_t size);

void net_flush(struct net *net);

/* Wait until a datagram is there or the time has come. */
void net_wait(struct net *net, uint64_t until);

/* Hand over everything that is waiting in the socket. */
void net_receive(struct net *net, void (*handle)(void *context, const struct datagram *datagram), void *context);

/* `127.0.0.1:5060` or `127.0.0.1`; ends the program if it is neither. */
struct sockaddr_in net_address(const char *words);

/* Read the next line `WORD WORD …` is the caller's; this one reads an address alone. */
struct in_addr net_host(const char *words);

/* Let timers be exact, and end this program when its parent ends. */
void net_prepare_process(void);

#endif
