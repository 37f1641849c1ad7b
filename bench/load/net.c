#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define CONTROL_SIZE 128
#define KERNEL_BUFFER (16 * 1024 * 1024)

struct net_buffers {
    struct mmsghdr out[NET_BATCH], in[NET_BATCH];
    struct iovec out_vector[NET_BATCH], in_vector[NET_BATCH];
    struct sockaddr_in out_address[NET_BATCH], in_address[NET_BATCH];
    char out_control[NET_BATCH][CONTROL_SIZE] __attribute__((aligned(16)));
    char in_control[NET_BATCH][CONTROL_SIZE] __attribute__((aligned(16)));
    char out_bytes[NET_BATCH][NET_DATAGRAM], in_bytes[NET_BATCH][NET_DATAGRAM];
};

static void set_option(int socket, int level, int option, int value)
{
    if (setsockopt(socket, level, option, &value, sizeof value) < 0)
        fail("setsockopt %d: %s", option, strerror(errno));
}

/* As root beyond the system's limit, else as far as it goes. */
static void enlarge(int socket, int forced, int ordinary)
{
    int size = KERNEL_BUFFER;
    if (setsockopt(socket, SOL_SOCKET, forced, &size, sizeof size) < 0)
        set_option(socket, SOL_SOCKET, ordinary, size);
}

void net_open(struct net *net, uint16_t port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    *net = (struct net){.port = port, .socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (net->socket < 0)
        fail("socket: %s", strerror(errno));
    enlarge(net->socket, SO_RCVBUFFORCE, SO_RCVBUF);
    enlarge(net->socket, SO_SNDBUFFORCE, SO_SNDBUF);
    set_option(net->socket, IPPROTO_IP, IP_PKTINFO, 1);
    set_option(net->socket, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    if (bind(net->socket, (struct sockaddr *)&any, sizeof any) < 0)
        fail("port %u: %s", port, strerror(errno));
    net->buffers = must_allocate(1, sizeof *net->buffers);
}

static void name_source(struct msghdr *header, char *control, struct in_addr from)
{
    struct in_pktinfo info = {.ipi_spec_dst = from};
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(sizeof info);
    struct cmsghdr *message = CMSG_FIRSTHDR(header);
    message->cmsg_level = IPPROTO_IP;
    message->cmsg_type = IP_PKTINFO;
    message->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(message), &info, sizeof info);
}

void net_send(struct net *net, struct in_addr from, struct sockaddr_in to, const char *bytes, size_t size)
{
    struct net_buffers *b = net->buffers;
    unsigned i = net->queued++;
    if (size > NET_DATAGRAM)
        fail("a datagram of %zu bytes", size);
    memcpy(b->out_bytes[i], bytes, size);
    b->out_address[i] = to;
    b->out_vector[i] = (struct iovec){b->out_bytes[i], size};
    b->out[i].msg_hdr = (struct msghdr){
        .msg_name = &b->out_address[i], .msg_namelen = sizeof to, .msg_iov = &b->out_vector[i], .msg_iovlen = 1};
    name_source(&b->out[i].msg_hdr, b->out_control[i], from);
    if (net->queued == NET_BATCH)
        net_flush(net);
}

void net_flush(struct net *net)
{
    unsigned sent = 0;
    while (sent < net->queued) {
        int now = sendmmsg(net->socket, net->buffers->out + sent, net->queued - sent, 0);
        if (now > 0)
            sent += (unsigned)now;
        else if (errno == EINTR || errno == EAGAIN || errno == ENOBUFS || errno == ECONNREFUSED)
            continue;
        else
            fail("sendmmsg: %s", strerror(errno));
    }
    net->queued = 0;
}

void net_wait(struct net *net, uint64_t until)
{
    uint64_t now = clock_now();
    uint64_t left = until > now ? until - now : 0;
    struct timespec timeout = {(time_t)(left / SECOND), (long)(left % SECOND)};
    struct pollfd waiting = {.fd = net->socket, .events = POLLIN};
    ppoll(&waiting, 1, &timeout, NULL);
}

static void read_control(struct msghdr *header, struct datagram *datagram)
{
    for (struct cmsghdr *m = CMSG_FIRSTHDR(header); m; m = CMSG_NXTHDR(header, m)) {
        if (m->cmsg_level == IPPROTO_IP && m->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(m), sizeof info);
            datagram->to = info.ipi_addr;
        } else if (m->cmsg_level == SOL_SOCKET && m->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(m), sizeof at);
            datagram->at = (uint64_t)at.tv_sec * SECOND + (uint64_t)at.tv_nsec;
        }
    }
}

static void prepare_to_receive(struct net_buffers *b)
{
    for (unsigned i = 0; i < NET_BATCH; i++) {
        b->in_vector[i] = (struct iovec){b->in_bytes[i], NET_DATAGRAM};
        b->in[i].msg_hdr = (struct msghdr){
            .msg_name = &b->in_address[i], .msg_namelen = sizeof b->in_address[i],
            .msg_iov = &b->in_vector[i], .msg_iovlen = 1,
            .msg_control = b->in_control[i], .msg_controllen = CONTROL_SIZE};
    }
}

void net_receive(struct net *net, void (*handle)(void *context, const struct datagram *datagram), void *context)
{
    struct net_buffers *b = net->buffers;
    int count;
    do {
        prepare_to_receive(b);
        count = recvmmsg(net->socket, b->in, NET_BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count; i++) {
            struct datagram datagram = {
                .bytes = b->in_bytes[i], .size = b->in[i].msg_len, .from = b->in_address[i], .at = clock_now()};
            read_control(&b->in[i].msg_hdr, &datagram);
            handle(context, &datagram);
        }
    } while (count == NET_BATCH);
}

struct in_addr net_host(const char *words)
{
    struct in_addr host;
    if (inet_pton(AF_INET, words, &host) != 1)
        fail("not an IPv4 address: %s", words);
    return host;
}

struct sockaddr_in net_address(const char *words)
{
    char host[64];
    unsigned port = 5060;
    if (sscanf(words, "%63[0-9.]:%u", host, &port) < 1)
        fail("not an address: %s", words);
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = net_host(host)};
}

void net_prepare_process(void)
{
    prctl(PR_SET_TIMERSLACK, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}
