/* Timers whose delay is one of a few constants: each delay is a queue, so its head is due first.
 *
 * A timer names a slot and the serial that the slot had when it was set. A slot's serial rises
 * whenever its state changes, which makes older timers void; nothing is ever removed by hand. */
#ifndef TIMERS_H
#define TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    uint64_t due;
    uint32_t slot, serial;
};

struct timer_line {
    uint64_t delay;            /* nanoseconds */
    struct timer *ring;
    size_t capacity, head, count;
};

void timer_set(struct timer_line *line, uint64_t now, uint32_t slot, uint32_t serial);

/* Take the first timer if it is due. */
bool timer_take(struct timer_line *line, uint64_t now, struct timer *taken);

/* When the first timer is due, or `otherwise` if that is earlier or there is none. */
uint64_t timer_next(const struct timer_line *line, uint64_t otherwise);

#endif
