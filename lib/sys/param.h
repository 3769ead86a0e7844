/* SPDX-License-Identifier: ISC */
#ifndef PARAM_H
#define PARAM_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/sys/main_cf.h"

/*
 * Configuration parameters as data. Each is declared once, in one row of its owner's table
 * (STEM_conf.c), and read as a field of its owner's structure (STEM_conf.h). postconf links all
 * tables. A row's name is the field's name; the table's prefix comes before it: the row `timeout`
 * of the table with prefix "smtpd_" is the parameter smtpd_timeout.
 */

/* A time in main.cf: number and unit s m h d w; a bare number has the row's unit. */
struct duration {
	int64_t us;
};

enum param_type {
	PARAM_STR,      /* const char *: $name expanded */
	PARAM_RAW,      /* const char *: kept as written */
	PARAM_INT,      /* int */
	PARAM_LONG,     /* int64_t */
	PARAM_BOOL,     /* bool: yes or no */
	PARAM_TIME,     /* struct duration */
};

struct param {
	const char *name;       /* without the table's prefix */
	const char *value;      /* default, as a person would write it in main.cf */
	const char *doc;        /* one sentence */
	enum param_type type;
	char unit;              /* PARAM_TIME: unit of a bare number; 0 is 's' */
	size_t offset;          /* in the owner's structure */
	/* PARAM_INT, PARAM_LONG: limits; PARAM_TIME: in seconds; max 0: none */
	int64_t min, max;
	size_t min_length;      /* PARAM_STR, PARAM_RAW: shortest text allowed */
	/* a value that begins with '/' names a file whose first line is the value */
	bool may_name_file;

	/*
	 * A default that must be computed (myhostname): returns the text, in the arena. value is
	 * then what the manual says of it.
	 */
	const char *(*compute)(struct main_cf *cf, struct arena *arena);

	/*
	 * The parameter keeps an older default below this compatibility level (NULL: none), and
	 * says so when it is used.
	 */
	const char *since_level;
	const char *old_value;
};

/* The field's C type is checked by the compiler: a wrong one makes an array of size -1. */
#define PARAM_OFFSET(S, F, CTYPE) \
	(offsetof(S, F) + 0 * sizeof(char[_Generic(((S *) 0)->F, CTYPE: 1, default: -1)]))
#define P_ROW(S, F, TYPE, CTYPE, ...) \
	{ .name = #F, .type = (TYPE), .offset = PARAM_OFFSET(S, F, CTYPE), __VA_ARGS__ }
#define P_STR(S, F, ...)   P_ROW(S, F, PARAM_STR, const char *, __VA_ARGS__)
#define P_STR_AS(S, F, NAME, ...)                                                                  \
	{                                                                                          \
		.name = (NAME), .type = PARAM_STR, .offset = PARAM_OFFSET(S, F, const char *),     \
		__VA_ARGS__                                                                        \
	}
#define P_RAW(S, F, ...)   P_ROW(S, F, PARAM_RAW, const char *, __VA_ARGS__)
#define P_INT(S, F, ...)   P_ROW(S, F, PARAM_INT, int, __VA_ARGS__)
#define P_LONG(S, F, ...)  P_ROW(S, F, PARAM_LONG, int64_t, __VA_ARGS__)
#define P_BOOL(S, F, ...)  P_ROW(S, F, PARAM_BOOL, bool, __VA_ARGS__)
#define P_TIME(S, F, ...)  P_ROW(S, F, PARAM_TIME, struct duration, __VA_ARGS__)

/*
 * One changed default for a table that is bound to a second prefix. value NULL takes the row out.
 * name is the row's, in a "$" table the whole parameter's ("local_destination_recipient_limit").
 */
struct param_change {
	const char *name;
	const char *value;
};

/* A table: rows for one structure. */
struct param_table {
	const char *owner;              /* who acts on them: "smtpd" */
	/*
	 * "smtpd_"; "" for none; "$" is the delivery service's name and "_": $ tables are asked
	 * last
	 */
	const char *prefix;
	const struct param *rows;
	size_t count;
	size_t size;                    /* of the structure */
	/* against the rows' defaults; ends with name NULL; may be NULL */
	const struct param_change *changes;
};

/*
 * Every table of the suite, in one array that ends with NULL (lib/sys/param_registry.c). A new
 * table adds one row there.
 */
extern const struct param_table *const param_registry[];

/*
 * Parameters that Postfix 3.12 has and this suite does not act on: postconf shows them with
 * Postfix's default and a warning when they are set (lib/sys/param_foreign.c). Ends with name NULL.
 */
struct param_foreign {
	const char *name;
	const char *value;
	const char *instead;    /* what to use, or why it is not needed */
};
extern const struct param_foreign param_foreign[];

/*
 * Fill the structure *conf (of table->size bytes) from cf and the defaults.
 *
 * prefix    NULL for the table's own; else the text to put before each row's name
 * returns   false with *err set: which parameter, its value, what was expected
 * owns      strings live in the arena
 */
MUST_USE bool param_load(struct main_cf *cf, const struct param_table *table, const char *prefix,
    void *conf, struct arena *arena, struct err *err);

/* Whether param_load would take the value of one row; name is the parameter's whole name. */
MUST_USE bool param_check(struct main_cf *cf, const struct param_table *table,
    const struct param *row, const char *name, struct arena *arena, struct err *err);

/*
 * The row that defines a name, or NULL; *table_out (may be NULL) is its table. Names "NAME_..."
 * of delivery services are found by their rest.
 */
const struct param *param_find(const char *name, const struct param_table **table_out);

/*
 * The default of any parameter as text, before expansion: what $name means when main.cf does not
 * set it. NULL when there is no such name.
 */
const char *param_default(struct main_cf *cf, const char *name, struct arena *arena);

/* The default of one row of a table, as param_default. name is the parameter's whole name. */
const char *param_row_default(struct main_cf *cf, const struct param_table *table,
    const struct param *row, const char *name, struct arena *arena);

/* A row of a table is taken out by its changes. */
bool param_is_removed(const struct param_table *table, const struct param *row);

/* The foreign parameter of that name, or NULL. */
const struct param_foreign *param_find_foreign(const char *name);

/*
 * A parameter whose default is an older one because of compatibility_level, as the text to log when
 * that default is used: "using backwards-compatible default setting NAME=VALUE". NULL when it is
 * set or up to date.
 */
const char *param_backwards_note(struct main_cf *cf, const char *name, struct arena *arena);

/*
 * The known name nearest to a misspelt one (edit distance at most a third of its length), in the
 * arena, or NULL.
 */
const char *param_nearest(const char *name, struct arena *arena);

/*
 * Parse a whole value as main.cf would have it. err says what was expected: "expected yes or no".
 */
MUST_USE bool param_parse_time(struct span text, char unit, struct duration *out, struct err *err);
MUST_USE bool param_parse_bool(struct span text, bool *out, struct err *err);

#endif
