/* SPDX-License-Identifier: ISC */
/* static:text or static:{ text with blanks }: the same answer for every key. */
#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/table/table_kinds.h"
#include "lib/table/table_list.h"
#include "lib/table/text_source.h"

static bool
static_open(const struct table_env *env UNUSED, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	struct str *value = xcalloc(1, sizeof(*value));
	struct span text = span_of(name);

	str_init(value, 2 * TEXT_SOURCE_LINE_MAX);
	if ((name[0] == '{' && !table_list_unbrace(text, &text, err)) ||
	    ((flags & TABLE_FILE_VALUES) != 0 && !text_value_from_files(text, value, err))) {
		(void) err_prefix(err, "bad syntax: \"static:%s\"", name);
		str_fini(value);
		free(value);
		return false;
	}
	if ((flags & TABLE_FILE_VALUES) == 0)
		(void) str_add(value, text);
	*state_out = value;
	return true;
}

static enum lookup
static_get(void *state, struct span key UNUSED, struct str *value_out, struct err *err UNUSED)
{
	const struct str *value = state;

	(void) str_add(value_out, str_span(value));
	return LOOKUP_FOUND;
}

static void
static_close(void *state)
{
	str_fini(state);
	free(state);
}

/* Not a pattern: like Postfix, it answers partial keys too. */
const struct table_kind table_static = {
	.name = "static",
	.doc = "The same value for every key",
	.open = static_open,
	.get = static_get,
	.close = static_close,
};
