/* Where our own streams listen. A packet from there is one of ours that came back: an SDP named the
 * port, and if it were heard it could go round for ever. */
#pragma once
#include "address.h"

/* By port: the range gives out each port once. 2 MB, of which the range's share is touched. */
struct places {
    struct address at[1 << 16];
};

void places_add(struct places *places, const struct address *place);
void places_remove(struct places *places, const struct address *place);
bool places_hold(const struct places *places, const struct address *from);
