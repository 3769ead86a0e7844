/* SPDX-License-Identifier: ISC */
/* Parameters of lookup tables. */
#include "lib/table/table_conf.h"

static const struct param table_rows[] = {
	/* Opening. */
	P_BOOL(struct table_conf, daemon_table_open_error_is_fatal, .value = "no",
	    .doc = "End a daemon that cannot open a table, instead of failing each look-up in it."),

	/* Memory. */
	P_INT(struct table_conf, berkeley_db_create_buffer_size, .value = "16777216", .min = 4096,
	    .doc = "Memory of postmap and postalias while they make hash and btree tables."),
	P_INT(struct table_conf, berkeley_db_read_buffer_size, .value = "131072", .min = 4096,
	    .doc = "Memory of an open hash or btree table."),
	P_LONG(struct table_conf, lmdb_map_size, .value = "16777216", .min = 8192,
	    .doc = "The size that an lmdb table begins with; it grows by itself."),
};

const struct param_table table_params = {
	.owner = "table", .prefix = "", .rows = table_rows, .count = COUNT_OF(table_rows),
	.size = sizeof(struct table_conf),
};
