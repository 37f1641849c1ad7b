#include "sound.h"
#include <math.h>
#include <string.h>

static void restart(struct player *player)
{
    for (int i = 0; i < player->sound.frequencies; i++) {
        double step = 2 * 3.14159265358979323846 * player->sound.hertz[i] / 8000;
        struct oscillator *o = &player->oscillators[i];
        o->twice_cosine = 2 * cos(step);
        o->last = -player->sound.amplitude * sin(step);
        o->before = -player->sound.amplitude * sin(2 * step);
    }
}

void player_start(struct player *player, const struct bv_sound *sound)
{
    memset(player, 0, sizeof *player);
    player->sound = *sound;
    player->step_left = sound->cadence_steps ? sound->cadence[0] : 0;
    player->active = true;
    restart(player);
}

static void next_step(struct player *player)
{
    /* A cadence of zeros would never move on; such a step lasts one sample. */
    player->step = (player->step + 1) % player->sound.cadence_steps;
    uint32_t samples = player->sound.cadence[player->step];
    player->step_left = samples ? samples : 1;
    if (player->step % 2 == 0)
        restart(player);
}

static int16_t tone_sample(struct player *player)
{
    if (player->sound.cadence_steps) {
        if (player->step_left == 0)
            next_step(player);
        player->step_left--;
        if (player->step % 2)
            return 0;
    }
    double sum = 0;
    for (int i = 0; i < player->sound.frequencies; i++) {
        struct oscillator *o = &player->oscillators[i];
        double value = o->twice_cosine * o->last - o->before;
        o->before = o->last;
        o->last = value;
        sum += value;
    }
    return (int16_t)(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
}

static bool at_end(struct player *player)
{
    const struct bv_sound *sound = &player->sound;
    if (sound->samples == 0)
        return sound->pcm != NULL;
    if (player->position < sound->samples)
        return false;
    if (sound->loop)
        player->position = 0;
    return !sound->loop;
}

bool player_fill(struct player *player, int16_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (at_end(player)) {
            out[i] = 0;
            continue;
        }
        out[i] = player->sound.pcm ? player->sound.pcm[player->position] : tone_sample(player);
        player->position++;
    }
    return !at_end(player);
}

struct bv_sound sound_of_key(uint8_t key, uint64_t samples)
{
    static const double low[4] = {697, 770, 852, 941}, high[4] = {1209, 1336, 1477, 1633};
    static const uint8_t place[16] = {13, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 14, 3, 7, 11, 15};
    struct bv_sound sound;
    memset(&sound, 0, sizeof sound);
    sound.samples = samples;
    sound.frequencies = 2;
    sound.hertz[0] = low[place[key & 15] / 4];
    sound.hertz[1] = high[place[key & 15] % 4];
    sound.amplitude = 9000; /* -8 dBm0 each */
    return sound;
}

void bv_halve_rate(const int16_t *in, size_t count, int16_t *out)
{
    /* Half-band taps at odd distances 1, 3, 5, 7, 9, windowed; the centre is one half. */
    static const double taps[5] = {0.31365, -0.09238, 0.04124, -0.01668, 0.00479};
    for (size_t i = 0; i + 1 < count; i += 2) {
        double sum = 0.5 * in[i];
        for (size_t t = 0; t < 5; t++) {
            size_t away = 2 * t + 1;
            sum += taps[t] * ((i >= away ? in[i - away] : 0) + (i + away < count ? in[i + away] : 0));
        }
        out[i / 2] = (int16_t)(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
    }
}
