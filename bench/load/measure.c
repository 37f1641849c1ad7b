#include "measure.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

uint64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void samples_add(struct samples *samples, uint64_t value)
{
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity ? samples->capacity * 2 : 4096;
        samples->values = must_resize(samples->values, samples->capacity, sizeof *samples->values);
    }
    samples->values[samples->count++] = value;
}

static int ascending(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* The smallest value that at least this share of the samples does not exceed (nearest rank). */
static uint64_t percentile(const struct samples *samples, double share)
{
    size_t rank = (size_t)ceil(share * (double)samples->count);
    return samples->values[rank ? rank - 1 : 0];
}

void samples_print(struct samples *samples, const char *prefix, FILE *out)
{
    static const struct { const char *name; double share; } wanted[] = {
        {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0},
    };
    if (samples->count)
        qsort(samples->values, samples->count, sizeof *samples->values, ascending);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        fprintf(out, "%s\"%s%s_ms\": ", i ? ", " : "", prefix, wanted[i].name);
        if (samples->count)
            fprintf(out, "%.4f", (double)percentile(samples, wanted[i].share) / MILLISECOND);
        else
            fputs("null", out);
    }
}

double cpu_percent(double elapsed_seconds)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double used = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    return elapsed_seconds > 0 ? 100.0 * used / elapsed_seconds : 0;
}

uint32_t run_word(void)
{
    uint32_t word;
    if (getrandom(&word, sizeof word, 0) != sizeof word)
        fail("getrandom failed");
    return word;
}

void *must_allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        fail("out of memory");
    return memory;
}

void *must_resize(void *memory, size_t count, size_t size)
{
    void *resized = reallocarray(memory, count, size);
    if (!resized)
        fail("out of memory");
    return resized;
}

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}
