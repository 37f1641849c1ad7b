#include "timers.h"

#include <stdlib.h>
#include <string.h>

#include "measure.h"

static void grow(struct timer_line *line)
{
    size_t capacity = line->capacity ? line->capacity * 2 : 1024;
    struct timer *ring = must_allocate(capacity, sizeof *ring);
    for (size_t i = 0; i < line->count; i++)
        ring[i] = line->ring[(line->head + i) % line->capacity];
    free(line->ring);
    line->ring = ring;
    line->capacity = capacity;
    line->head = 0;
}

void timer_set(struct timer_line *line, uint64_t now, uint32_t slot, uint32_t serial)
{
    if (line->count == line->capacity)
        grow(line);
    line->ring[(line->head + line->count++) % line->capacity] = (struct timer){now + line->delay, slot, serial};
}

bool timer_take(struct timer_line *line, uint64_t now, struct timer *taken)
{
    if (!line->count || line->ring[line->head].due > now)
        return false;
    *taken = line->ring[line->head];
    line->head = (line->head + 1) % line->capacity;
    line->count--;
    return true;
}

uint64_t timer_next(const struct timer_line *line, uint64_t otherwise)
{
    uint64_t due = line->count ? line->ring[line->head].due : otherwise;
    return due < otherwise ? due : otherwise;
}
