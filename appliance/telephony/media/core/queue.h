/* Lock-free passages between Python and the thread: commands down, done commands and events up.
 * Neither side ever waits for the other. */
#pragma once
#include "api.h"
#include <stdatomic.h>

enum { EVENT_ROOM = 8192 };

/* Any number may push; one side takes all. */
struct command_stack {
    _Atomic(struct bv_command *) top;
};

void stack_push(struct command_stack *stack, struct bv_command *command);
/* All commands, in the order in which they were pushed. */
struct bv_command *stack_take(struct command_stack *stack);

/* One writer, one reader. */
struct event_ring {
    _Atomic uint64_t written, read;
    struct bv_event events[EVENT_ROOM];
};

bool ring_put(struct event_ring *ring, const struct bv_event *event);
bool ring_get(struct event_ring *ring, struct bv_event *event);
