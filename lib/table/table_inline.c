/* SPDX-License-Identifier: ISC */
/*
 * inline:{ key=value, { key = value with blanks } }: entries that stand in the configuration
 * itself.
 */
#include "lib/base/panic.h"
#include "lib/sys/log.h"
#include "lib/table/fold.h"
#include "lib/table/mem_table.h"
#include "lib/table/table_kinds.h"
#include "lib/table/table_list.h"
#include "lib/table/text_source.h"

static void
inline_close(void *state)
{
	struct mem_table *table = state;

	mem_table_fini(table);
	free(table);
}

/* "key=value", its braces removed, as an entry. */
static bool
add_pair(struct mem_table *table, struct span pair, unsigned flags, struct err *err)
{
	struct str folded CLEANUP(str_fini), bytes CLEANUP(str_fini);
	size_t equals = span_find(pair, '=');
	struct span key = span_trim(span_slice(pair, 0, equals)),
		    value = span_trim(span_from(pair, equals + 1));

	str_init(&folded, 1 << 16);
	str_init(&bytes, 2 << 20);
	if (equals == pair.len)
		return err_config(err, "missing '=' after attribute name");
	if (key.len == 0)
		return err_config(err, "missing attribute name before '='");
	if ((flags & TABLE_FOLD) != 0 && fold_key(key, (flags & TABLE_UTF8) != 0, &folded))
		key = str_span(&folded);
	if ((flags & TABLE_FILE_VALUES) != 0) {
		if (!text_value_from_files(value, &bytes, err))
			return false;
		value = str_span(&bytes);
	}
	if (map_get(table->map, key) != NULL)
		log_warn("inline map: duplicate entry: \"%.*s\": the last one counts", SPAN_ARG(key));
	return mem_table_put(table, key, value, true, err) == TABLE_PUT_DONE;
}

static bool
load_pairs(struct mem_table *table, struct span text, unsigned flags, struct err *err)
{
	struct span item, inner;

	while (table_list_next(&text, &item, err)) {
		inner = item;
		if (item.p[0] == '{' && !table_list_unbrace(item, &inner, err))
			return false;
		if (!add_pair(table, inner, flags, err))
			return false;
	}
	return err->class == ERR_NONE &&
	    (map_count(table->map) > 0 || err_config(err, "no entries"));
}

static bool
inline_open(const struct table_env *env UNUSED, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	struct mem_table *table = xcalloc(1, sizeof(*table));
	struct span inner;

	mem_table_init(table);
	err_clear(err);
	if (!table_list_unbrace(span_of(name), &inner, err) ||
	    !load_pairs(table, inner, flags, err)) {
		(void) err_prefix(
		    err, "bad syntax: \"inline:%s\"; need \"inline:{name=value...}\"", name);
		inline_close(table);
		return false;
	}
	*state_out = table;
	return true;
}

const struct table_kind table_inline = {
	.name = "inline",
	.doc = "Entries written in the configuration itself",
	.open = inline_open,
	.get = mem_table_get,
	.close = inline_close,
	.next = mem_table_next,
};
