/* Counters that the media thread writes and Python reads at any time. */
#pragma once
#include <stdint.h>

#define tally_set(place, value) __atomic_store_n((place), (uint64_t)(value), __ATOMIC_RELAXED)
#define tally_get(place) __atomic_load_n((place), __ATOMIC_RELAXED)
#define tally_add(place, value) tally_set((place), *(place) + (uint64_t)(value))
