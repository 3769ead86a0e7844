/* SPDX-License-Identifier: ISC */
/*
 * internal:name: a table in this process's memory, empty at the start, for caches that need not
 * last.
 */
#include "lib/base/panic.h"
#include "lib/table/mem_table.h"
#include "lib/table/table_kinds.h"

static void
internal_close(void *state)
{
	struct mem_table *table = state;

	mem_table_fini(table);
	free(table);
}

static bool
internal_open(const struct table_env *env UNUSED, const char *name UNUSED, unsigned flags UNUSED,
    void **state_out, struct err *err UNUSED)
{
	struct mem_table *table = xcalloc(1, sizeof(*table));

	mem_table_init(table);
	*state_out = table;
	return true;
}

static bool
internal_open_write(const struct table_env *env, const char *path, unsigned mode UNUSED,
    unsigned flags, void **state_out, struct err *err)
{
	return internal_open(env, path, flags, state_out, err);
}

static bool
internal_sync(void *state UNUSED, struct err *err UNUSED)
{
	return true;
}

static const struct table_writer internal_writer = {
	.open = internal_open_write,
	.put = mem_table_put,
	.remove = mem_table_remove,
	.sync = internal_sync,
};

const struct table_kind table_internal = {
	.name = "internal",
	.doc = "Memory of one process, empty at the start",
	.open = internal_open,
	.get = mem_table_get,
	.close = internal_close,
	.next = mem_table_next,
	.writer = &internal_writer,
};
