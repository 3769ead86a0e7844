/* SPDX-License-Identifier: ISC */
/*
 * lmdb, written by LMDB: one file name.lmdb (MDB_NOSUBDIR), as Postfix makes it. Only programs that
 * change such tables link this, and they have made the file themselves: the library maps it and
 * trusts it. What others made is copied, read by lmdb_file.h. Readers are in table_lmdb.c. Reading
 * the map of a file that somebody has cut off ends a process, so its size is looked at before.
 *
 * MDB_NOLOCK: no lock file, as Postfix; there is one writer, by the locks of postmap and by being
 * the only proxywrite. The value of a look-up is copied out before its snapshot ends.
 */
#include "lib/table/index_write.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/panic.h"
#include "lib/table/index_file.h"
#include "lib/table/lmdb_file.h"
#include "lib/table/table_conf.h"

#define LMDB_SUFFIX ".lmdb"

enum { LMDB_PAGE = 4096, LMDB_PAGES_PER_PUT = 8 };

struct lmdb {
	MDB_env *env;
	MDB_dbi dbi;
	MDB_txn *reader; /* reset between look-ups */
	MDB_txn *batch;  /* TABLE_BULK: puts that wait for their commit */
	MDB_cursor *cursor;
	MDB_txn *walk;
	size_t batch_room; /* pages that the batch may still use, at least */
	off_t size;        /* of the file, as we left it */
	bool is_bulk;
	struct index_style style;
	char *path;
};

/* Note why in *err and return false. */
static bool
lmdb_failed(const struct lmdb *lmdb, const char *what, int code, struct err *err)
{
	return err_temp(err, "%s %s: %s", what, lmdb->path, mdb_strerror(code));
}

static enum lookup
lmdb_failure(const struct lmdb *lmdb, const char *what, int code, struct err *err)
{
	(void) lmdb_failed(lmdb, what, code, err);
	return LOOKUP_TEMP;
}

/* How big the file is now; 0 when that cannot be found out. */
static off_t
file_size(const struct lmdb *lmdb)
{
	mdb_filehandle_t fd;
	struct stat st;

	return mdb_env_get_fd(lmdb->env, &fd) == 0 && fstat(fd, &st) == 0 ? st.st_size : 0;
}

/* The file holds all that we have written. */
static int
check_size(const struct lmdb *lmdb)
{
	return file_size(lmdb) < lmdb->size ? MDB_PAGE_NOTFOUND : 0;
}

static void
end_walk(struct lmdb *lmdb)
{
	if (lmdb->cursor != NULL)
		mdb_cursor_close(lmdb->cursor);
	if (lmdb->walk != NULL)
		mdb_txn_abort(lmdb->walk);
	lmdb->cursor = NULL;
	lmdb->walk = NULL;
}

static void
lmdb_close(void *state)
{
	struct lmdb *lmdb = state;

	end_walk(lmdb);
	if (lmdb->batch != NULL)
		mdb_txn_abort(lmdb->batch);
	if (lmdb->reader != NULL)
		mdb_txn_abort(lmdb->reader);
	if (lmdb->env != NULL)
		mdb_env_close(lmdb->env);
	free(lmdb->path);
	free(lmdb);
}

static struct lmdb *
lmdb_new(const char *path, unsigned flags)
{
	struct lmdb *lmdb = xcalloc(1, sizeof(*lmdb));

	lmdb->path = xstrdup(path);
	lmdb->is_bulk = (flags & TABLE_BULK) != 0;
	index_style_init(&lmdb->style, flags);
	return lmdb;
}

/* Open the environment and its only database. */
static int
attach_env(struct lmdb *lmdb, size_t map_size, unsigned env_flags, unsigned mode)
{
	bool is_read_only = (env_flags & MDB_RDONLY) != 0;
	MDB_txn *txn = NULL;
	int code = mdb_env_create(&lmdb->env);

	if (code == 0)
		code = mdb_env_set_mapsize(lmdb->env, map_size);
	if (code == 0)
		code = mdb_env_open(
		    lmdb->env, lmdb->path, env_flags | MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS, mode);
	if (code == 0)
		code = mdb_txn_begin(lmdb->env, NULL, is_read_only ? MDB_RDONLY : 0, &txn);
	if (code == 0)
		code = mdb_dbi_open(txn, NULL, 0, &lmdb->dbi);
	if (code == 0)
		return mdb_txn_commit(txn);
	if (txn != NULL)
		mdb_txn_abort(txn);
	return code;
}

/* The reader of look-ups, made once. */
static int
attach_reader(struct lmdb *lmdb)
{
	int code = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &lmdb->reader);

	if (code == 0)
		mdb_txn_reset(lmdb->reader);
	else
		lmdb->reader = NULL;
	return code;
}

static bool
lmdb_start(struct lmdb *lmdb, size_t map_size, unsigned env_flags, unsigned mode, struct err *err)
{
	int code = attach_env(lmdb, map_size, env_flags, mode);

	if (code == 0)
		code = attach_reader(lmdb);
	lmdb->size = file_size(lmdb);
	return code == 0 || lmdb_failed(lmdb, "open database", code, err);
}

/* Begin a snapshot; the map follows a file that others have made bigger. */
static int
begin_read(struct lmdb *lmdb)
{
	int code = check_size(lmdb);

	if (code == 0)
		code = mdb_txn_renew(lmdb->reader);
	if (code != MDB_MAP_RESIZED)
		return code;
	code = mdb_env_set_mapsize(lmdb->env, 0);
	return code == 0 ? mdb_txn_renew(lmdb->reader) : code;
}

/* Within the snapshot that lmdb_get began. */
static enum lookup
lmdb_find(void *state, struct span key, struct span *value_out, struct err *err)
{
	struct lmdb *lmdb = state;
	MDB_val want = { key.len, (void *) (uintptr_t) key.p }, value;
	int code;

	if (key.len == 0 || key.len > (size_t) mdb_env_get_maxkeysize(lmdb->env))
		return LOOKUP_NONE;
	code = mdb_get(lmdb->reader, lmdb->dbi, &want, &value);
	if (code == MDB_NOTFOUND)
		return LOOKUP_NONE;
	if (code != 0)
		return lmdb_failure(lmdb, "read database", code, err);
	*value_out = span_make(value.mv_data, value.mv_size);
	return LOOKUP_FOUND;
}

static const struct index_ops lmdb_ops = { lmdb_find };

static enum lookup
lmdb_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct lmdb *lmdb = state;
	enum lookup found;
	int code = begin_read(lmdb);

	if (code != 0)
		return lmdb_failure(lmdb, "read database", code, err);
	found = index_get(&lmdb_ops, lmdb, &lmdb->style, key, value_out, err);
	mdb_txn_reset(lmdb->reader);
	return found;
}

static enum lookup
lmdb_next(void *state, bool first, struct str *key_out, struct str *value_out, struct err *err)
{
	struct lmdb *lmdb = state;
	MDB_val key, value;
	int code = check_size(lmdb);

	if (first)
		end_walk(lmdb);
	if (code == 0 && lmdb->walk == NULL)
		code = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &lmdb->walk);
	if (code == 0 && lmdb->cursor == NULL)
		code = mdb_cursor_open(lmdb->walk, lmdb->dbi, &lmdb->cursor);
	if (code == 0)
		code = mdb_cursor_get(lmdb->cursor, &key, &value, first ? MDB_FIRST : MDB_NEXT);
	if (code != 0) {
		end_walk(lmdb);
		return code == MDB_NOTFOUND
		    ? LOOKUP_NONE
		    : lmdb_failure(lmdb, "walk through database", code, err);
	}
	(void) str_add(key_out, index_strip_nul(span_make(key.mv_data, key.mv_size)));
	(void) str_add(value_out, index_strip_nul(span_make(value.mv_data, value.mv_size)));
	return LOOKUP_FOUND;
}

static bool
lmdb_open_write(const struct table_env *env, const char *path, unsigned mode, unsigned flags,
    void **state_out, struct err *err)
{
	struct lmdb *lmdb = lmdb_new(path, flags);

	if ((flags & TABLE_CREATE) == 0 && access(path, F_OK) != 0) {
		(void) err_temp_errno(err, "open database %s", path);
		lmdb_close(lmdb);
		return false;
	}
	if (!lmdb_start(lmdb, (size_t) env->conf->lmdb_map_size, MDB_NOSYNC, mode, err)) {
		lmdb_close(lmdb);
		return false;
	}
	*state_out = lmdb;
	return true;
}

static int
commit_batch(struct lmdb *lmdb)
{
	MDB_txn *batch = lmdb->batch;
	int code;

	if (batch == NULL)
		return 0;
	lmdb->batch = NULL;
	code = mdb_txn_commit(batch);
	lmdb->size = file_size(lmdb);
	return code;
}

/*
 * Begin a batch with room for at least `need` pages: the map is doubled while less than that is
 * free.
 */
static int
begin_batch(struct lmdb *lmdb, size_t need)
{
	MDB_envinfo info;
	int code = mdb_env_info(lmdb->env, &info);

	end_walk(lmdb);
	while (code == 0 && info.me_mapsize / LMDB_PAGE < (info.me_last_pgno + 1 + need) * 4 / 3) {
		code = mdb_env_set_mapsize(lmdb->env, info.me_mapsize * 2);
		if (code == 0)
			code = mdb_env_info(lmdb->env, &info);
	}
	if (code == 0)
		code = mdb_txn_begin(lmdb->env, NULL, 0, &lmdb->batch);
	if (code == 0)
		lmdb->batch_room = info.me_mapsize / LMDB_PAGE - info.me_last_pgno - 1;
	else
		lmdb->batch = NULL;
	return code;
}

/* A write transaction that has room for one more change of value_size bytes. */
static int
ensure_batch(struct lmdb *lmdb, size_t value_size)
{
	size_t need = LMDB_PAGES_PER_PUT + 2 * value_size / LMDB_PAGE;
	int code = check_size(lmdb);

	if (code == 0 && lmdb->batch != NULL && lmdb->batch_room < need)
		code = commit_batch(lmdb);
	if (code == 0 && lmdb->batch == NULL)
		code = begin_batch(lmdb, need);
	if (code == 0)
		lmdb->batch_room -= need;
	return code;
}

static void
copy_styled(struct lmdb *lmdb, struct span bytes, struct str *copy)
{
	str_init(copy, bytes.len + 1);
	(void) str_add(copy, bytes);
	if (index_style_writes_nul(&lmdb->style))
		(void) str_add_char(copy, '\0');
}

static enum table_put
lmdb_put(void *state, struct span key, struct span value, bool replace, struct err *err)
{
	struct lmdb *lmdb = state;
	struct str key_copy CLEANUP(str_fini), value_copy CLEANUP(str_fini);
	MDB_val key_val, value_val;
	int code;

	copy_styled(lmdb, key, &key_copy);
	copy_styled(lmdb, value, &value_copy);
	key_val = (MDB_val){ key_copy.len, key_copy.p };
	value_val = (MDB_val){ value_copy.len, value_copy.p };
	if (key_copy.len == 0 || key_copy.len > (size_t) mdb_env_get_maxkeysize(lmdb->env)) {
		(void) err_config(err,
		    "write database %s: key of %zu bytes, at most %d are possible", lmdb->path,
		    key_copy.len, mdb_env_get_maxkeysize(lmdb->env));
		return TABLE_PUT_FAILED;
	}
	if ((code = ensure_batch(lmdb, value.len)) == 0)
		code = mdb_put(
		    lmdb->batch, lmdb->dbi, &key_val, &value_val, replace ? 0 : MDB_NOOVERWRITE);
	if (code == MDB_KEYEXIST)
		return TABLE_PUT_EXISTS;
	if (code == 0 && !lmdb->is_bulk)
		code = commit_batch(lmdb);
	if (code == 0)
		return TABLE_PUT_DONE;
	(void) lmdb_failure(lmdb, "write database", code, err);
	return TABLE_PUT_FAILED;
}

/* One exact key. */
static int
remove_one(struct lmdb *lmdb, struct span key)
{
	MDB_val val = { key.len, (void *) (uintptr_t) key.p };

	if (key.len == 0 || key.len > (size_t) mdb_env_get_maxkeysize(lmdb->env))
		return MDB_NOTFOUND;
	return mdb_del(lmdb->batch, lmdb->dbi, &val, NULL);
}

static enum lookup
lmdb_remove(void *state, struct span key, struct err *err)
{
	struct lmdb *lmdb = state;
	struct str with_nul CLEANUP(str_fini);
	int code = ensure_batch(lmdb, 0), done = MDB_NOTFOUND;

	str_init(&with_nul, key.len + 1);
	(void) str_add(&with_nul, key);
	(void) str_add_char(&with_nul, '\0');
	if (code == 0 && lmdb->style.tries_nul)
		done = remove_one(lmdb, str_span(&with_nul));
	if (code == 0 && done == MDB_NOTFOUND && lmdb->style.tries_plain)
		done = remove_one(lmdb, key);
	if (code == 0 && !lmdb->is_bulk)
		code = commit_batch(lmdb);
	if (code != 0 || (done != 0 && done != MDB_NOTFOUND))
		return lmdb_failure(lmdb, "write database", code != 0 ? code : done, err);
	return done == 0 ? LOOKUP_FOUND : LOOKUP_NONE;
}

static bool
lmdb_sync(void *state, struct err *err)
{
	struct lmdb *lmdb = state;
	int code = commit_batch(lmdb);

	if (code == 0)
		code = mdb_env_sync(lmdb->env, 1);
	return code == 0 || lmdb_failed(lmdb, "write database", code, err);
}

/* Every entry as it is, with its NUL or without. */
static bool
copy_entries(struct lmdb *lmdb, struct lmdb_file *file, struct err *err)
{
	enum lookup found;
	struct span key, value;

	for (bool first = true;
	     (found = lmdb_file_next(file, first, &key, &value, err)) == LOOKUP_FOUND;
	     first = false) {
		MDB_val key_val = { key.len, (void *) (uintptr_t) key.p };
		MDB_val value_val = { value.len, (void *) (uintptr_t) value.p };
		int code = ensure_batch(lmdb, value.len);

		if (code == 0)
			code = mdb_put(lmdb->batch, lmdb->dbi, &key_val, &value_val, 0);
		if (code != 0)
			return lmdb_failed(lmdb, "write database", code, err);
	}
	return found == LOOKUP_NONE;
}

static bool
lmdb_copy(void *state, const char *from, struct err *err)
{
	struct lmdb *lmdb = state;
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct lmdb_file file;
	bool is_good;

	if (fd < 0)
		return err_temp_errno(err, "open database %s", from);
	is_good = lmdb_file_open(&file, from, fd, err) && copy_entries(lmdb, &file, err);
	lmdb_file_close(&file);
	return is_good;
}

static const struct table_writer lmdb_writer = {
	.open = lmdb_open_write,
	.put = lmdb_put,
	.remove = lmdb_remove,
	.sync = lmdb_sync,
	.copy = lmdb_copy,
};

const struct table_kind index_write_lmdb = {
	.name = "lmdb",
	.suffix = LMDB_SUFFIX,
	.get = lmdb_get,
	.close = lmdb_close,
	.next = lmdb_next,
	.writer = &lmdb_writer,
};
