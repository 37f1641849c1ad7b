#include "places.h"

/* sin_port and sin6_port lie at the same place. */
static uint16_t port_of(const struct address *a) { return ntohs(a->to.v4.sin_port); }

void places_add(struct places *places, const struct address *place)
{
    if (address_known(place))
        places->at[port_of(place)] = *place;
}

void places_remove(struct places *places, const struct address *place)
{
    if (places_hold(places, place))
        places->at[port_of(place)].length = 0;
}

bool places_hold(const struct places *places, const struct address *from)
{
    return address_known(from) && address_equal(&places->at[port_of(from)], from);
}
