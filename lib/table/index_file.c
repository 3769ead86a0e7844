/* SPDX-License-Identifier: ISC */
/* Final NULs and ages of index files; no file is opened here. */
#include "lib/table/index_file.h"

#include <sys/stat.h>
#include <time.h>

#include "lib/sys/log.h"

enum { INDEX_KEY_MAX = 4096, INDEX_GRACE_S = 100 };

void
index_style_init(struct index_style *style, unsigned flags)
{
	bool is_free = (flags & (TABLE_NUL | TABLE_NO_NUL)) == 0;

	style->tries_nul = is_free || (flags & TABLE_NUL) != 0;
	style->tries_plain = is_free || (flags & TABLE_NO_NUL) != 0;
}

bool
index_style_writes_nul(struct index_style *style)
{
	if (style->tries_nul)
		style->tries_plain = false;
	return style->tries_nul;
}

struct span
index_strip_nul(struct span bytes)
{
	if (bytes.len > 0 && bytes.p[bytes.len - 1] == '\0')
		bytes.len--;
	return bytes;
}

/* The key with a NUL behind it, looked up. */
static enum lookup
find_with_nul(const struct index_ops *ops, void *state, struct span key, struct span *value_out,
    struct err *err)
{
	char with_nul[INDEX_KEY_MAX + 1];

	memcpy(with_nul, key.len > 0 ? key.p : "", key.len);
	with_nul[key.len] = '\0';
	return ops->find(state, span_make(with_nul, key.len + 1), value_out, err);
}

enum lookup
index_get(const struct index_ops *ops, void *state, struct index_style *style, struct span key,
    struct str *value_out, struct err *err)
{
	enum lookup found = LOOKUP_NONE;
	struct span value;

	/* A NUL inside could make a longer key look like a stored one. */
	if (key.len > INDEX_KEY_MAX || span_has_nul(key))
		return LOOKUP_NONE;
	if (style->tries_nul &&
	    (found = find_with_nul(ops, state, key, &value, err)) == LOOKUP_FOUND)
		style->tries_plain = false;
	if (found == LOOKUP_NONE && style->tries_plain &&
	    (found = ops->find(state, key, &value, err)) == LOOKUP_FOUND)
		style->tries_nul = false;
	if (found != LOOKUP_FOUND || str_add(value_out, index_strip_nul(value)))
		return found;
	(void) err_config(err, "value is longer than %zu bytes", value_out->max);
	return LOOKUP_CONFIG;
}

void
index_warn_if_old(const char *path, const char *source, int fd)
{
	struct stat text, index;

	if (stat(source, &text) != 0 || fstat(fd, &index) != 0)
		return;
	if (text.st_mtime > index.st_mtime && text.st_mtime < time(NULL) - INDEX_GRACE_S)
		log_warn("database %s is older than source file %s", path, source);
}
