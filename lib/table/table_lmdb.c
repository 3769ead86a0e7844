/* SPDX-License-Identifier: ISC */
/* lmdb: one file name.lmdb, as Postfix makes it; read by lmdb_file.h, written by lmdb_write.c. */
#include <fcntl.h>

#include "lib/base/panic.h"
#include "lib/sys/file.h"
#include "lib/table/file_watch.h"
#include "lib/table/index_file.h"
#include "lib/table/lmdb_file.h"
#include "lib/table/table_kinds.h"

#define LMDB_SUFFIX ".lmdb"

struct lmdb {
	struct lmdb_file file;
	struct index_style style;
	struct file_watch watch;
};

static void
lmdb_close(void *state)
{
	struct lmdb *lmdb = state;

	lmdb_file_close(&lmdb->file);
	file_watch_close(&lmdb->watch);
	free(lmdb);
}

static bool
attach(struct lmdb *lmdb, const char *path, const char *source, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_temp_errno(err, "open database %s", path);
	index_warn_if_old(path, source, fd);
	if (!file_watch_open(&lmdb->watch, path, fd, err)) {
		fd_close(&fd);
		return false;
	}
	return lmdb_file_open(&lmdb->file, path, fd, err);
}

static bool
lmdb_open(const struct table_env *env UNUSED, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	struct str path CLEANUP(str_fini);
	struct lmdb *lmdb;

	str_init(&path, 4096);
	if (!str_add_str(&path, name) || !str_add_str(&path, LMDB_SUFFIX))
		return err_config(err, "open database %s: name too long", name);
	lmdb = xcalloc(1, sizeof(*lmdb));
	lmdb->watch.dirfd = -1;
	lmdb->file.fd = -1;
	index_style_init(&lmdb->style, flags);
	if (!attach(lmdb, str_cstr(&path), name, err)) {
		lmdb_close(lmdb);
		return false;
	}
	*state_out = lmdb;
	return true;
}

static enum lookup
lmdb_find(void *state, struct span key, struct span *value_out, struct err *err)
{
	struct lmdb *lmdb = state;

	return lmdb_file_find(&lmdb->file, key, value_out, err);
}

static const struct index_ops lmdb_ops = { lmdb_find };

static enum lookup
lmdb_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct lmdb *lmdb = state;

	return index_get(&lmdb_ops, lmdb, &lmdb->style, key, value_out, err);
}

static bool
lmdb_is_stale(void *state)
{
	const struct lmdb *lmdb = state;

	return file_watch_has_changed(&lmdb->watch);
}

static enum lookup
lmdb_next(void *state, bool first, struct str *key_out, struct str *value_out, struct err *err)
{
	struct lmdb *lmdb = state;
	struct span key, value;
	enum lookup found = lmdb_file_next(&lmdb->file, first, &key, &value, err);

	if (found != LOOKUP_FOUND)
		return found;
	(void) str_add(key_out, index_strip_nul(key));
	(void) str_add(value_out, index_strip_nul(value));
	return LOOKUP_FOUND;
}

const struct table_kind table_lmdb = {
	.name = "lmdb",
	.doc = "Indexed file, LMDB",
	.suffix = LMDB_SUFFIX,
	.open = lmdb_open,
	.get = lmdb_get,
	.close = lmdb_close,
	.is_stale = lmdb_is_stale,
	.next = lmdb_next,
};
