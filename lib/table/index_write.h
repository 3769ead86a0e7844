/* SPDX-License-Identifier: ISC */
#ifndef INDEX_WRITE_H
#define INDEX_WRITE_H

#include "lib/table/table.h"

/*
 * hash, btree and lmdb for those who change them: writing_kinds of their table_env. In a library of
 * its own (libcarteiro_index), so that readers need neither Berkeley DB nor LMDB.
 */
extern const struct table_kind *const index_writing_kinds[];

/* Each of them. */
extern const struct table_kind index_write_hash, index_write_btree, index_write_lmdb;

#endif
