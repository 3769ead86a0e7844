/* SPDX-License-Identifier: ISC */
/* The kinds that change index files. */
#include "lib/table/index_write.h"

const struct table_kind *const index_writing_kinds[] = {
	&index_write_hash,
	&index_write_btree,
	&index_write_lmdb,
	NULL,
};
