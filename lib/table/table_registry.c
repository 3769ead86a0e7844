/* SPDX-License-Identifier: ISC */
/* The kinds of tables, in alphabetical order. A new kind adds its row here. */
#include "lib/table/table_kinds.h"

const struct table_kind *const table_registry[] = {
	&table_btree,
	&table_cidr,
	&table_environ,
	&table_fail,
	&table_hash,
	&table_inline,
	&table_internal,
	&table_lmdb,
	&table_pcre,
	&table_pipemap,
	&table_proxy,
	&table_randmap,
	&table_regexp,
	&table_static,
	&table_texthash,
	&table_unionmap,
	&table_unix,
	NULL,
};

const struct table_kind *
table_kind_find(struct span name)
{
	for (const struct table_kind *const *kind = table_registry; *kind != NULL; kind++)
		if (span_eq_str(name, (*kind)->name))
			return *kind;
	return NULL;
}
