#include "table.h"

#include <stdlib.h>

#include "measure.h"

/* FNV-1a */
uint64_t table_key(const char *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3ull;
    return hash ? hash : 1;
}

static size_t place_of(const struct table *table, uint64_t key)
{
    size_t at = key & (table->capacity - 1);
    while (table->keys[at] && table->keys[at] != key)
        at = (at + 1) & (table->capacity - 1);
    return at;
}

uint32_t table_get(const struct table *table, uint64_t key)
{
    if (!table->capacity)
        return TABLE_NONE;
    size_t at = place_of(table, key);
    return table->keys[at] ? table->slots[at] : TABLE_NONE;
}

static void grow(struct table *table)
{
    struct table larger = {.capacity = table->capacity ? table->capacity * 2 : 1024};
    larger.keys = must_allocate(larger.capacity, sizeof *larger.keys);
    larger.slots = must_allocate(larger.capacity, sizeof *larger.slots);
    for (size_t i = 0; i < table->capacity; i++)
        if (table->keys[i])
            table_put(&larger, table->keys[i], table->slots[i]);
    free(table->keys);
    free(table->slots);
    *table = larger;
}

void table_put(struct table *table, uint64_t key, uint32_t slot)
{
    if (2 * table->count >= table->capacity)
        grow(table);
    size_t at = place_of(table, key);
    table->count += !table->keys[at];
    table->keys[at] = key;
    table->slots[at] = slot;
}

void table_remove(struct table *table, uint64_t key)
{
    if (!table->capacity)
        return;
    size_t hole = place_of(table, key);
    if (!table->keys[hole])
        return;
    table->keys[hole] = 0;
    table->count--;
    /* What follows may have been pushed past the hole: put it in again. */
    for (size_t at = (hole + 1) & (table->capacity - 1); table->keys[at]; at = (at + 1) & (table->capacity - 1)) {
        uint64_t key_moved = table->keys[at];
        table->keys[at] = 0;
        size_t place = place_of(table, key_moved);
        table->keys[place] = key_moved;
        table->slots[place] = table->slots[at];
    }
}
