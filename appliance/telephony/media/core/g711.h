/* G.711: µ-law and A-law against 16-bit linear samples, and against each other. */
#pragma once
#include "api.h"

void g711_prepare(void); /* fills the tables; once, before any other call */
void g711_decode(enum bv_payload_kind law, const uint8_t *in, int16_t *out, size_t count);
void g711_encode(enum bv_payload_kind law, const int16_t *in, uint8_t *out, size_t count);
/* Turns samples of law `from` into the other law, in place. */
void g711_cross(enum bv_payload_kind from, uint8_t *samples, size_t count);
