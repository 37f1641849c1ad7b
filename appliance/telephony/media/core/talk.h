/* Local sound: one packet when it is due, from a key to say, else from a sound to play. */
#pragma once
#include "stream.h"

/* Sends what is due by `now`; false when the stream has nothing left to say. */
bool talk_step(struct bv_stream *stream, uint64_t now);
