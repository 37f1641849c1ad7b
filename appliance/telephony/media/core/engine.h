/* The media thread: one epoll loop over every socket, the commands and the clock. */
#pragma once
#include "stream.h"

enum total { TOTAL_RECEIVED, TOTAL_SENT, TOTAL_REJECTED, TOTAL_SEND_FAILURES, TOTAL_EVENTS_LOST,
             TOTAL_KINDS };

void engine_add(struct bv_stream *stream);
void engine_remove(struct bv_stream *stream);
/* Puts a stream among those that have something to say. */
void engine_talk(struct bv_stream *stream);
void engine_say(struct bv_stream *stream, struct key_press press, uint64_t now);
void engine_tell(struct bv_engine *engine, const struct bv_event *event);
void engine_count(struct bv_engine *engine, enum total total);
void engine_stop(struct bv_engine *engine);
/* A key that no other source has. */
uint64_t engine_local_key(struct bv_engine *engine);
const struct bv_srtp *engine_srtp(const struct bv_engine *engine);
/* Where the streams of this engine listen. */
const struct places *engine_places(const struct bv_engine *engine);
