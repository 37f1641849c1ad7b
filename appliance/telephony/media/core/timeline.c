#include "timeline.h"
#include "moment.h"

enum { DISAGREEMENT = 1600 }; /* samples: 200 ms */

static int64_t sample_at(const struct timeline *line, uint64_t moment)
{
    return moment < line->started ? 0 : (int64_t)((moment - line->started) / 125000);
}

static int64_t place(struct timeline *line, struct anchor *anchor, uint32_t ssrc,
                     uint32_t timestamp, uint64_t arrived)
{
    int64_t arrival = sample_at(line, arrived);
    int64_t position = anchor->position + (int32_t)(timestamp - anchor->timestamp);
    bool follows = anchor->set && anchor->ssrc == ssrc && position > arrival - DISAGREEMENT &&
                   position < arrival + DISAGREEMENT;
    if (!follows)
        position = arrival;
    anchor->set = true;
    anchor->ssrc = ssrc;
    anchor->timestamp = timestamp;
    anchor->position = position;
    return position;
}

void timeline_add(struct timeline *line, int direction, uint32_t ssrc, uint32_t timestamp,
                  uint64_t arrived, const int16_t *samples, size_t count)
{
    int64_t at = place(line, &line->anchors[direction], ssrc, timestamp, arrived);
    int64_t first = (int64_t)line->consumed, end = first + TIMELINE_ROOM;
    for (size_t i = 0; i < count; i++, at++)
        if (at >= first && at < end)
            line->sums[at % TIMELINE_ROOM] += samples[i];
}

size_t timeline_take(struct timeline *line, uint64_t until, int16_t *out, size_t room)
{
    int64_t end = sample_at(line, until);
    size_t taken = 0;
    while (taken < room && (int64_t)line->consumed < end) {
        int32_t *sum = &line->sums[line->consumed++ % TIMELINE_ROOM];
        out[taken++] = (int16_t)(*sum > 32767 ? 32767 : *sum < -32768 ? -32768 : *sum);
        *sum = 0;
    }
    return taken;
}
