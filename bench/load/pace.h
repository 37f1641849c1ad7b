/* Open-loop pacing: attempt n starts at start + n / rate, however the server fares.
 *
 * Attempts that begin in the warm-up are made but not counted; the window follows it. */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "measure.h"
#include "timers.h"

/* A request goes out again after 0.5, 1 and 2 s without an answer; 2 s after the last it has failed. */
#define SENDINGS 4

struct pace {
    double rate;               /* attempts a second */
    uint64_t limit;            /* attempts in all; 0 = as many as the time allows */
    uint64_t start, window_from, window_to;
    uint64_t begun;
    struct samples lag;        /* how late the generator itself began its attempts */
};

void pace_start(struct pace *pace, double rate, double warm_up_seconds, double window_seconds, uint64_t limit);

/* Whether the next attempt is due; counts it as begun if so, and says whether it is to be counted. */
bool pace_take(struct pace *pace, uint64_t now, bool *measured);

/* When the next attempt is due; far away after the last. */
uint64_t pace_next(const struct pace *pace);

bool pace_ended(const struct pace *pace, uint64_t now);

/* Whether this moment lies within the window. */
bool pace_measures(const struct pace *pace, uint64_t at);

/* Write the generator's own figures: `"lag_p50_ms": …, "generator_cpu": …`. */
void pace_print(struct pace *pace, FILE *out);

/* Give the lines their delays. */
void pace_retries(struct timer_line lines[SENDINGS]);

#endif
