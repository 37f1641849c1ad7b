/* Symmetric RTP with a safe latch (interop 26).
 *
 * A window opens at each offer/answer. Within it the best source heard is adopted: the address of
 * the SDP before its host on another port, that before a stranger, that before the source of
 * before a move. The SDP's own address locks at once; anything else when the window closes.
 * Afterwards only the locked source is heard; if none was, only the SDP's address. A socket of our
 * own is never adopted, whatever the SDP says. */
#pragma once
#include "places.h"

enum latch_rank { LATCH_NONE, LATCH_FORMER, LATCH_STRANGER, LATCH_HOST, LATCH_EXACT };

struct latch {
    struct address expected, heard;
    uint64_t opened, until;
    enum latch_rank rank;
    bool locked;
};

void latch_open(struct latch *latch, const struct address *expected, uint64_t now, uint64_t window);
/* Whether a packet from a locked latch's other source can be dropped unread. */
static inline bool latch_refuses(const struct latch *latch, const struct address *from)
{
    return latch->locked && !address_equal(&latch->heard, from);
}
/* Takes an authentic packet's source; false means drop the packet. */
bool latch_admit(struct latch *latch, const struct places *own, const struct address *from,
                 uint64_t now);
/* Where to send: the adopted source, else the SDP's address. */
const struct address *latch_target(const struct latch *latch);
