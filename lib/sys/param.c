/* SPDX-License-Identifier: ISC */
/*
 * Parameter tables: finding a name, its default, and filling a structure. Looks through all tables
 * one after the other: about a thousand comparisons, only at start and in postconf.
 */
#include "lib/sys/param.h"

#include "lib/base/str.h"

#include <limits.h>

#define PARAM_NAME_MAX 128

/* Bound to delivery services instead of to one prefix. */
static bool
param_is_per_service(const struct param_table *table)
{
	return table->prefix[0] == '$';
}

bool
param_is_removed(const struct param_table *table, const struct param *row)
{
	for (const struct param_change *c = table->changes; c != NULL && c->name != NULL; c++)
		if (c->value == NULL && strcmp(c->name, row->name) == 0)
			return true;
	return false;
}

static const struct param *
param_find_row(const struct param_table *table, const char *rest)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].name, rest) == 0)
			return param_is_removed(table, &table->rows[i]) ? NULL : &table->rows[i];
	return NULL;
}

static const struct param *
param_find_in_table(const struct param_table *table, const char *name)
{
	size_t len = strlen(table->prefix);

	return strncmp(name, table->prefix, len) == 0 ? param_find_row(table, name + len) : NULL;
}

/*
 * NAME "_" row: the longest row wins, so that smtp_destination_recipient_limit is no
 * recipient_limit.
 */
static const struct param *
param_find_per_service(const struct param_table *table, const char *name)
{
	const struct param *row = NULL;

	for (const char *bar = strchr(name, '_'); bar != NULL && row == NULL;
	     bar = strchr(bar + 1, '_'))
		if (bar > name)
			row = param_find_row(table, bar + 1);
	return row;
}

const struct param *
param_find(const char *name, const struct param_table **table_out)
{
	for (int pass = 0; pass < 2; pass++) {
		for (const struct param_table *const *table = param_registry; *table != NULL;
		     table++) {
			const struct param *row = NULL;

			if (param_is_per_service(*table) == (pass == 1))
				row = pass == 1 ? param_find_per_service(*table, name)
				                : param_find_in_table(*table, name);
			if (row == NULL)
				continue;
			if (table_out != NULL)
				*table_out = *table;
			return row;
		}
	}
	return NULL;
}

const struct param_foreign *
param_find_foreign(const char *name)
{
	for (const struct param_foreign *foreign = param_foreign; foreign->name != NULL; foreign++)
		if (strcmp(foreign->name, name) == 0)
			return foreign;
	return NULL;
}

/* The row's default text in this table. */
static const char *
param_plain_default(const struct param_table *table, const struct param *row, const char *name)
{
	const char *wanted = param_is_per_service(table) ? name : row->name;

	for (const struct param_change *c = table->changes; c != NULL && c->name != NULL; c++)
		if (c->value != NULL && strcmp(c->name, wanted) == 0)
			return c->value;
	return row->value;
}

const char *
param_row_default(struct main_cf *cf, const struct param_table *table, const struct param *row,
    const char *name, struct arena *arena)
{
	const char *value = param_plain_default(table, row, name);

	if (row->compute != NULL)
		return row->compute(cf, arena);
	if (row->since_level == NULL || value != row->value)
		return value;
	return arena_printf(arena, "${{$compatibility_level} <level {%s} ? {%s} : {%s}}",
	    row->since_level, row->old_value, value);
}

const char *
param_default(struct main_cf *cf, const char *name, struct arena *arena)
{
	const struct param_table *table = NULL;
	const struct param *row = param_find(name, &table);
	const struct param_foreign *foreign;

	/* A foreign name may look like one of a delivery service. */
	if (row == NULL || param_is_per_service(table)) {
		foreign = param_find_foreign(name);
		if (foreign != NULL)
			return foreign->value;
	}
	return row == NULL ? NULL : param_row_default(cf, table, row, name, arena);
}

const char *
param_backwards_note(struct main_cf *cf, const char *name, struct arena *arena)
{
	const struct param *row = param_find(name, NULL);

	if (row == NULL || row->since_level == NULL || main_cf_get(cf, name) != NULL ||
	    main_cf_level_at_least(cf, row->since_level))
		return NULL;
	return arena_printf(
	    arena, "using backwards-compatible default setting %s=%s", name, row->old_value);
}

/* The row of a unit letter: microseconds. */
static int64_t
param_unit_us(char unit)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };

	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (units[i].letter == unit)
			return units[i].seconds * INT64_C(1000000);
	return 0;
}

bool
param_parse_time(struct span text, char unit, struct duration *out, struct err *err)
{
	char letter = text.len > 0 ? ascii_lower(text.p[text.len - 1]) : '\0';
	uint64_t number;

	if (ascii_is_alpha(letter))
		text = span_slice(text, 0, text.len - 1);
	else
		letter = unit != '\0' ? unit : 's';

	int64_t unit_us = param_unit_us(letter);
	if (unit_us == 0 || !span_to_u64(text, INT32_MAX, &number) ||
	    (int64_t) number > INT64_MAX / 4 / unit_us)
		return err_config(err, "expected a time such as 30s, 5m, 1h, 2d or 1w");
	out->us = (int64_t) number * unit_us;
	return true;
}

bool
param_parse_bool(struct span text, bool *out, struct err *err)
{
	*out = span_eq_str_ci(text, "yes");
	return *out || span_eq_str_ci(text, "no") || err_config(err, "expected yes or no");
}

/* The number within the row's limits, or what was expected. */
static bool
param_check_range(const struct param *row, int64_t value, const char *unit, struct err *err)
{
	if (value < row->min)
		return err_config(err, "expected at least %lld%s", (long long) row->min, unit);
	if (row->max != 0 && value > row->max)
		return err_config(err, "expected at most %lld%s", (long long) row->max, unit);
	return true;
}

static bool
param_parse_number(
    const struct param *row, struct span text, int64_t max, int64_t *out, struct err *err)
{
	if (!span_to_i64(text, -max, max, out))
		return err_config(err, "expected a whole number");
	return param_check_range(row, *out, "", err);
}

/*
 * Parse text for the row and store it in the field. Each case knows its field's C type by
 * PARAM_OFFSET.
 */
static bool
param_store(const struct param *row, const char *text, void *field, struct err *err)
{
	struct span value = span_of(text);
	int64_t number;

	switch (row->type) {
	case PARAM_STR:
	case PARAM_RAW:
		if (value.len < row->min_length)
			return err_config(
			    err, "expected a text of at least %zu characters", row->min_length);
		*(const char **) field = text;
		return true;
	case PARAM_INT:
		if (!param_parse_number(row, value, INT_MAX, &number, err))
			return false;
		*(int *) field = (int) number;
		return true;
	case PARAM_LONG:
		return param_parse_number(row, value, INT64_MAX, field, err);
	case PARAM_BOOL:
		return param_parse_bool(value, field, err);
	case PARAM_TIME:
		return param_parse_time(value, row->unit, field, err) &&
		    param_check_range(
		        row, ((const struct duration *) field)->us / 1000000, "s", err);
	}
	return false;
}

/* The text that a row's field is parsed from. */
static const char *
param_text(struct main_cf *cf, const struct param_table *table, const struct param *row,
    const char *name, struct arena *arena, struct err *err)
{
	const char *set = main_cf_get(cf, name);

	if (row->may_name_file)
		return main_cf_value(cf, name, arena, err);
	if (set == NULL)
		set = param_row_default(cf, table, row, name, arena);

	const char *text = row->type == PARAM_RAW ? arena_strdup(arena, set)
	                                          : main_cf_expand(cf, set, arena, err);
	if (text == NULL)
		(void) err_prefix(err, "%s: parameter %s", main_cf_origin(cf, name, arena), name);
	return text;
}

static bool
param_load_row(struct main_cf *cf, const struct param_table *table, const struct param *row,
    const char *name, void *conf, struct arena *arena, struct err *err)
{
	const char *text = param_text(cf, table, row, name, arena, err);

	if (text == NULL)
		return false;
	if (param_store(row, text, (char *) conf + row->offset, err))
		return true;
	return err_prefix(err, "%s: %s = %.100s", main_cf_origin(cf, name, arena), name, text);
}

bool
param_load(struct main_cf *cf, const struct param_table *table, const char *prefix, void *conf,
    struct arena *arena, struct err *err)
{
	if (prefix == NULL)
		prefix = param_is_per_service(table) ? "" : table->prefix;

	memset(conf, 0, table->size);
	for (size_t i = 0; i < table->count; i++) {
		const struct param *row = &table->rows[i];

		/* A removed row keeps a safe zero; a text is never NULL. */
		if (!param_is_removed(table, row)) {
			const char *name = arena_printf(arena, "%s%s", prefix, row->name);

			if (!param_load_row(cf, table, row, name, conf, arena, err))
				return false;
		} else if (row->type == PARAM_STR || row->type == PARAM_RAW) {
			*(const char **) (void *) ((char *) conf + row->offset) = "";
		}
	}
	return true;
}

bool
param_check(struct main_cf *cf, const struct param_table *table, const struct param *row,
    const char *name, struct arena *arena, struct err *err)
{
	return param_load_row(cf, table, row, name, arena_alloc(arena, table->size), arena, err);
}

/* Letters to add, remove, replace or swap with a neighbour; more than limit counts as limit + 1. */
static size_t
param_distance(const char *a, const char *b, size_t limit)
{
	size_t rows[3][PARAM_NAME_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > PARAM_NAME_MAX || b_len > PARAM_NAME_MAX || a_len > b_len + limit ||
	    b_len > a_len + limit)
		return limit + 1;
	for (size_t j = 0; j <= b_len; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}

		size_t *free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[b_len];
}

struct nearest {
	const char *wanted;
	char best[PARAM_NAME_MAX + 1];
	size_t distance;                /* of best; what is as far is no better */
};

static void
nearest_offer(struct nearest *nearest, const char *prefix, const char *name)
{
	char whole[PARAM_NAME_MAX + 1];

	if (snprintf(whole, sizeof(whole), "%s%s", prefix, name) > PARAM_NAME_MAX)
		return;

	size_t distance = param_distance(nearest->wanted, whole, nearest->distance);
	if (distance >= nearest->distance)
		return;
	nearest->distance = distance;
	memcpy(nearest->best, whole, sizeof(whole));
}

static void
nearest_offer_table(struct nearest *nearest, const struct param_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (!param_is_removed(table, &table->rows[i]))
			nearest_offer(nearest, table->prefix, table->rows[i].name);
}

const char *
param_nearest(const char *name, struct arena *arena)
{
	struct nearest nearest = { .wanted = name, .distance = strlen(name) / 3 + 1 };

	for (const struct param_table *const *table = param_registry; *table != NULL; table++)
		if (!param_is_per_service(*table))
			nearest_offer_table(&nearest, *table);
	for (const struct param_foreign *foreign = param_foreign; foreign->name != NULL; foreign++)
		nearest_offer(&nearest, "", foreign->name);
	return nearest.best[0] == '\0' ? NULL : arena_strdup(arena, nearest.best);
}
