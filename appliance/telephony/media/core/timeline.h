/* The time line of a recording: both directions' frames are placed, summed and read in order. */
#pragma once
#include "api.h"

enum { TIMELINE_ROOM = 1 << 15, TIMELINE_DIRECTIONS = 2 }; /* samples: 4 s */

struct timeline {
    uint64_t started;  /* ns of sample 0 */
    uint64_t consumed; /* samples already read */
    int32_t sums[TIMELINE_ROOM];
    struct anchor {
        bool set;
        uint32_t ssrc, timestamp;
        int64_t position; /* of `timestamp` */
    } anchors[TIMELINE_DIRECTIONS];
};

/* Adds a frame. Its place follows the RTP timestamp while that agrees with its arrival. */
void timeline_add(struct timeline *line, int direction, uint32_t ssrc, uint32_t timestamp,
                  uint64_t arrived, const int16_t *samples, size_t count);
/* Takes at most `room` samples that lie before `until`; 0 when there are none. */
size_t timeline_take(struct timeline *line, uint64_t until, int16_t *out, size_t room);
