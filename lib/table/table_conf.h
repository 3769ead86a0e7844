/* SPDX-License-Identifier: ISC */
#ifndef TABLE_CONF_H
#define TABLE_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of lookup tables.
 * Names in main.cf: without prefix. What each means is in its row (table_conf.c).
 */
struct table_conf {
	/* Opening. */
	bool daemon_table_open_error_is_fatal;
	/* Memory. */
	int berkeley_db_create_buffer_size;
	int berkeley_db_read_buffer_size;
	int64_t lmdb_map_size;
};

extern const struct param_table table_params;

#endif
