/* SPDX-License-Identifier: ISC */
/*
 * hash and btree, written by Berkeley DB. Only programs that change such tables link this, and they
 * have made the file themselves: the library trusts what it finds in one. What others made is
 * copied, read by bdb_file.h. Readers are in table_bdb.c.
 */
#include "lib/table/index_write.h"

#include <db.h>
#include <fcntl.h>

#include "lib/base/panic.h"
#include "lib/table/bdb_file.h"
#include "lib/table/index_file.h"
#include "lib/table/table_conf.h"

#define BDB_SUFFIX ".db"

enum { BDB_HASH_ELEMENTS = 4096, BDB_COPY_CACHE = 1 << 17 };

struct bdb {
	DB *db;
	DBC *cursor;
	struct index_style style;
	struct str message; /* what the library said last */
	char *path;
};

/* The library reports through this instead of standard error. */
static void
keep_message(const DB_ENV *env, const char *prefix UNUSED, const char *text)
{
	struct bdb *bdb = env->app_private;

	str_clear(&bdb->message);
	(void) str_add_str(&bdb->message, text);
}

/* Note why in *err and return false. */
static bool
bdb_failed(struct bdb *bdb, const char *what, int code, struct err *err)
{
	return err_temp(err, "%s %s: %s%s%s", what, bdb->path, db_strerror(code),
	    bdb->message.len > 0 ? ": " : "", str_cstr(&bdb->message));
}

static enum lookup
bdb_lookup_failed(struct bdb *bdb, const char *what, int code, struct err *err)
{
	(void) bdb_failed(bdb, what, code, err);
	return LOOKUP_TEMP;
}

static void
bdb_close(void *state)
{
	struct bdb *bdb = state;

	if (bdb->cursor != NULL)
		(void) bdb->cursor->close(bdb->cursor);
	if (bdb->db != NULL)
		(void) bdb->db->close(bdb->db, 0);
	str_fini(&bdb->message);
	free(bdb->path);
	free(bdb);
}

static struct bdb *
bdb_new(const char *path, unsigned flags)
{
	struct bdb *bdb = xcalloc(1, sizeof(*bdb));

	bdb->path = xstrdup(path);
	str_init(&bdb->message, sizeof(((struct err *) 0)->text));
	index_style_init(&bdb->style, flags);
	return bdb;
}

/* Make the handle and open the file. */
static bool
bdb_attach(struct bdb *bdb, DBTYPE type, uint32_t open_flags, uint32_t cache, unsigned mode,
    struct err *err)
{
	int code = db_create(&bdb->db, NULL, 0);

	if (code != 0) {
		bdb->db = NULL;
		return bdb_failed(bdb, "open database", code, err);
	}
	bdb->db->get_env(bdb->db)->app_private = bdb;
	bdb->db->set_errcall(bdb->db, keep_message);
	if ((code = bdb->db->set_cachesize(bdb->db, 0, cache, 0)) == 0 && type == DB_HASH &&
	    (open_flags & DB_RDONLY) == 0)
		code = bdb->db->set_h_nelem(bdb->db, BDB_HASH_ELEMENTS);
	if (code == 0)
		code = bdb->db->open(
		    bdb->db, NULL, bdb->path, NULL, type, open_flags | DB_NOMMAP, (int) mode);
	return code == 0 || bdb_failed(bdb, "open database", code, err);
}

static DBT
dbt_of(struct span bytes)
{
	static const char nothing[1];
	DBT dbt;

	memset(&dbt, 0, sizeof(dbt));
	dbt.data = (void *) (uintptr_t) (bytes.p != NULL ? bytes.p : nothing);
	dbt.size = (uint32_t) bytes.len;
	return dbt;
}

static enum lookup
bdb_find(void *state, struct span key, struct span *value_out, struct err *err)
{
	struct bdb *bdb = state;
	DBT want = dbt_of(key), value = { .data = NULL };
	int code = bdb->db->get(bdb->db, NULL, &want, &value, 0);

	if (code == DB_NOTFOUND)
		return LOOKUP_NONE;
	if (code != 0)
		return bdb_lookup_failed(bdb, "read database", code, err);
	*value_out = span_make(value.data, value.size);
	return LOOKUP_FOUND;
}

static const struct index_ops bdb_ops = { bdb_find };

static enum lookup
bdb_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct bdb *bdb = state;

	return index_get(&bdb_ops, bdb, &bdb->style, key, value_out, err);
}

static enum lookup
bdb_next(void *state, bool first, struct str *key_out, struct str *value_out, struct err *err)
{
	struct bdb *bdb = state;
	DBT key = { .data = NULL }, value = { .data = NULL };
	int code = 0;

	if (bdb->cursor == NULL)
		code = bdb->db->cursor(bdb->db, NULL, &bdb->cursor, 0);
	if (code == 0)
		code = bdb->cursor->get(bdb->cursor, &key, &value, first ? DB_FIRST : DB_NEXT);
	if (code == DB_NOTFOUND)
		return LOOKUP_NONE;
	if (code != 0)
		return bdb_lookup_failed(bdb, "walk through database", code, err);
	(void) str_add(key_out, index_strip_nul(span_make(key.data, key.size)));
	(void) str_add(value_out, index_strip_nul(span_make(value.data, value.size)));
	return LOOKUP_FOUND;
}

static bool
bdb_open_write(const struct table_env *env, DBTYPE type, const char *path, unsigned mode,
    unsigned flags, void **state_out, struct err *err)
{
	struct bdb *bdb = bdb_new(path, flags);
	uint32_t create = (flags & TABLE_CREATE) != 0 ? DB_CREATE : 0;

	/*
	 * The library takes an empty file (made by the caller to fix owner and mode) for a new one.
	 */
	if (!bdb_attach(bdb, type, create, (uint32_t) env->conf->berkeley_db_create_buffer_size,
		mode, err)) {
		bdb_close(bdb);
		return false;
	}
	*state_out = bdb;
	return true;
}

static bool
hash_open_write(const struct table_env *env, const char *path, unsigned mode, unsigned flags,
    void **state_out, struct err *err)
{
	return bdb_open_write(env, DB_HASH, path, mode, flags, state_out, err);
}

static bool
btree_open_write(const struct table_env *env, const char *path, unsigned mode, unsigned flags,
    void **state_out, struct err *err)
{
	return bdb_open_write(env, DB_BTREE, path, mode, flags, state_out, err);
}

/* bytes, with a NUL behind them when the file's style has one; scratch holds the copy. */
static struct span
styled(struct bdb *bdb, struct span bytes, struct str *scratch)
{
	if (!index_style_writes_nul(&bdb->style))
		return bytes;
	str_init(scratch, bytes.len + 1);
	(void) str_add(scratch, bytes);
	(void) str_add_char(scratch, '\0');
	return str_span(scratch);
}

static enum table_put
bdb_put(void *state, struct span key, struct span value, bool replace, struct err *err)
{
	struct bdb *bdb = state;
	struct str key_copy CLEANUP(str_fini) = { .p = NULL };
	struct str value_copy CLEANUP(str_fini) = { .p = NULL };
	DBT key_dbt = dbt_of(styled(bdb, key, &key_copy));
	DBT value_dbt = dbt_of(styled(bdb, value, &value_copy));
	int code = bdb->db->put(bdb->db, NULL, &key_dbt, &value_dbt, replace ? 0 : DB_NOOVERWRITE);

	if (code == DB_KEYEXIST)
		return TABLE_PUT_EXISTS;
	if (code == 0)
		return TABLE_PUT_DONE;
	(void) bdb_lookup_failed(bdb, "write database", code, err);
	return TABLE_PUT_FAILED;
}

/* The key may have been stored by somebody else: both ways are tried. */
static enum lookup
bdb_remove(void *state, struct span key, struct err *err)
{
	struct bdb *bdb = state;
	struct str with_nul CLEANUP(str_fini) = { .p = NULL };
	int code = DB_NOTFOUND;
	DBT dbt;

	str_init(&with_nul, key.len + 1);
	(void) str_add(&with_nul, key);
	(void) str_add_char(&with_nul, '\0');
	if (bdb->style.tries_nul) {
		dbt = dbt_of(str_span(&with_nul));
		code = bdb->db->del(bdb->db, NULL, &dbt, 0);
	}
	if (code == DB_NOTFOUND && bdb->style.tries_plain) {
		dbt = dbt_of(key);
		code = bdb->db->del(bdb->db, NULL, &dbt, 0);
	}
	if (code == 0)
		return LOOKUP_FOUND;
	return code == DB_NOTFOUND ? LOOKUP_NONE : bdb_lookup_failed(bdb, "write database", code, err);
}

static bool
bdb_sync(void *state, struct err *err)
{
	struct bdb *bdb = state;
	int code = bdb->db->sync(bdb->db, 0);

	return code == 0 || bdb_failed(bdb, "write database", code, err);
}

/* Every entry as it is, with its NUL or without. */
static bool
copy_entries(struct bdb *bdb, struct bdb_file *file, struct err *err)
{
	enum lookup found;
	struct span key, value;

	for (bool first = true;
	     (found = bdb_file_next(file, first, &key, &value, err)) == LOOKUP_FOUND;
	     first = false) {
		DBT key_dbt = dbt_of(key), value_dbt = dbt_of(value);
		int code = bdb->db->put(bdb->db, NULL, &key_dbt, &value_dbt, 0);

		if (code != 0)
			return bdb_failed(bdb, "write database", code, err);
	}
	return found == LOOKUP_NONE;
}

static bool
bdb_copy(void *state, const char *from, struct err *err)
{
	struct bdb *bdb = state;
	enum bdb_type type = bdb->db->type == DB_HASH ? BDB_HASH : BDB_BTREE;
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct bdb_file file;
	bool is_good;

	if (fd < 0)
		return err_temp_errno(err, "open database %s", from);
	is_good = bdb_file_open(&file, from, fd, type, BDB_COPY_CACHE, err) &&
	    copy_entries(bdb, &file, err);
	bdb_file_close(&file);
	return is_good;
}

static const struct table_writer hash_writer = {
	.open = hash_open_write,
	.put = bdb_put,
	.remove = bdb_remove,
	.sync = bdb_sync,
	.copy = bdb_copy,
};

static const struct table_writer btree_writer = {
	.open = btree_open_write,
	.put = bdb_put,
	.remove = bdb_remove,
	.sync = bdb_sync,
	.copy = bdb_copy,
};

const struct table_kind index_write_hash = {
	.name = "hash",
	.suffix = BDB_SUFFIX,
	.get = bdb_get,
	.close = bdb_close,
	.next = bdb_next,
	.writer = &hash_writer,
};

const struct table_kind index_write_btree = {
	.name = "btree",
	.suffix = BDB_SUFFIX,
	.get = bdb_get,
	.close = bdb_close,
	.next = bdb_next,
	.writer = &btree_writer,
};
