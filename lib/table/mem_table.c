/* SPDX-License-Identifier: ISC */
/* A map from keys to values as table drivers want it. */
#include "lib/table/mem_table.h"

#include "lib/base/panic.h"

struct mem_value {
	size_t len;
	char bytes[];
};

void
mem_table_init(struct mem_table *table)
{
	table->map = map_new();
	table->iterator = 0;
}

void
mem_table_fini(struct mem_table *table)
{
	map_free(&table->map, free);
}

enum table_put
mem_table_put(void *state, struct span key, struct span value, bool replace, struct err *err UNUSED)
{
	struct mem_table *table = state;
	struct mem_value *entry;

	if (!replace && map_get(table->map, key) != NULL)
		return TABLE_PUT_EXISTS;
	entry = xmalloc(sizeof(*entry) + value.len);
	entry->len = value.len;
	if (value.len > 0)
		memcpy(entry->bytes, value.p, value.len);
	free(map_set(table->map, key, entry));
	return TABLE_PUT_DONE;
}

enum lookup
mem_table_get(void *state, struct span key, struct str *value_out, struct err *err UNUSED)
{
	const struct mem_table *table = state;
	const struct mem_value *entry = map_get(table->map, key);

	if (entry == NULL)
		return LOOKUP_NONE;
	(void) str_add(value_out, span_make(entry->bytes, entry->len));
	return LOOKUP_FOUND;
}

enum lookup
mem_table_next(
    void *state, bool first, struct str *key_out, struct str *value_out, struct err *err UNUSED)
{
	struct mem_table *table = state;
	const struct mem_value *entry;
	struct span key;
	void *value;

	if (first)
		table->iterator = 0;
	if (!map_next(table->map, &table->iterator, &key, &value))
		return LOOKUP_NONE;
	entry = value;
	(void) str_add(key_out, key);
	(void) str_add(value_out, span_make(entry->bytes, entry->len));
	return LOOKUP_FOUND;
}

enum lookup
mem_table_remove(void *state, struct span key, struct err *err UNUSED)
{
	struct mem_table *table = state;
	void *entry = map_remove(table->map, key);

	free(entry);
	return entry != NULL ? LOOKUP_FOUND : LOOKUP_NONE;
}
