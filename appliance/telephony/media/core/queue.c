#include "queue.h"

void stack_push(struct command_stack *stack, struct bv_command *command)
{
    struct bv_command *top = atomic_load_explicit(&stack->top, memory_order_relaxed);
    do
        command->next = top;
    while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, command,
                                                  memory_order_release, memory_order_relaxed));
}

struct bv_command *stack_take(struct command_stack *stack)
{
    struct bv_command *top = atomic_exchange_explicit(&stack->top, NULL, memory_order_acquire);
    struct bv_command *ordered = NULL;
    while (top) {
        struct bv_command *next = top->next;
        top->next = ordered;
        ordered = top;
        top = next;
    }
    return ordered;
}

bool ring_put(struct event_ring *ring, const struct bv_event *event)
{
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    if (written - atomic_load_explicit(&ring->read, memory_order_acquire) == EVENT_ROOM)
        return false;
    ring->events[written % EVENT_ROOM] = *event;
    atomic_store_explicit(&ring->written, written + 1, memory_order_release);
    return true;
}

bool ring_get(struct event_ring *ring, struct bv_event *event)
{
    uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    if (read == atomic_load_explicit(&ring->written, memory_order_acquire))
        return false;
    *event = ring->events[read % EVENT_ROOM];
    atomic_store_explicit(&ring->read, read + 1, memory_order_release);
    return true;
}
