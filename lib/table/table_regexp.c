/* SPDX-License-Identifier: ISC */
/*
 * regexp: POSIX extended regular expressions, ignoring case. Flags toggle: i case, x extended
 * syntax, m lines. The C library has no limit of effort; pcre: has, and is faster.
 */
#include <regex.h>

#include "lib/base/panic.h"
#include "lib/table/pattern.h"
#include "lib/table/pattern_text.h"
#include "lib/table/table_kinds.h"

enum { REGEXP_KEY_MAX = 1 << 24 };

struct regexp_table {
	struct pattern_rules rules;
	/* of the look-up that is going on, with the final NUL that regexec(3) may look for */
	struct str key;
};

static bool
parse_flags(struct span flags, int *cflags_out, struct err *err)
{
	int cflags = REG_EXTENDED | REG_ICASE;

	for (size_t i = 0; i < flags.len; i++) {
		switch (flags.p[i]) {
		case 'i':
			cflags ^= REG_ICASE;
			break;
		case 'm':
			cflags ^= REG_NEWLINE;
			break;
		case 'x':
			cflags ^= REG_EXTENDED;
			break;
		default:
			return err_config(err, "unknown regexp option \"%c\"", flags.p[i]);
		}
	}
	*cflags_out = cflags;
	return true;
}

static bool
regexp_compile(void *ctx UNUSED, struct span *rest, struct pattern_rule *rule, struct err *err)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("regexp", 1 << 20);
	struct span text, flags;
	regex_t *regex;
	char why[200];
	int cflags = 0, code;

	if (!pattern_take_expression(rest, "regexp", &text, &flags, err) ||
	    !parse_flags(flags, &cflags, err))
		return false;
	regex = xcalloc(1, sizeof(*regex));
	code = regcomp(regex, arena_cstr(arena, text), cflags);
	if (code == 0) {
		rule->compiled = regex;
		rule->group_count = (unsigned) regex->re_nsub;
		return true;
	}
	(void) regerror(code, regex, why, sizeof(why));
	free(regex);
	return err_config(err, "%s", why);
}

static void
regexp_free(void *compiled)
{
	regfree(compiled);
	free(compiled);
}

static enum lookup
regexp_match(void *ctx, const struct pattern_rule *rule, struct span key, bool wants_groups,
    struct groups *groups, struct err *err)
{
	const struct regexp_table *table = ctx;
	size_t count = wants_groups ? rule->value.highest + 1 : 0;
	regmatch_t match[REPLACEMENT_GROUP_MAX + 1];
	int code;

	/* The key may hold NULs: its bounds go in by match[0]. */
	match[0] = (regmatch_t){ .rm_so = 0, .rm_eo = (regoff_t) key.len };
	code = regexec(rule->compiled, str_cstr(&table->key), count, match, REG_STARTEND);
	if (code == REG_NOMATCH)
		return LOOKUP_NONE;
	if (code != 0) {
		(void) err_temp(err, "out of memory while matching");
		return LOOKUP_TEMP;
	}
	groups->count = count;
	for (size_t i = 0; i < count; i++)
		groups->group[i] = match[i].rm_so < 0
		    ? span_make(NULL, 0)
		    : span_slice(key, (size_t) match[i].rm_so, (size_t) match[i].rm_eo);
	return LOOKUP_FOUND;
}

static const struct pattern_ops regexp_ops = {
	.title = "regexp",
	.compile = regexp_compile,
	.match = regexp_match,
	.free_compiled = regexp_free,
};

static void
regexp_close(void *state)
{
	struct regexp_table *table = state;

	pattern_rules_fini(&table->rules);
	str_fini(&table->key);
	free(table);
}

static bool
regexp_open(const struct table_env *env UNUSED, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	struct regexp_table *table = xcalloc(1, sizeof(*table));

	str_init(&table->key, REGEXP_KEY_MAX);
	if (pattern_rules_load(&table->rules, &regexp_ops, table, name, flags, err)) {
		*state_out = table;
		return true;
	}
	regexp_close(table);
	return false;
}

static enum lookup
regexp_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct regexp_table *table = state;

	str_clear(&table->key);
	if (str_add(&table->key, key))
		return pattern_rules_get(&table->rules, key, value_out, err);
	(void) err_temp(
	    err, "regexp map %s: key of %zu bytes is too long", table->rules.name, key.len);
	return LOOKUP_TEMP;
}

static bool
regexp_is_stale(void *state)
{
	const struct regexp_table *table = state;

	return file_watch_has_changed(&table->rules.watch);
}

const struct table_kind table_regexp = {
	.name = "regexp",
	.doc = "POSIX regular expressions",
	.is_pattern = true,
	.open = regexp_open,
	.get = regexp_get,
	.close = regexp_close,
	.is_stale = regexp_is_stale,
};
