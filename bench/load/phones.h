/* The phones that a generator plays, read from a file: `USERNAME PASSWORD NUMBER ADDRESS` a line. */
#ifndef PHONES_H
#define PHONES_H

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>

struct phone {
    char username[64], password[64], number[32], host[INET_ADDRSTRLEN];
    struct in_addr address;    /* its own loopback address */
};

struct phones {
    struct phone *list;
    uint32_t count;
};

/* Ends the program if the file is empty or malformed. */
struct phones phones_read(const char *path);

/* How many final answers of each refusing status came, most useful for finding out why. */
struct refusals {
    unsigned by_status[1000];
};

/* Write `"refused": {"403": 2, …}`. */
void refusals_print(const struct refusals *refusals, FILE *out);

#endif
