/* SPDX-License-Identifier: ISC */
/*
 * Tables made of tables. unionmap:{a, b}: all values, with commas between. pipemap:{a, b}: the
 * value from a is the key for b, and so on. A member keeps the rules of its own kind.
 */
#include "lib/base/arena.h"
#include "lib/base/panic.h"
#include "lib/table/table_kinds.h"
#include "lib/table/table_list.h"

enum { UNION_MEMBERS_MAX = 100, UNION_VALUE_MAX = 1 << 20 };

struct table_union {
	const char *type;
	struct table **members;
	size_t count;
	struct str value; /* scratch: of one member */
	struct str key;   /* scratch: pipemap's key for the next member */
};

static void
union_close(void *state)
{
	struct table_union *all = state;

	for (size_t i = 0; i < all->count; i++)
		table_close(&all->members[i]);
	free(all->members);
	str_fini(&all->value);
	str_fini(&all->key);
	free(all);
}

static bool
open_members(const struct table_env *env, struct table_union *all, struct span list, unsigned flags,
    struct err *err)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("member tables", 1 << 20);
	struct span item;

	err_clear(err);
	while (table_list_next(&list, &item, err)) {
		if (all->count == UNION_MEMBERS_MAX)
			return err_config(err, "more than %d tables", UNION_MEMBERS_MAX);
		all->members = xrealloc(all->members, (all->count + 1) * sizeof(struct table *));
		all->members[all->count] = table_open(env, arena_cstr(arena, item), flags, err);
		if (all->members[all->count] == NULL)
			return false;
		all->count++;
	}
	return err->class == ERR_NONE && (all->count > 0 || err_config(err, "no tables"));
}

static bool
union_open_as(const struct table_env *env, const char *type, const char *name, unsigned flags,
    void **state_out, struct err *err)
{
	struct table_union *all = xcalloc(1, sizeof(*all));
	struct span list;

	all->type = type;
	str_init(&all->value, UNION_VALUE_MAX);
	str_init(&all->key, UNION_VALUE_MAX);
	if (!table_list_unbrace(span_of(name), &list, err) ||
	    !open_members(env, all, list, flags, err)) {
		(void) err_prefix(
		    err, "bad syntax: \"%s:%s\"; need \"%s:{type:name...}\"", type, name, type);
		union_close(all);
		return false;
	}
	*state_out = all;
	return true;
}

static bool
unionmap_open(const struct table_env *env, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	return union_open_as(env, "unionmap", name, flags, state_out, err);
}

static bool
pipemap_open(const struct table_env *env, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	return union_open_as(env, "pipemap", name, flags, state_out, err);
}

static enum lookup
unionmap_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct table_union *all = state;
	enum lookup result = LOOKUP_NONE;

	for (size_t i = 0; i < all->count; i++) {
		enum lookup one = table_get(all->members[i], key, &all->value, err);

		if (one == LOOKUP_NONE)
			continue;
		if (one != LOOKUP_FOUND)
			return one;
		if (result == LOOKUP_FOUND)
			(void) str_add_char(value_out, ',');
		(void) str_add(value_out, str_span(&all->value));
		result = LOOKUP_FOUND;
	}
	return result;
}

static enum lookup
pipemap_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct table_union *all = state;
	enum lookup one = LOOKUP_NONE;

	for (size_t i = 0; i < all->count; i++) {
		one = table_get(all->members[i], key, &all->value, err);
		if (one != LOOKUP_FOUND)
			return one;
		str_clear(&all->key);
		(void) str_add(&all->key, str_span(&all->value));
		key = str_span(&all->key);
	}
	(void) str_add(value_out, key);
	return one;
}

const struct table_kind table_unionmap = {
	.name = "unionmap",
	.doc = "All values of several tables, with commas between",
	.open = unionmap_open,
	.get = unionmap_get,
	.close = union_close,
};

const struct table_kind table_pipemap = {
	.name = "pipemap",
	.doc = "A pipeline of tables: the value from one is the key for the next",
	.open = pipemap_open,
	.get = pipemap_get,
	.close = union_close,
};
