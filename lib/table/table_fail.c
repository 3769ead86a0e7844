/* SPDX-License-Identifier: ISC */
/* fail:name: every look-up is an error, for tests and for switching a service off. */
#include "lib/base/panic.h"
#include "lib/table/table_kinds.h"

static bool
fail_open(const struct table_env *env UNUSED, const char *name, unsigned flags UNUSED,
    void **state_out, struct err *err UNUSED)
{
	*state_out = xstrdup(name);
	return true;
}

static enum lookup
fail_get(void *state, struct span key UNUSED, struct str *value_out UNUSED, struct err *err)
{
	(void) err_temp(err,
	    "table fail:%s: query error: every look-up in a table of this type fails",
	    (const char *) state);
	return LOOKUP_TEMP;
}

const struct table_kind table_fail = {
	.name = "fail",
	.doc = "An error for every key",
	.open = fail_open,
	.get = fail_get,
	.close = free,
};
