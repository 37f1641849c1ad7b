#include "digest.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"

#define BLOCK 64

static uint32_t rotate_left(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static uint32_t rotate_right(uint32_t word, unsigned bits)
{
    return word >> bits | word << (32 - bits);
}

/* K[i] = floor(2^32 * |sin(i + 1)|), as RFC 1321 defines them. */
static const uint32_t *md5_constants(void)
{
    static uint32_t constants[64];
    if (!constants[0])
        for (int i = 0; i < 64; i++)
            constants[i] = (uint32_t)(fabs(sin(i + 1.0)) * 4294967296.0);
    return constants;
}

static void md5_block(uint32_t state[8], const uint8_t block[BLOCK])
{
    static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    const uint32_t *constants = md5_constants();
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], words[16];
    memcpy(words, block, BLOCK);
    for (unsigned i = 0; i < 64; i++) {
        uint32_t mixed;
        unsigned word;
        switch (i / 16) {
        case 0: mixed = (b & c) | (~b & d); word = i; break;
        case 1: mixed = (d & b) | (~d & c); word = (5 * i + 1) % 16; break;
        case 2: mixed = b ^ c ^ d; word = (3 * i + 5) % 16; break;
        default: mixed = c ^ (b | ~d); word = 7 * i % 16; break;
        }
        uint32_t turned = rotate_left(a + mixed + constants[i] + words[word], shifts[i / 16][i % 4]);
        a = d; d = c; c = b; b += turned;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
}

/* The first 32 bits of the fractional part of the n-th root of each of the first primes. */
static void prime_roots(uint32_t *roots, int count, double (*root)(double))
{
    int found = 0;
    for (int candidate = 2; found < count; candidate++) {
        int prime = 1;
        for (int divisor = 2; divisor * divisor <= candidate; divisor++)
            prime = prime && candidate % divisor;
        if (prime) {
            double value = root(candidate);
            roots[found++] = (uint32_t)((value - floor(value)) * 4294967296.0);
        }
    }
}

static const uint32_t *sha256_constants(void)
{
    static uint32_t constants[64];
    if (!constants[0])
        prime_roots(constants, 64, cbrt);
    return constants;
}

static void sha256_expand(uint32_t words[64], const uint8_t block[BLOCK])
{
    for (int i = 0; i < 16; i++)
        words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16
            | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t near = words[i - 15], far = words[i - 2];
        words[i] = words[i - 16] + words[i - 7]
            + (rotate_right(near, 7) ^ rotate_right(near, 18) ^ near >> 3)
            + (rotate_right(far, 17) ^ rotate_right(far, 19) ^ far >> 10);
    }
}

static void sha256_block(uint32_t state[8], const uint8_t block[BLOCK])
{
    const uint32_t *constants = sha256_constants();
    uint32_t words[64], s[8];
    sha256_expand(words, block);
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t one = s[7] + constants[i] + words[i] + ((s[4] & s[5]) ^ (~s[4] & s[6]))
            + (rotate_right(s[4], 6) ^ rotate_right(s[4], 11) ^ rotate_right(s[4], 25));
        uint32_t two = ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]))
            + (rotate_right(s[0], 2) ^ rotate_right(s[0], 13) ^ rotate_right(s[0], 22));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

typedef void block_function(uint32_t state[8], const uint8_t block[BLOCK]);

/* Both algorithms pad alike; only the byte order of the length differs. */
static void hash(block_function *consume, int big_endian, uint32_t state[8], const char *bytes, size_t size)
{
    uint8_t tail[2 * BLOCK] = {0};
    size_t whole = size / BLOCK * BLOCK, rest = size - whole, padded = rest < 56 ? BLOCK : 2 * BLOCK;
    for (size_t at = 0; at < whole; at += BLOCK)
        consume(state, (const uint8_t *)bytes + at);
    memcpy(tail, bytes + whole, rest);
    tail[rest] = 0x80;
    for (unsigned i = 0; i < 8; i++)
        tail[padded - 8 + i] = (uint8_t)((uint64_t)size * 8 >> 8 * (big_endian ? 7 - i : i));
    for (size_t at = 0; at < padded; at += BLOCK)
        consume(state, tail + at);
}

/* `count` bytes of the state as text; `first` is the shift of a word's first byte, `step` to the next. */
static void write_hex(const uint32_t *state, int count, int first, int step, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < count; i++) {
        unsigned byte = state[i / 4] >> (first + step * (i % 4)) & 0xff;
        hex[2 * i] = digits[byte >> 4];
        hex[2 * i + 1] = digits[byte & 15];
    }
    hex[2 * count] = 0;
}

static void md5_hex(const char *bytes, size_t size, char *hex)
{
    uint32_t state[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    hash(md5_block, 0, state, bytes, size);
    write_hex(state, 16, 0, 8, hex);
}

static void sha256_hex(const char *bytes, size_t size, char *hex)
{
    static uint32_t start[8];
    uint32_t state[8];
    if (!start[0])
        prime_roots(start, 8, sqrt);
    memcpy(state, start, sizeof state);
    hash(sha256_block, 1, state, bytes, size);
    write_hex(state, 32, 24, -8, hex);
}

void digest_hex(enum algorithm algorithm, const char *bytes, size_t size, char hex[DIGEST_HEX])
{
    if (algorithm == MD5)
        md5_hex(bytes, size, hex);
    else
        sha256_hex(bytes, size, hex);
}

void digest_answer(enum algorithm algorithm, const struct digest_question *q, char hex[DIGEST_HEX])
{
    char text[1024], identity[DIGEST_HEX], request[DIGEST_HEX];
    int size = snprintf(text, sizeof text, "%s:%s:%s", q->username, q->realm, q->password);
    digest_hex(algorithm, text, (size_t)size, identity);
    size = snprintf(text, sizeof text, "%s:%s", q->method, q->uri);
    digest_hex(algorithm, text, (size_t)size, request);
    if (q->with_qop)
        size = snprintf(text, sizeof text, "%s:%s:%08x:%s:auth:%s",
                        identity, q->nonce, q->nonce_count, q->cnonce, request);
    else
        size = snprintf(text, sizeof text, "%s:%s:%s", identity, q->nonce, request);
    if (size >= (int)sizeof text)
        fail("a challenge too long to answer");
    digest_hex(algorithm, text, (size_t)size, hex);
}
