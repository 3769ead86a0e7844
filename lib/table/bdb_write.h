/* SPDX-License-Identifier: ISC */
#ifndef BDB_WRITE_H
#define BDB_WRITE_H

#include "lib/table/table.h"

/*
 * hash and btree for those who change them: table_env_init's env gets them as writing_kinds. In a
 * library of its own (libcarteiro_bdb), so that readers need no Berkeley DB.
 */
extern const struct table_kind *const bdb_writing_kinds[];

#endif
