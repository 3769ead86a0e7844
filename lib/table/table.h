/* SPDX-License-Identifier: ISC */
#ifndef TABLE_H
#define TABLE_H

#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/base/str.h"

/*
 * Lookup tables, "type:name". A table is opened before the process drops its privileges and may be
 * asked in the sandbox; nothing is opened or locked per look-up. One file per kind: table_KIND.c with
 * a constant struct table_kind, one row in table_registry.c.
 */
struct table;
struct table_env;

enum table_flag {
	TABLE_FOLD          = 1 << 0,   /* fold keys to lower case (indexed and text kinds; UTF-8 aware with TABLE_UTF8) */
	TABLE_UTF8          = 1 << 1,   /* smtputf8_enable: keys and values must be UTF-8; a bad one is "not found" with a warning */
	TABLE_NO_REGSUB     = 1 << 2,   /* refuse $1 substitution: transport, alias, uid … maps */
	TABLE_NO_PROXY      = 1 << 3,   /* do not take proxy: for this use (uid maps): proxy:x:y is opened as x:y */
	TABLE_PARENT_DOMAIN = 1 << 4,   /* match lists: a domain pattern matches its subdomains too */
	TABLE_ALIAS_KEYS    = 1 << 5,   /* texthash and postalias text: "name: value" */
};

/* Limits and services that drivers need: made once per process from main.cf (table_conf), passed to every open. */
struct table_env {
	const struct table_conf *conf;
	struct main_cf *cf;
	struct program *program;        /* for proxy: (service_peer "proxymap"); NULL in commands: opened directly */
};

struct table_kind {
	const char *name;               /* "hash" */
	const char *doc;
	bool is_pattern;                /* regexp, pcre, cidr …: asked with the whole key, once; no partial keys */
	bool has_index;                 /* made by postmap */

	/* Open; the driver allocates its state in *state_out. name is what follows "type:". */
	bool (*open)(const struct table_env *env, const char *name, unsigned flags, void **state_out, struct err *err);

	/* Look up; append the value to value_out. err is set for LOOKUP_TEMP and LOOKUP_CONFIG only. */
	enum lookup (*get)(void *state, struct span key, struct str *value_out, struct err *err);

	void (*close)(void *state);

	/* The source has changed since it was opened; asked at most once a second. NULL: it cannot. */
	bool (*is_stale)(void *state);

	/* Walk over all entries: 0 end, 1 entry. NULL: this kind cannot be listed. */
	int (*next)(void *state, bool first, struct str *key_out, struct str *value_out, struct err *err);

	/* Writing, for postmap and caches. NULL: read-only. */
	const struct table_writer *writer;
};

/*
 * Open one table.
 * spec      "type:name"; a plain path means default_database_type
 * returns   NULL with *err set: unknown type (with the list), unreadable file, syntax of the source with file and line
 */
struct table *table_open(const struct table_env *env, const char *spec, unsigned flags, struct err *err) MUST_USE;
void table_close(struct table **table);

/*
 * Look up one key as it is (after folding, if the table folds).
 * value_out is cleared first. An empty value from an indexed table is an error of the table: LOOKUP_CONFIG.
 */
enum lookup table_get(struct table *table, struct span key, struct str *value_out, struct err *err) MUST_USE;

const char *table_spec(const struct table *table);
bool table_is_pattern(const struct table *table);

/* Some table opened in this process has changed on disk (checked at most once a second): a sequential daemon ends after its client. */
bool table_any_stale(void);

/* Registered kinds, in order, ended by NULL: postconf -m. */
extern const struct table_kind *const table_registry[];
const struct table_kind *table_kind_find(struct span name);

#endif
