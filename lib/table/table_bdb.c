/* SPDX-License-Identifier: ISC */
/*
 * hash: and btree:, files of Berkeley DB, as Postfix's postmap makes them too; read by bdb_file.h,
 * written by bdb_write.c.
 *
 * Readers take no lock per look-up: postmap replaces a file by rename, and file_watch tells when
 * that has happened. A file is locked (shared) only while it is opened, against a foreign postmap
 * that rewrites it in place.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/panic.h"
#include "lib/sys/file.h"
#include "lib/table/bdb_file.h"
#include "lib/table/file_watch.h"
#include "lib/table/index_file.h"
#include "lib/table/table_conf.h"
#include "lib/table/table_kinds.h"

#define BDB_SUFFIX ".db"

enum { BDB_CACHE_WHOLE = 1 << 20 };

struct bdb {
	struct bdb_file file;
	struct index_style style;
	struct file_watch watch;
};

static void
bdb_close(void *state)
{
	struct bdb *bdb = state;

	bdb_file_close(&bdb->file);
	file_watch_close(&bdb->watch);
	free(bdb);
}

/* A small file is kept in memory as a whole, page by page as it is asked for. */
static size_t
cache_size(int fd, int least)
{
	size_t size = least > 0 ? (size_t) least : 0;
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size <= BDB_CACHE_WHOLE && (size_t) st.st_size > size
	    ? (size_t) st.st_size
	    : size;
}

/* Open and lock: another process may be writing into it. */
static int
open_locked(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_SH) != 0) {
		(void) err_temp_errno(err, "open database %s", path);
		fd_close(&fd);
	}
	return fd;
}

static bool
attach(struct bdb *bdb, enum bdb_type type, const char *path, const char *source, int least,
    struct err *err)
{
	int fd = open_locked(path, err);

	if (fd < 0)
		return false;
	index_warn_if_old(path, source, fd);
	if (!file_watch_open(&bdb->watch, path, fd, err)) {
		fd_close(&fd);
		return false;
	}
	if (!bdb_file_open(&bdb->file, path, fd, type, cache_size(fd, least), err))
		return false;
	(void) flock(fd, LOCK_UN);
	return true;
}

static bool
bdb_open(const struct table_env *env, enum bdb_type type, const char *name, unsigned flags,
    void **state_out, struct err *err)
{
	struct str path CLEANUP(str_fini);
	struct bdb *bdb;

	str_init(&path, 4096);
	if (!str_add_str(&path, name) || !str_add_str(&path, BDB_SUFFIX))
		return err_config(err, "open database %s: name too long", name);
	bdb = xcalloc(1, sizeof(*bdb));
	bdb->watch.dirfd = -1;
	bdb->file.fd = -1;
	index_style_init(&bdb->style, flags);
	if (!attach(bdb, type, str_cstr(&path), name, env->conf->berkeley_db_read_buffer_size, err)) {
		bdb_close(bdb);
		return false;
	}
	*state_out = bdb;
	return true;
}

static bool
hash_open(const struct table_env *env, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	return bdb_open(env, BDB_HASH, name, flags, state_out, err);
}

static bool
btree_open(const struct table_env *env, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	return bdb_open(env, BDB_BTREE, name, flags, state_out, err);
}

static enum lookup
bdb_find(void *state, struct span key, struct span *value_out, struct err *err)
{
	struct bdb *bdb = state;

	return bdb_file_find(&bdb->file, key, value_out, err);
}

static const struct index_ops bdb_ops = { bdb_find };

static enum lookup
bdb_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct bdb *bdb = state;

	return index_get(&bdb_ops, bdb, &bdb->style, key, value_out, err);
}

static bool
bdb_is_stale(void *state)
{
	const struct bdb *bdb = state;

	return file_watch_has_changed(&bdb->watch);
}

static enum lookup
bdb_next(void *state, bool first, struct str *key_out, struct str *value_out, struct err *err)
{
	struct bdb *bdb = state;
	struct span key, value;
	enum lookup found = bdb_file_next(&bdb->file, first, &key, &value, err);

	if (found != LOOKUP_FOUND)
		return found;
	(void) str_add(key_out, index_strip_nul(key));
	(void) str_add(value_out, index_strip_nul(value));
	return LOOKUP_FOUND;
}

const struct table_kind table_hash = {
	.name = "hash",
	.doc = "Indexed file, Berkeley DB hash",
	.suffix = BDB_SUFFIX,
	.open = hash_open,
	.get = bdb_get,
	.close = bdb_close,
	.is_stale = bdb_is_stale,
	.next = bdb_next,
};

const struct table_kind table_btree = {
	.name = "btree",
	.doc = "Indexed file, Berkeley DB sorted tree",
	.suffix = BDB_SUFFIX,
	.open = btree_open,
	.get = bdb_get,
	.close = bdb_close,
	.is_stale = bdb_is_stale,
	.next = bdb_next,
};
