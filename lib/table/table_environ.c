/* SPDX-License-Identifier: ISC */
/* environ:name: the process's environment (which the suite rebuilds from import_environment). */
#include "lib/base/panic.h"
#include "lib/table/table_kinds.h"

enum { ENVIRON_NAME_MAX = 256 };

struct environ_state {
	size_t index; /* of environ_next */
};

static bool
environ_open(const struct table_env *env UNUSED, const char *name UNUSED, unsigned flags UNUSED,
    void **state_out, struct err *err UNUSED)
{
	*state_out = xcalloc(1, sizeof(struct environ_state));
	return true;
}

static enum lookup
environ_get(void *state UNUSED, struct span key, struct str *value_out, struct err *err UNUSED)
{
	char name[ENVIRON_NAME_MAX];
	const char *value;

	if (key.len == 0 || key.len >= sizeof(name) || span_has_nul(key) ||
	    span_find(key, '=') < key.len)
		return LOOKUP_NONE;
	memcpy(name, key.p, key.len);
	name[key.len] = '\0';
	if ((value = getenv(name)) == NULL)
		return LOOKUP_NONE;
	(void) str_add_str(value_out, value);
	return LOOKUP_FOUND;
}

static enum lookup
environ_next(
    void *state, bool first, struct str *key_out, struct str *value_out, struct err *err UNUSED)
{
	extern char **environ;
	struct environ_state *walk = state;
	struct span pair, name;

	if (first)
		walk->index = 0;
	if (environ == NULL || environ[walk->index] == NULL)
		return LOOKUP_NONE;
	pair = span_of(environ[walk->index++]);
	(void) span_cut(&pair, '=', &name);
	(void) str_add(key_out, name);
	(void) str_add(value_out, pair);
	return LOOKUP_FOUND;
}

const struct table_kind table_environ = {
	.name = "environ",
	.doc = "The environment of the process",
	.open = environ_open,
	.get = environ_get,
	.close = free,
	.next = environ_next,
};
