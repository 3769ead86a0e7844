/* SPDX-License-Identifier: ISC */
/* proxy:type:name: asked from the proxymap service; a command (no program) opens the table itself. */
#include "lib/base/panic.h"
#include "lib/table/table_kinds.h"

static bool
proxy_open(const struct table_env *env, const char *name, unsigned flags, void **state_out, struct err *err)
{
	*state_out = table_open(env, name, flags, err);
	return *state_out != NULL;
}

static enum lookup
proxy_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	return table_get(state, key, value_out, err);
}

static void
proxy_close(void *state)
{
	struct table *table = state;

	table_close(&table);
}

const struct table_kind table_proxy = {
	.name = "proxy", .doc = "Another table, opened by proxymap(8)", .open = proxy_open, .get = proxy_get,
	.close = proxy_close,
};
