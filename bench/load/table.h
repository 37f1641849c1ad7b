/* A hash table from a received Call-ID to a slot: open addressing, keys are 64-bit hashes. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX

struct table {
    uint64_t *keys;            /* 0 = empty */
    uint32_t *slots;
    size_t capacity, count;    /* capacity is a power of two */
};

/* Never 0. */
uint64_t table_key(const char *bytes, size_t size);

uint32_t table_get(const struct table *table, uint64_t key);
void table_put(struct table *table, uint64_t key, uint32_t slot);
void table_remove(struct table *table, uint64_t key);

#endif
