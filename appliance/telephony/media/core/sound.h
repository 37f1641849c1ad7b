/* A sound as 8 kHz samples: PCM or tones with a cadence. */
#pragma once
#include "api.h"

struct player {
    bool active;
    struct bv_sound sound;
    uint64_t position; /* samples played */
    uint32_t step, step_left; /* of the cadence; odd steps are silent */
    struct oscillator {
        double before, last, twice_cosine;
    } oscillators[BV_FREQUENCIES];
};

void player_start(struct player *player, const struct bv_sound *sound);
/* Fills `count` samples, silence after the end; false once the end is reached. */
bool player_fill(struct player *player, int16_t *out, size_t count);
/* The two frequencies of a key, 0..15 as RFC 4733 numbers them, for `samples` (ITU-T Q.23). */
struct bv_sound sound_of_key(uint8_t key, uint64_t samples);
