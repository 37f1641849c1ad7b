#include "g711.h"

static int16_t linear_of[2][256]; /* µ-law, A-law */
static uint8_t other_of[2][256];

static int16_t decode_mu(uint8_t code)
{
    code = (uint8_t)~code;
    int magnitude = ((((code & 15) << 3) + 132) << ((code >> 4) & 7)) - 132;
    return (int16_t)(code & 0x80 ? -magnitude : magnitude);
}

static int16_t decode_a(uint8_t code)
{
    code ^= 0x55;
    int segment = (code >> 4) & 7;
    int magnitude = ((code & 15) << 4) + 8;
    if (segment > 0)
        magnitude = (magnitude + 256) << (segment - 1);
    return (int16_t)(code & 0x80 ? magnitude : -magnitude);
}

/* The position of the highest bit above `lowest`, at most 7. */
static int segment_of(int magnitude, int lowest)
{
    int segment = 0;
    for (int rest = magnitude >> lowest; rest > 1 && segment < 7; rest >>= 1)
        segment++;
    return segment;
}

static uint8_t encode_mu(int sample)
{
    int sign = sample < 0 ? 0x80 : 0;
    int magnitude = sample < 0 ? -sample : sample;
    magnitude = (magnitude > 32635 ? 32635 : magnitude) + 132;
    int segment = segment_of(magnitude, 7);
    return (uint8_t)~(sign | segment << 4 | ((magnitude >> (segment + 3)) & 15));
}

static uint8_t encode_a(int sample)
{
    int sign = sample < 0 ? 0 : 0x80;
    int magnitude = sample < 0 ? -sample - 1 : sample;
    if (magnitude > 32767)
        magnitude = 32767;
    int segment = magnitude < 256 ? 0 : segment_of(magnitude, 7);
    int step = segment == 0 ? magnitude >> 4 : (magnitude >> (segment + 3)) & 15;
    return (uint8_t)((sign | segment << 4 | step) ^ 0x55);
}

static int row(enum bv_payload_kind law) { return law == BV_PCMA; }

void g711_prepare(void)
{
    for (int code = 0; code < 256; code++) {
        linear_of[0][code] = decode_mu((uint8_t)code);
        linear_of[1][code] = decode_a((uint8_t)code);
        other_of[0][code] = encode_a(linear_of[0][code]);
        other_of[1][code] = encode_mu(linear_of[1][code]);
    }
}

void g711_decode(enum bv_payload_kind law, const uint8_t *in, int16_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = linear_of[row(law)][in[i]];
}

void g711_encode(enum bv_payload_kind law, const int16_t *in, uint8_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = law == BV_PCMA ? encode_a(in[i]) : encode_mu(in[i]);
}

void g711_cross(enum bv_payload_kind from, uint8_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        samples[i] = other_of[row(from)][samples[i]];
}
