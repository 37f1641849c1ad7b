#include "latch.h"
#include "moment.h"

/* A phone whose SDP moved but whose packets did not is believed again after this long. */
#define FORMER_NS SECOND

static enum latch_rank rank_of(const struct latch *latch, const struct address *from)
{
    if (address_equal(from, &latch->expected))
        return LATCH_EXACT;
    return address_same_host(from, &latch->expected) ? LATCH_HOST : LATCH_STRANGER;
}

void latch_open(struct latch *latch, const struct address *expected, uint64_t now, uint64_t window)
{
    bool moved = address_known(&latch->expected) && address_known(expected) &&
                 !address_equal(&latch->expected, expected);
    latch->expected = *expected;
    latch->opened = now;
    latch->until = now + window;
    if (latch->rank != LATCH_NONE)
        latch->rank = rank_of(latch, &latch->heard);
    if (moved && latch->rank != LATCH_NONE && latch->rank != LATCH_EXACT)
        latch->rank = LATCH_FORMER;
    latch->locked = latch->rank == LATCH_EXACT;
}

static void adopt(struct latch *latch, const struct address *from, enum latch_rank rank)
{
    latch->heard = *from;
    latch->rank = rank;
    latch->locked = rank == LATCH_EXACT;
}

static void age(struct latch *latch, uint64_t now)
{
    if (latch->rank == LATCH_FORMER && now > latch->opened + FORMER_NS)
        latch->rank = LATCH_STRANGER;
    if (latch->rank != LATCH_NONE && now > latch->until)
        latch->locked = true;
}

bool latch_admit(struct latch *latch, const struct places *own, const struct address *from,
                 uint64_t now)
{
    bool again = latch->rank != LATCH_NONE && address_equal(&latch->heard, from);
    if (latch->locked)
        return again;
    age(latch, now);
    if (again)
        return true;
    enum latch_rank rank = rank_of(latch, from);
    if (latch->locked || rank <= latch->rank || (now > latch->until && rank != LATCH_EXACT))
        return false;
    if (places_hold(own, from))
        return false;
    adopt(latch, from, rank);
    return true;
}

const struct address *latch_target(const struct latch *latch)
{
    return latch->rank >= LATCH_STRANGER ? &latch->heard : &latch->expected;
}
