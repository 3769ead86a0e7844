/* SPDX-License-Identifier: ISC */
#ifndef TABLE_KINDS_H
#define TABLE_KINDS_H

#include "lib/table/table.h"

/* Every kind of table, each in its own table_KIND.c. */
extern const struct table_kind table_btree, table_cidr, table_environ, table_fail, table_hash, table_inline,
    table_internal, table_lmdb, table_pcre, table_pipemap, table_proxy, table_randmap,
    table_regexp, table_static, table_texthash, table_unionmap, table_unix;

#endif
