/* SPDX-License-Identifier: ISC */
/*
 * pcre: Perl-compatible regular expressions (PCRE2, compiled to machine code where possible),
 * ignoring case, "." matching line ends. Flags toggle: i m s x A E U X, as in Postfix. Effort is
 * bounded: an expression that exceeds it for a key is a failed look-up, never a silent "no match".
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "lib/base/panic.h"
#include "lib/table/pattern.h"
#include "lib/table/pattern_text.h"
#include "lib/table/table_kinds.h"

enum { PCRE_MATCH_LIMIT = 1000000, PCRE_DEPTH_LIMIT = 100000, PCRE_HEAP_LIMIT_KB = 16384 };

struct pcre_table {
	struct pattern_rules rules;
	bool is_utf8;
	pcre2_match_context *limits;
	pcre2_match_data *data;
};

static const struct pcre_flag {
	char letter;
	uint32_t option;
} pcre_flags[] = {
	{ 'i', PCRE2_CASELESS }, { 'm', PCRE2_MULTILINE }, { 's', PCRE2_DOTALL },
	{ 'x', PCRE2_EXTENDED }, { 'A', PCRE2_ANCHORED }, { 'E', PCRE2_DOLLAR_ENDONLY },
	{ 'U', PCRE2_UNGREEDY }, { 'X', 0 }, /* extra checks: PCRE2 always makes them */
};

static bool
parse_flags(struct span flags, uint32_t *options, struct err *err)
{
	for (size_t i = 0; i < flags.len; i++) {
		size_t f = 0;

		while (f < COUNT_OF(pcre_flags) && pcre_flags[f].letter != flags.p[i])
			f++;
		if (f == COUNT_OF(pcre_flags))
			return err_config(err, "unknown PCRE option \"%c\"", flags.p[i]);
		*options ^= pcre_flags[f].option;
	}
	return true;
}

static bool
pcre_compile(void *ctx, struct span *rest, struct pattern_rule *rule, struct err *err)
{
	const struct pcre_table *table = ctx;
	uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL | (table->is_utf8 ? PCRE2_UTF : 0),
		 groups = 0;
	struct span text, flags;
	PCRE2_SIZE where = 0;
	pcre2_code *code;
	PCRE2_UCHAR why[200] = "";
	int error = 0;

	if (!pattern_take_expression(rest, "regexp", &text, &flags, err) ||
	    !parse_flags(flags, &options, err))
		return false;
	code = pcre2_compile((PCRE2_SPTR) text.p, text.len, options, &error, &where, NULL);
	if (code == NULL) {
		(void) pcre2_get_error_message(error, why, sizeof(why));
		return err_config(
		    err, "error in regex at offset %zu: %s", (size_t) where, (const char *) why);
	}
	/* Without machine code (not possible, or forbidden here) the interpreter does the same. */
	(void) pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	(void) pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
	rule->compiled = code;
	rule->group_count = groups;
	return true;
}

static void
pcre_free(void *compiled)
{
	pcre2_code_free(compiled);
}

static int
run_match(struct pcre_table *table, const pcre2_code *code, struct span key)
{
	PCRE2_SPTR subject = (PCRE2_SPTR) (key.p != NULL ? key.p : "");
	uint32_t options = table->is_utf8 ? PCRE2_NO_UTF_CHECK : 0;
	int count = pcre2_match(code, subject, key.len, 0, options, table->data, table->limits);

	/* Machine code has only the small stack; the interpreter uses the heap. */
	if (count == PCRE2_ERROR_JIT_STACKLIMIT)
		count = pcre2_match(
		    code, subject, key.len, 0, options | PCRE2_NO_JIT, table->data, table->limits);
	return count;
}

static void
take_groups(const struct pcre_table *table, size_t count, struct span key, struct groups *groups)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(table->data);

	groups->count = count < COUNT_OF(groups->group) ? count : COUNT_OF(groups->group);
	for (size_t i = 0; i < groups->count; i++)
		groups->group[i] = at[2 * i] == PCRE2_UNSET || at[2 * i] > at[2 * i + 1]
		    ? span_make(NULL, 0)
		    : span_slice(key, at[2 * i], at[2 * i + 1]);
}

static enum lookup
pcre_match(void *ctx, const struct pattern_rule *rule, struct span key, bool wants_groups,
    struct groups *groups, struct err *err)
{
	struct pcre_table *table = ctx;
	PCRE2_UCHAR why[200] = "";
	int count = run_match(table, rule->compiled, key);

	if (count == PCRE2_ERROR_NOMATCH)
		return LOOKUP_NONE;
	if (count < 0) {
		(void) pcre2_get_error_message(count, why, sizeof(why));
		(void) err_temp(err, "matching error: %s", (const char *) why);
		return LOOKUP_TEMP;
	}
	if (wants_groups)
		take_groups(
		    table, count > 0 ? (size_t) count : COUNT_OF(groups->group), key, groups);
	return LOOKUP_FOUND;
}

static const struct pattern_ops pcre_ops = {
	.title = "pcre",
	.compile = pcre_compile,
	.match = pcre_match,
	.free_compiled = pcre_free,
};

static void
pcre_close(void *state)
{
	struct pcre_table *table = state;

	pattern_rules_fini(&table->rules);
	pcre2_match_data_free(table->data);
	pcre2_match_context_free(table->limits);
	free(table);
}

static bool
pcre_open(const struct table_env *env UNUSED, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	struct pcre_table *table = xcalloc(1, sizeof(*table));
	bool is_good;

	table->is_utf8 = (flags & TABLE_UTF8) != 0;
	table->limits = pcre2_match_context_create(NULL);
	table->data = pcre2_match_data_create(REPLACEMENT_GROUP_MAX + 1, NULL);
	is_good = pattern_rules_load(&table->rules, &pcre_ops, table, name, flags, err);
	if (is_good && (table->limits == NULL || table->data == NULL))
		is_good = err_temp(err, "pcre map %s: out of memory", name);
	if (!is_good) {
		pcre_close(table);
		return false;
	}
	(void) pcre2_set_match_limit(table->limits, PCRE_MATCH_LIMIT);
	(void) pcre2_set_depth_limit(table->limits, PCRE_DEPTH_LIMIT);
	(void) pcre2_set_heap_limit(table->limits, PCRE_HEAP_LIMIT_KB);
	*state_out = table;
	return true;
}

static enum lookup
pcre_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct pcre_table *table = state;

	return pattern_rules_get(&table->rules, key, value_out, err);
}

static bool
pcre_is_stale(void *state)
{
	const struct pcre_table *table = state;

	return file_watch_has_changed(&table->rules.watch);
}

const struct table_kind table_pcre = {
	.name = "pcre",
	.doc = "Perl-compatible regular expressions",
	.is_pattern = true,
	.open = pcre_open,
	.get = pcre_get,
	.close = pcre_close,
	.is_stale = pcre_is_stale,
};
