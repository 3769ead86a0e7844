/* SPDX-License-Identifier: ISC */
#ifndef TABLE_T_H
#define TABLE_T_H

/*
 * What tests of tables share: an environment with default parameters, and files in a directory of
 * their own.
 */

#include "t.h"

#include "lib/base/panic.h"
#include "lib/table/index_write.h"
#include "lib/table/table.h"
#include "lib/table/table_conf.h"

static struct table_conf t_table_conf = {
	.berkeley_db_create_buffer_size = 1 << 20, .berkeley_db_read_buffer_size = 1 << 17,
	    .lmdb_map_size = 1 << 20,
};

struct t_tables {
	struct table_env env;
	char dir[64];
	struct str value;
	struct err err;
};

UNUSED static void
t_tables_begin(struct t_tables *x)
{
	memset(x, 0, sizeof(*x));
	snprintf(x->dir, sizeof(x->dir), "/tmp/t-table-XXXXXX");
	if (mkdtemp(x->dir) == NULL)
		abort();
	table_env_init(&x->env, &t_table_conf, NULL, NULL);
	x->env.writing_kinds = index_writing_kinds;
	str_init(&x->value, 1 << 20);
}

UNUSED static void
t_tables_end(struct t_tables *x)
{
	char command[100];

	table_env_fini(&x->env);
	str_fini(&x->value);
	snprintf(command, sizeof(command), "rm -rf %s", x->dir);
	if (system(command) != 0)
		abort();
}

/* A path in the test's directory; the test owns it. */
UNUSED static const char *
t_tables_path(struct t *t, struct t_tables *x, const char *name)
{
	size_t size = strlen(x->dir) + strlen(name) + 2;
	char *path = t_own(t, malloc(size));

	snprintf(path, size, "%s/%s", x->dir, name);
	return path;
}

/* "type:" and the path. */
UNUSED static const char *
t_tables_spec(struct t *t, struct t_tables *x, const char *type, const char *name)
{
	size_t size = strlen(x->dir) + strlen(name) + strlen(type) + 3;
	char *spec = t_own(t, malloc(size));

	snprintf(spec, size, "%s:%s/%s", type, x->dir, name);
	return spec;
}

UNUSED static const char *
t_tables_write(struct t *t, struct t_tables *x, const char *name, const char *text)
{
	const char *path = t_tables_path(t, x, name);
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
	return path;
}

/* What a key gives: the value, "(none)", "(temp)" or "(config)". Good until the next call. */
UNUSED static const char *
t_tables_get(struct t_tables *x, struct table *table, struct span key)
{
	err_clear(&x->err);
	switch (table_get(table, key, &x->value, &x->err)) {
	case LOOKUP_FOUND:
		return str_cstr(&x->value);
	case LOOKUP_NONE:
		return "(none)";
	case LOOKUP_TEMP:
		return "(temp)";
	case LOOKUP_CONFIG:
		return "(config)";
	}
	return "?";
}

#endif
