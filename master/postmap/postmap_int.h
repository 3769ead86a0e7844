/* SPDX-License-Identifier: ISC */
#ifndef POSTMAP_INT_H
#define POSTMAP_INT_H

#include "lib/base/arena.h"
#include "lib/sys/mail_conf.h"
#include "lib/table/table.h"
#include "lib/table/table_conf.h"
#include "master/postmap/postmap_main.h"

/* What the files of postmap share. */

enum postmap_mode { POSTMAP_BUILD, POSTMAP_INCREMENT, POSTMAP_QUERY, POSTMAP_DELETE, POSTMAP_DUMP };
enum postmap_duplicates { POSTMAP_WARN, POSTMAP_IGNORE, POSTMAP_REPLACE };
enum postmap_part { POSTMAP_HEADERS = 1, POSTMAP_BODY = 2, POSTMAP_MIME = 4 };

struct postmap {
	const struct postmap_kind *kind;
	struct arena *arena;
	struct main_cf *cf;
	struct mail_conf mail;
	struct table_conf conf;
	struct table_env env;
	enum postmap_mode mode;
	enum postmap_duplicates duplicates;
	/* of enum postmap_part: the keys come from a message on standard input */
	unsigned parts;
	unsigned flags;                 /* of enum table_flag */
	const char *key;                /* of -q and -d; "-": many from standard input */
	bool is_json;                   /* -j */
	bool keeps_root;                /* -o */
	bool has_default_mode;          /* -p */
	int utf8;                       /* -1: -u, 1: -U, 0: as smtputf8_enable says */
	int verbose;
};

enum { POSTMAP_KEY_MAX = 1 << 20, POSTMAP_VALUE_MAX = 1 << 22 };

/*
 * Make or extend the index of one table: into a temporary file, which then takes the index's name.
 * Errors end the program; faults of single lines are warnings.
 */
void postmap_build(struct postmap *postmap, const char *spec);

/* Remove keys from one index, in the same way. returns true when one was there. */
bool postmap_delete(struct postmap *postmap, const char *spec, const struct span *keys,
    size_t count);

/* -q, -q -, -s: print. returns true when something was found. */
bool postmap_query(struct postmap *postmap, char *const *specs);
bool postmap_query_many(struct postmap *postmap, char *const *specs);
bool postmap_dump(struct postmap *postmap, char *const *specs);

/* -h -b -m: the parts of a message on standard input are the keys. */
bool postmap_query_message(struct postmap *postmap, char *const *specs);

/* Shared by those: open all tables (ended by NULL); the first hit for a key. */
struct table **postmap_open_all(struct postmap *postmap, char *const *specs);
void postmap_close_all(struct table **tables);
bool postmap_find(struct table **tables, struct span key, struct str *value_out);

/* One entry on standard output, in the form of this personality or as JSON. */
void postmap_print(const struct postmap *postmap, struct span key, struct span value);

#endif
