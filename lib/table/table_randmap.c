/* SPDX-License-Identifier: ISC */
/* randmap:{ a, { b c } }: one of several values by chance, whatever the key. */
#include <errno.h>
#include <sys/random.h>

#include "lib/base/array.h"
#include "lib/base/panic.h"
#include "lib/table/table_kinds.h"
#include "lib/table/table_list.h"

struct randmap {
	struct arena *arena;
	ARRAY(struct span) values;
};

static void
randmap_close(void *state)
{
	struct randmap *randmap = state;

	arena_free(&randmap->arena);
	free(randmap);
}

static bool
load_values(struct randmap *randmap, struct span list, struct err *err)
{
	struct span item;

	err_clear(err);
	while (table_list_next(&list, &item, err)) {
		if (item.p[0] == '{' && !table_list_unbrace(item, &item, err))
			return false;
		*ARRAY_ADD(randmap->arena, &randmap->values) = arena_dup(randmap->arena, item);
	}
	return err->class == ERR_NONE &&
	    (randmap->values.count > 0 || err_config(err, "no values"));
}

static bool
randmap_open(const struct table_env *env UNUSED, const char *name, unsigned flags UNUSED,
    void **state_out, struct err *err)
{
	struct randmap *randmap = xcalloc(1, sizeof(*randmap));
	struct span list;

	randmap->arena = arena_new("randmap", 1 << 20);
	if (!table_list_unbrace(span_of(name), &list, err) || !load_values(randmap, list, err)) {
		(void) err_prefix(
		    err, "bad syntax: \"randmap:%s\"; need \"randmap:{value...}\"", name);
		randmap_close(randmap);
		return false;
	}
	*state_out = randmap;
	return true;
}

static enum lookup
randmap_get(void *state, struct span key UNUSED, struct str *value_out, struct err *err)
{
	struct randmap *randmap = state;
	uint64_t dice = 0;

	if (getrandom(&dice, sizeof(dice), 0) != (ssize_t) sizeof(dice)) {
		(void) err_temp_errno(err, "randmap: no random bytes");
		return LOOKUP_TEMP;
	}
	(void) str_add(value_out, randmap->values.v[dice % randmap->values.count]);
	return LOOKUP_FOUND;
}

const struct table_kind table_randmap = {
	.name = "randmap",
	.doc = "One of several values by chance",
	.is_pattern = true,
	.open = randmap_open,
	.get = randmap_get,
	.close = randmap_close,
};
