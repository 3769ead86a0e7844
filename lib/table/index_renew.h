/* SPDX-License-Identifier: ISC */
#ifndef INDEX_RENEW_H
#define INDEX_RENEW_H

#include "lib/table/table.h"

/*
 * Before an index file is opened to be changed: when it holds something, it is copied entry by entry
 * into a new file, which takes its place and its mode. So the library that changes it finds only
 * what it has written itself.
 * path      of the index file; nothing is done when it is absent, empty, or of a kind that cannot be
 *           changed
 * returns   false with *err: it is damaged, or the new one cannot be written; the old one is left
 */
MUST_USE bool index_renew(const struct table_env *env, const struct table_kind *kind,
    const char *path, struct err *err);

#endif
