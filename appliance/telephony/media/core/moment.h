/* Time and chance as the thread uses them. */
#pragma once
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

#define MILLISECOND 1000000ull
#define SECOND 1000000000ull

static inline uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* RFC 3550 § 4: seconds since 1900 in 32.32 fixed point. */
static inline uint64_t now_ntp(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return ((uint64_t)t.tv_sec + 2208988800ull) << 32 | ((uint64_t)t.tv_nsec << 32) / SECOND;
}

static inline uint32_t random32(void)
{
    uint32_t v = 0;
    if (getrandom(&v, sizeof v, GRND_NONBLOCK) != (long)sizeof v)
        v = (uint32_t)(now_ns() * 2654435761u);
    return v;
}

/* Nanoseconds as units of a media clock. */
static inline uint32_t media_units(uint64_t ns, uint32_t hertz)
{
    return (uint32_t)(ns / 1000 * hertz / 1000000);
}
