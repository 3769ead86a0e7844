/* SPDX-License-Identifier: ISC */
#ifndef MEM_TABLE_H
#define MEM_TABLE_H

#include "lib/base/map.h"
#include "lib/table/table.h"

/* Tables that are held in memory: texthash, inline, internal. */
struct mem_table {
	struct map *map;        /* key -> struct mem_value */
	size_t iterator;        /* of mem_table_next */
};

void mem_table_init(struct mem_table *table);
void mem_table_fini(struct mem_table *table);

/*
 * The operations of struct table_kind and struct table_writer; state is a struct mem_table at its
 * start.
 */
enum table_put mem_table_put(void *state, struct span key, struct span value, bool replace,
    struct err *err);
enum lookup mem_table_get(void *state, struct span key, struct str *value_out, struct err *err);
enum lookup mem_table_next(void *state, bool first, struct str *key_out, struct str *value_out,
    struct err *err);
enum lookup mem_table_remove(void *state, struct span key, struct err *err);

#endif
