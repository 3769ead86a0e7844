/* SPDX-License-Identifier: ISC */
#ifndef TABLE_H
#define TABLE_H

#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/base/str.h"

/*
 * Lookup tables, "type:name". A table is opened before the process drops its privileges and may be
 * asked in the sandbox; nothing is opened or locked per look-up. One file per kind: table_KIND.c
 * with
 * a constant struct table_kind, one row in table_registry.c.
 */
struct table;
struct table_set;
struct main_cf;
struct program;
struct table_conf;

enum table_flag {
	/* fold keys to lower case (not for pattern kinds; UTF-8 aware with TABLE_UTF8) */
	TABLE_FOLD          = 1 << 0,
	/*
	 * smtputf8_enable: a key that is not UTF-8 is "not found", such a value is an error of
	 * the table
	 */
	TABLE_UTF8          = 1 << 1,
	TABLE_NO_REGSUB     = 1 << 2,   /* refuse $1 substitution: transport, alias, uid … maps */
	/* do not take proxy: for this use (uid maps): proxy:x:y is opened as x:y */
	TABLE_NO_PROXY      = 1 << 3,
	/* match lists: a domain pattern matches its subdomains too */
	TABLE_PARENT_DOMAIN = 1 << 4,
	/* texthash text has the form of aliases(5): "name: value" */
	TABLE_ALIAS_KEYS    = 1 << 5,
	/* may be changed by this process, which is the only one: caches, postmap */
	TABLE_WRITE         = 1 << 6,
	TABLE_CREATE        = 1 << 7,   /* with TABLE_WRITE: make it when it is not there */
	/* with TABLE_WRITE: many entries, nobody reads before table_sync */
	TABLE_BULK          = 1 << 8,
	/* values are contents of files, in base64 in the table: look-ups decode */
	TABLE_FILE_VALUES   = 1 << 9,
	/* keys and values in an index end with NUL (postmap -N); neither: both ways are tried */
	TABLE_NUL           = 1 << 10,
	TABLE_NO_NUL        = 1 << 11,  /* they do not (postmap -n) */
};

/*
 * What drivers need: made once per process, passed to every open, alive as long as the tables.
 * opened holds every table of the process: the same spec and flags are opened once and shared.
 */
struct table_env {
	const struct table_conf *conf;
	struct main_cf *cf;             /* may be NULL */
	/* for proxy: (service_peer "proxymap"); NULL in commands: opened directly */
	struct program *program;
	/* made by table_env_init; NULL: tables are neither shared nor watched */
	struct table_set *opened;
	/*
	 * Kinds that take the place of the registered ones of their names when a table is to be
	 * changed, ended by NULL; set after table_env_init by programs that do so. May be NULL.
	 */
	const struct table_kind *const *writing_kinds;
};

void table_env_init(struct table_env *env, const struct table_conf *conf, struct main_cf *cf,
    struct program *program);

/* After the last table was closed. */
void table_env_fini(struct table_env *env);

/*
 * Some table opened with this env has changed on disk (asks the system at most once a second; works
 * in any root directory and sandbox): a sequential daemon ends after its client.
 */
bool table_any_stale(const struct table_env *env);

enum table_put {
	TABLE_PUT_DONE,
	TABLE_PUT_EXISTS,       /* the key is there and was left alone */
	TABLE_PUT_FAILED,       /* *err says why */
};

/* Changing an index file. The state is the kind's own: its get, next and close take it, too. */
struct table_writer {
	/* Open the index file itself; flags have TABLE_WRITE. mode is for a new file. */
	bool (*open)(const struct table_env *env, const char *path, unsigned mode, unsigned flags,
	    void **state_out,
	    struct err *err);
	enum table_put (*put)(void *state, struct span key, struct span value, bool replace,
	    struct err *err);

	/* LOOKUP_FOUND: removed. */
	enum lookup (*remove)(void *state, struct span key, struct err *err);

	/* Everything put so far goes to stable storage. */
	bool (*sync)(void *state, struct err *err);

	/* What table_copy_index does. NULL: there are no files of this kind. */
	bool (*copy)(void *state, const char *from, struct err *err);
};

struct table_kind {
	const char *name;               /* "hash" */
	const char *doc;                /* one sentence, for the manual */
	/* regexp, pcre, cidr …: asked with the whole key, once; no partial keys, no folding */
	bool is_pattern;

	bool folds_itself;              /* keys come as they are, with the flags (proxy) */

	const char *suffix;             /* of the index file: ".db"; NULL: this kind has none */

	/* Open; the driver allocates its state in *state_out. name is what follows "type:". */
	bool (*open)(const struct table_env *env, const char *name, unsigned flags,
	    void **state_out, struct err *err);

	/*
	 * Look up; append the value to value_out. err is set for LOOKUP_TEMP and LOOKUP_CONFIG
	 * only.
	 */
	enum lookup (*get)(void *state, struct span key, struct str *value_out, struct err *err);

	void (*close)(void *state);

	/*
	 * The source has changed since it was opened; asked at most once a second. NULL: it cannot.
	 */
	bool (*is_stale)(void *state);

	/*
	 * The next entry, or the first: LOOKUP_NONE at the end. NULL: this kind cannot be listed.
	 */
	enum lookup (*next)(void *state, bool first, struct str *key_out, struct str *value_out,
	    struct err *err);

	/* For postmap and caches. NULL: read-only, or written by another (env->writing_kinds). */
	const struct table_writer *writer;
};

/*
 * Open one table.
 * spec      "type:name"; a plain path means default_database_type
 * returns   NULL with *err set: unknown type, unreadable file, syntax of the source with file and
 * line
 */
struct table *table_open(const struct table_env *env, const char *spec, unsigned flags,
    struct err *err) MUST_USE;

/*
 * The same, but when it cannot be opened and daemon_table_open_error_is_fatal is off (the default),
 * a warning is logged and a table comes back whose look-ups all give LOOKUP_TEMP; it becomes stale
 * after a minute.
 */
struct table *table_open_daemon(const struct table_env *env, const char *spec, unsigned flags,
    struct err *err) MUST_USE;

/*
 * The kind that changes tables of this one: itself, or what env->writing_kinds has for its name.
 * returns   NULL: such tables cannot be changed
 */
const struct table_kind *table_kind_for_writing(const struct table_env *env,
    const struct table_kind *kind);

/*
 * Open the index file at path itself, for writing (postmap builds under a temporary name).
 * flags     TABLE_WRITE is implied
 */
struct table *table_open_index(const struct table_env *env, const struct table_kind *kind,
    const char *path, unsigned mode,
    unsigned flags, struct err *err) MUST_USE;

void table_close(struct table **table);

/*
 * Look up one key as it is (after folding, if the table folds).
 * value_out is cleared first. An empty value is given as found, with a warning, once a process.
 */
enum lookup table_get(struct table *table, struct span key, struct str *value_out,
    struct err *err) MUST_USE;

/* Walk over all entries as stored. LOOKUP_CONFIG when this kind cannot be listed. */
enum lookup table_next(struct table *table, bool first, struct str *key_out, struct str *value_out,
    struct err *err) MUST_USE;

/* Change a table that was opened with TABLE_WRITE; keys are folded as for look-ups. */
enum table_put table_put(struct table *table, struct span key, struct span value, bool replace,
    struct err *err) MUST_USE;
enum lookup table_remove(struct table *table, struct span key, struct err *err) MUST_USE;
bool table_sync(struct table *table, struct err *err) MUST_USE;

/*
 * Add all entries of another index file of the same kind, byte for byte. It is read by code that
 * believes nothing in it, where the library that writes would trust it: so a file that exists is
 * never changed, but copied into a new one.
 * returns   false with *err: it cannot be read, or is damaged
 */
bool table_copy_index(struct table *table, const char *from, struct err *err) MUST_USE;

const char *table_spec(const struct table *table);
bool table_is_pattern(const struct table *table);

/* Registered kinds, in order, ended by NULL: postconf -m. */
extern const struct table_kind *const table_registry[];
const struct table_kind *table_kind_find(struct span name);

/*
 * The name part of a spec and its kind.
 * returns   NULL with *err "unsupported dictionary type: x" and the types that there are
 */
const struct table_kind *table_spec_kind(const struct table_env *env, const char *spec,
    const char **name_out,
    struct err *err) MUST_USE;

#endif
