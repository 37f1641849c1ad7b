/* From a socket to where it goes: checks, counts, hears keys, maps and forwards one packet. */
#pragma once
#include "stream.h"

/* Reads one packet, so that a flooded socket gets its turn and no more. */
void relay_read(struct wire *wire);
/* A key that the far end released: told to Python and said in-band where events cannot go. */
void relay_key(struct bv_stream *stream, struct key_press press, bool say, uint64_t now);
