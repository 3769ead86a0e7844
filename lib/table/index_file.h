/* SPDX-License-Identifier: ISC */
#ifndef INDEX_FILE_H
#define INDEX_FILE_H

#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "lib/table/table.h"

/*
 * What index drivers share: keys and values may have been stored with a final NUL or without (it
 * depends on who made the file). Both are tried until the first hit shows which one it is.
 */
struct index_style {
	bool tries_nul, tries_plain;
};

void index_style_init(struct index_style *style, unsigned flags);

/* What is written when nothing is known yet: with NUL, as Postfix does on this system. */
bool index_style_writes_nul(struct index_style *style);

/* One exact look-up in the file, used by index_get. */
struct index_ops {
	enum lookup (*find)(void *state, struct span key, struct span *value_out, struct err *err);
};

/* Try the key in the ways that style allows and append the value, without its final NUL. */
enum lookup index_get(const struct index_ops *ops, void *state, struct index_style *style,
    struct span key,
    struct str *value_out, struct err *err);

/* A stored key or value without the final NUL. */
struct span index_strip_nul(struct span bytes);

/* Warn when the text at source is newer than the opened index (and not just being edited). */
void index_warn_if_old(const char *path, const char *source, int fd);

#endif
