/* Clock, samples and random words: what every generator measures with.
 *
 * All times are CLOCK_REALTIME in nanoseconds, because the kernel stamps received packets with that
 * clock: a latency then excludes the time that the generator itself took to read the packet. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SECOND 1000000000ull
#define MILLISECOND 1000000ull
#define MICROSECOND 1000ull

uint64_t clock_now(void);

/* Durations in nanoseconds, kept whole so that percentiles are exact. */
struct samples {
    uint64_t *values;
    size_t count, capacity;
};

void samples_add(struct samples *samples, uint64_t value);

/* Write `"p50_ms": …, "p90_ms": …, "p99_ms": …, "p999_ms": …, "max_ms": …` with a prefix to the names;
 * null stands for a percentile of nothing. Sorts the samples. */
void samples_print(struct samples *samples, const char *prefix, FILE *out);

/* Percent of one core that this process used since it started, given the seconds since then. */
double cpu_percent(double elapsed_seconds);

/* A word that no other run has: for branches, tags and Call-IDs. */
uint32_t run_word(void);

/* malloc and friends, or the end of the program. */
void *must_allocate(size_t count, size_t size);
void *must_resize(void *memory, size_t count, size_t size);

/* Print a line to stderr and exit 2. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
