/* SPDX-License-Identifier: ISC */
/*
 * Opening, sharing and asking tables, whatever their kind. Invariants: a table in the set of its
 * env has at least one user; `folded` is scratch of one look-up. Folding and the rules of UTF-8 are
 * applied here, so drivers get keys as they are stored.
 */
#include "lib/table/table.h"

#include "lib/base/encode.h"
#include "lib/base/list.h"
#include "lib/base/arena.h"
#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "lib/sys/main_cf.h"
#include "lib/table/fold.h"
#include "lib/table/index_renew.h"
#include "lib/table/table_conf.h"

enum { TABLE_KEY_MAX = 1 << 16, TABLE_RETRY_S = 60 };

struct table {
	struct list link; /* in its env's set */
	const struct table_kind *kind;
	char *spec;
	unsigned flags;
	unsigned users;
	void *state;
	struct str folded;
	bool has_warned_empty;
	bool is_listed;
};

struct table_set {
	struct list tables;
	struct arena *arena;
	const char *default_type;
	int64_t checked_us;
	bool is_stale;
};

void
table_env_init(struct table_env *env, const struct table_conf *conf, struct main_cf *cf,
    struct program *program)
{
	struct table_set *set = xcalloc(1, sizeof(*set));
	struct err err = { 0 };

	list_init(&set->tables);
	set->arena = arena_new("tables", 1 << 16);
	if (cf != NULL)
		set->default_type = main_cf_value(cf, "default_database_type", set->arena, &err);
	*env = (struct table_env){ .conf = conf, .cf = cf, .program = program, .opened = set };
}

void
table_env_fini(struct table_env *env)
{
	if (env->opened == NULL)
		return;
	if (!list_is_empty(&env->opened->tables))
		panic("table_env_fini: table %s is still open",
		    LIST_ENTRY(env->opened->tables.next, struct table, link)->spec);
	arena_free(&env->opened->arena);
	free(env->opened);
	env->opened = NULL;
}

static const char *
default_type(const struct table_env *env)
{
	const char *type = env->opened != NULL ? env->opened->default_type : NULL;

	return type != NULL && *type != '\0' ? type : "hash";
}

const struct table_kind *
table_spec_kind(
    const struct table_env *env, const char *spec, const char **name_out, struct err *err)
{
	size_t colon = span_find(span_of(spec), ':');
	const struct table_kind *kind;

	/* A path may hold a colon, a type no slash. */
	if (spec[colon] == '\0' || span_find(span_make(spec, colon), '/') < colon) {
		*name_out = spec;
		kind = table_kind_find(span_of(default_type(env)));
		colon = 0;
	} else {
		*name_out = spec + colon + 1;
		kind = table_kind_find(span_make(spec, colon));
	}
	if (kind == NULL)
		(void) err_config(err,
		    "unsupported dictionary type: %.*s (postconf -m lists the supported ones)",
		    (int) (colon != 0 ? colon : strlen(default_type(env))),
		    colon != 0 ? spec : default_type(env));
	else if (colon != 0 && (*name_out)[0] == '\0')
		(void) err_config(err, "expecting \"type:name\" form instead of \"%s\"", spec);
	else
		return kind;
	return NULL;
}

static struct table *
table_new(const struct table_env *env, const struct table_kind *kind, const char *spec,
    unsigned flags, void *state)
{
	struct table *table = xcalloc(1, sizeof(*table));

	table->kind = kind;
	table->spec = xstrdup(spec);
	table->flags = flags;
	table->users = 1;
	table->state = state;
	str_init(&table->folded, TABLE_KEY_MAX);
	if (env->opened != NULL && (flags & TABLE_WRITE) == 0) {
		list_append(&env->opened->tables, &table->link);
		table->is_listed = true;
	}
	return table;
}

/* The same table opened before, with one more user. */
static struct table *
share_table(const struct table_env *env, const char *spec, unsigned flags)
{
	if (env->opened == NULL)
		return NULL;
	LIST_EACH (link, &env->opened->tables) {
		struct table *table = LIST_ENTRY(link, struct table, link);

		if (table->flags == flags && strcmp(table->spec, spec) == 0) {
			table->users++;
			return table;
		}
	}
	return NULL;
}

const struct table_kind *
table_kind_for_writing(const struct table_env *env, const struct table_kind *kind)
{
	for (const struct table_kind *const *one = env->writing_kinds; one != NULL && *one != NULL;
	     one++)
		if (strcmp((*one)->name, kind->name) == 0)
			return *one;
	return kind->writer != NULL ? kind : NULL;
}

struct table *
table_open_index(const struct table_env *env, const struct table_kind *kind, const char *path,
    unsigned mode, unsigned flags, struct err *err)
{
	const struct table_kind *writing = table_kind_for_writing(env, kind);
	void *state = NULL;

	if (writing == NULL || writing->writer->open == NULL) {
		(void) err_config(err, "%s:%s map requires O_RDONLY access mode", kind->name, path);
		return NULL;
	}
	flags |= TABLE_WRITE;
	if (!writing->writer->open(env, path, mode, flags, &state, err))
		return NULL;
	return table_new(env, writing, path, flags, state);
}

/* Open for writing by name: the index file has the kind's suffix. */
static struct table *
open_for_writing(const struct table_env *env, const struct table_kind *kind, const char *name,
    unsigned flags, struct err *err)
{
	struct str path CLEANUP(str_fini);

	str_init(&path, 4096);
	(void) str_add_str(&path, name);
	(void) str_add_str(&path, kind->suffix != NULL ? kind->suffix : "");
	if (kind->suffix != NULL && !index_renew(env, kind, str_cstr(&path), err))
		return NULL;
	return table_open_index(env, kind, str_cstr(&path), 0600, flags, err);
}

struct table *
table_open(const struct table_env *env, const char *spec, unsigned flags, struct err *err)
{
	const struct table_kind *kind;
	struct table *table;
	void *state = NULL;
	const char *name;

	if ((flags & TABLE_NO_PROXY) != 0 && strncmp(spec, "proxy:", 6) == 0)
		spec += 6;
	if ((kind = table_spec_kind(env, spec, &name, err)) == NULL)
		return NULL;
	if ((flags & TABLE_WRITE) != 0 && !kind->folds_itself)
		return open_for_writing(env, kind, name, flags, err);
	if ((table = share_table(env, spec, flags)) != NULL)
		return table;
	return kind->open(env, name, flags, &state, err) ? table_new(env, kind, spec, flags, state)
							 : NULL;
}

/* What stands in for a table that could not be opened. */
struct surrogate {
	char *text;
	int64_t retry_us;
};

static enum lookup
surrogate_get(void *state, struct span key UNUSED, struct str *value_out UNUSED, struct err *err)
{
	const struct surrogate *surrogate = state;

	(void) err_temp(err, "%s", surrogate->text);
	return LOOKUP_TEMP;
}

static void
surrogate_close(void *state)
{
	struct surrogate *surrogate = state;

	free(surrogate->text);
	free(surrogate);
}

static bool
surrogate_is_stale(void *state)
{
	const struct surrogate *surrogate = state;

	return clock_now_us() >= surrogate->retry_us;
}

static const struct table_kind table_surrogate = {
	.name = "unavailable",
	.get = surrogate_get,
	.close = surrogate_close,
	.is_stale = surrogate_is_stale,
};

struct table *
table_open_daemon(const struct table_env *env, const char *spec, unsigned flags, struct err *err)
{
	struct table *table = table_open(env, spec, flags, err);
	struct surrogate *surrogate;

	if (table != NULL || env->conf->daemon_table_open_error_is_fatal)
		return table;
	surrogate = xcalloc(1, sizeof(*surrogate));
	surrogate->text = xstrdup(err->text);
	surrogate->retry_us = clock_deadline(TABLE_RETRY_S * CLOCK_SECOND_US);
	log_warn("%s is unavailable. %s", spec, err->text);
	err_clear(err);
	return table_new(env, &table_surrogate, spec, flags, surrogate);
}

void
table_close(struct table **table_p)
{
	struct table *table = *table_p;

	*table_p = NULL;
	if (table == NULL || --table->users > 0)
		return;
	list_remove(&table->link);
	table->kind->close(table->state);
	str_fini(&table->folded);
	free(table->spec);
	free(table);
}

/* The key as this table stores it; false when it can be in no such table. */
static bool
fold_for(struct table *table, struct span *key)
{
	bool is_utf8 = (table->flags & TABLE_UTF8) != 0;

	if ((table->flags & TABLE_FOLD) != 0 && !table->kind->is_pattern &&
	    !table->kind->folds_itself) {
		if (!fold_key(*key, is_utf8, &table->folded))
			return false;
		*key = str_span(&table->folded);
		return true;
	}
	return !is_utf8 || utf8_is_valid(*key);
}

static enum lookup
decode_file_value(
    const struct table *table, struct span key, struct str *value_out, struct err *err)
{
	struct str bytes CLEANUP(str_fini);
	enum lookup result = LOOKUP_CONFIG;

	str_init(&bytes, value_out->max);
	if (base64_decode(&bytes, str_span(value_out)) == PARSE_OK && !bytes.overflowed) {
		str_clear(value_out);
		(void) str_add(value_out, str_span(&bytes));
		result = LOOKUP_FOUND;
	} else {
		(void) err_config(err,
		    "table %s: key %.*s: malformed BASE64 value; "
		    "make the table with \"postmap -F\"",
		    table->spec, SPAN_ARG(key));
	}
	str_wipe(&bytes);
	return result;
}

/* A value was found: is it one that the table may have? */
static enum lookup
check_value(struct table *table, struct span key, struct str *value_out, struct err *err)
{
	if ((table->flags & TABLE_FILE_VALUES) != 0 && !table->kind->folds_itself)
		return decode_file_value(table, key, value_out, err);
	if ((table->flags & TABLE_UTF8) != 0 && !utf8_is_valid(str_span(value_out))) {
		(void) err_config(err, "table %s: key %.*s: value is not valid UTF-8", table->spec,
		    SPAN_ARG(key));
		return LOOKUP_CONFIG;
	}
	if (value_out->len == 0 && !table->has_warned_empty) {
		table->has_warned_empty = true;
		log_warn("table %s: key %.*s: empty string result is not allowed", table->spec,
		    SPAN_ARG(key));
		log_warn("table %s should return NO RESULT in case of NOT FOUND", table->spec);
	}
	return LOOKUP_FOUND;
}

enum lookup
table_get(struct table *table, struct span key, struct str *value_out, struct err *err)
{
	enum lookup found;

	str_clear(value_out);
	if (!fold_for(table, &key))
		return LOOKUP_NONE;
	found = table->kind->get(table->state, key, value_out, err);
	if (found == LOOKUP_FOUND && value_out->overflowed) {
		(void) err_config(err, "table %s: key %.*s: value is longer than %zu bytes",
		    table->spec, SPAN_ARG(key), value_out->max);
		return LOOKUP_CONFIG;
	}
	return found == LOOKUP_FOUND ? check_value(table, key, value_out, err) : found;
}

enum lookup
table_next(
    struct table *table, bool first, struct str *key_out, struct str *value_out, struct err *err)
{
	enum lookup found;

	str_clear(key_out);
	str_clear(value_out);
	if (table->kind->next == NULL) {
		(void) err_config(
		    err, "table %s: sequence operation is not supported", table->spec);
		return LOOKUP_CONFIG;
	}
	found = table->kind->next(table->state, first, key_out, value_out, err);
	if (found == LOOKUP_FOUND && (table->flags & TABLE_FILE_VALUES) != 0 &&
	    !table->kind->folds_itself)
		return decode_file_value(table, str_span(key_out), value_out, err);
	return found;
}

/* A table that may be changed; else *err says that it may not. */
static bool
need_writer(const struct table *table, struct err *err)
{
	if (table->kind->writer != NULL && (table->flags & TABLE_WRITE) != 0)
		return true;
	return err_config(err, "%s map requires O_RDONLY access mode", table->spec);
}

enum table_put
table_put(struct table *table, struct span key, struct span value, bool replace, struct err *err)
{
	if (!need_writer(table, err))
		return TABLE_PUT_FAILED;
	if (!fold_for(table, &key)) {
		(void) err_config(
		    err, "table %s: key is not valid UTF-8, or too long", table->spec);
		return TABLE_PUT_FAILED;
	}
	return table->kind->writer->put(table->state, key, value, replace, err);
}

enum lookup
table_remove(struct table *table, struct span key, struct err *err)
{
	if (!need_writer(table, err))
		return LOOKUP_CONFIG;
	return fold_for(table, &key) ? table->kind->writer->remove(table->state, key, err)
				     : LOOKUP_NONE;
}

bool
table_sync(struct table *table, struct err *err)
{
	return need_writer(table, err) && table->kind->writer->sync(table->state, err);
}

bool
table_copy_index(struct table *table, const char *from, struct err *err)
{
	return need_writer(table, err) && table->kind->writer->copy(table->state, from, err);
}

const char *
table_spec(const struct table *table)
{
	return table->spec;
}

bool
table_is_pattern(const struct table *table)
{
	return table->kind->is_pattern;
}

bool
table_any_stale(const struct table_env *env)
{
	struct table_set *set = env->opened;
	int64_t now_us = clock_now_us();

	if (set == NULL || set->is_stale)
		return set != NULL;
	if (set->checked_us != 0 && now_us - set->checked_us < CLOCK_SECOND_US)
		return false;
	set->checked_us = now_us;
	LIST_EACH (link, &set->tables) {
		const struct table *table = LIST_ENTRY(link, struct table, link);

		if (table->kind->is_stale != NULL && table->kind->is_stale(table->state)) {
			log_info("table %s has changed -- restarting", table->spec);
			set->is_stale = true;
			return true;
		}
	}
	return false;
}
