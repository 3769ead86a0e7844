/* SPDX-License-Identifier: ISC */
/*
 * Ordered rules in one flat list; an `if` knows where its block ends. Invariant while loading: open
 * holds the numbers of the `if` rules whose endif has not come yet.
 */
#include "lib/table/pattern.h"

#include "lib/base/panic.h"
#include "lib/sys/log.h"
#include "lib/table/table.h"
#include "lib/table/table_list.h"
#include "lib/table/text_source.h"

enum { PATTERN_ARENA_MAX = 1 << 28, PATTERN_DEPTH_MAX = 1000 };

struct loading {
	struct pattern_rules *rules;
	int line;
	size_t open[PATTERN_DEPTH_MAX];
	size_t depth;
};

static void PRINTF_LIKE(2, 3) warn_rule(const struct loading *loading, const char *fmt, ...)
{
	char text[sizeof(((struct err *) 0)->text)];
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_warn("%s map %s, line %d: %s", loading->rules->ops->title, loading->rules->name,
	    loading->line, text);
}

/* rest begins with this word, whole. */
static bool
take_word(struct span *rest, struct span word)
{
	if (!span_starts_with_ci(*rest, word) ||
	    (rest->len > word.len && ascii_is_alnum(rest->p[word.len])))
		return false;
	*rest = span_trim(span_from(*rest, word.len));
	return true;
}

static bool
take_negation(struct span *rest)
{
	bool is_negated = false;

	while (rest->len > 0 && rest->p[0] == '!') {
		is_negated = !is_negated;
		*rest = span_trim(span_from(*rest, 1));
	}
	return is_negated;
}

static void
end_block(struct loading *loading, struct span rest)
{
	struct pattern_rules *rules = loading->rules;

	if (loading->depth == 0) {
		warn_rule(loading, "ignoring ENDIF without matching IF");
		return;
	}
	if (rest.len > 0)
		warn_rule(loading, "ignoring extra text after ENDIF");
	rules->rules.v[loading->open[--loading->depth]].end = rules->rules.count;
}

static void
begin_block(struct loading *loading, struct span rest)
{
	struct pattern_rules *rules = loading->rules;
	struct err err = { 0 };
	struct pattern_rule *rule;

	if (loading->depth == PATTERN_DEPTH_MAX) {
		warn_rule(loading, "more than %d nested IFs: ignoring this one", PATTERN_DEPTH_MAX);
		return;
	}
	loading->open[loading->depth++] = rules->rules.count;
	rule = ARRAY_ADD(rules->arena, &rules->rules);
	*rule = (struct pattern_rule){
		.is_if = true, .line = loading->line, .is_negated = take_negation(&rest)
	};
	rule->is_broken = !rules->ops->compile(rules->ctx, &rest, rule, &err);
	if (rule->is_broken)
		warn_rule(loading, "%s: skipping this block", err.text);
	else if (span_trim(rest).len > 0)
		warn_rule(loading, "ignoring extra text after IF statement: \"%.*s\"",
		    SPAN_ARG(span_trim(rest)));
}

/* The replacement fits the pattern and this table's use. */
static bool
check_value(const struct pattern_rules *rules, const struct pattern_rule *rule, struct err *err)
{
	if (rule->value.highest == 0)
		return true;
	if (rule->is_negated)
		return err_config(err, "$number found in negative match replacement text");
	if ((rules->flags & TABLE_NO_REGSUB) != 0)
		return err_config(err, "regular expression substitution is not allowed");
	return rule->value.highest <= rule->group_count ||
	    err_config(err, "out of range replacement index \"%u\"", rule->value.highest);
}

/* What stands behind the pattern. */
static bool
parse_value(struct loading *loading, struct span text, struct pattern_rule *rule, struct err *err)
{
	struct pattern_rules *rules = loading->rules;
	struct str bytes CLEANUP(str_fini) = { .p = NULL };
	struct span value = arena_dup(rules->arena, text);

	if (text.len == 0)
		warn_rule(loading, "no replacement text: using empty string");
	if ((rules->flags & TABLE_FILE_VALUES) != 0) {
		str_init(&bytes, 2 * TEXT_SOURCE_LINE_MAX);
		if (!text_value_from_files(text, &bytes, err))
			return false;
		replacement_literal(
		    arena_dup(rules->arena, str_span(&bytes)), rules->arena, &rule->value);
	} else if (rules->ops->is_literal) {
		replacement_literal(value, rules->arena, &rule->value);
	} else {
		return replacement_parse(value, rules->arena, &rule->value, err) &&
		    check_value(rules, rule, err);
	}
	return true;
}

static void
add_rule(struct loading *loading, struct span rest)
{
	struct pattern_rules *rules = loading->rules;
	struct pattern_rule rule = { .line = loading->line, .is_negated = take_negation(&rest) };
	struct err err = { 0 };

	if (rules->ops->compile(rules->ctx, &rest, &rule, &err) &&
	    parse_value(loading, span_trim(rest), &rule, &err)) {
		*ARRAY_ADD(rules->arena, &rules->rules) = rule;
		return;
	}
	if (rule.compiled != NULL)
		rules->ops->free_compiled(rule.compiled);
	warn_rule(loading, "%s: skipping this rule", err.text);
}

static void
load_line(struct loading *loading, struct span text)
{
	if (ascii_is_space(text.p[0])) {
		warn_rule(loading, "logical line must not start with whitespace");
		return;
	}
	text = span_trim(text);
	if (take_word(&text, SPAN("endif")))
		end_block(loading, text);
	else if (take_word(&text, SPAN("if")))
		begin_block(loading, text);
	else
		add_rule(loading, text);
}

static bool
load_file(struct loading *loading, struct err *err)
{
	struct pattern_rules *rules = loading->rules;
	struct text_source source;
	struct span text;

	if (!text_source_open(&source, rules->name, err) ||
	    !file_watch_open(&rules->watch, rules->name, fileno(source.file), err)) {
		text_source_close(&source);
		return false;
	}
	while (text_source_next(&source, &text, &loading->line, err))
		load_line(loading, text);
	text_source_close(&source);
	return err->class == ERR_NONE;
}

static bool
load_inline(struct loading *loading, struct err *err)
{
	struct span list, item, inner;

	if (!table_list_unbrace(span_of(loading->rules->name), &list, err))
		return err_prefix(err, "%s map", loading->rules->ops->title);
	while (table_list_next(&list, &item, err)) {
		loading->line++;
		if (!table_list_unbrace(item, &inner, err))
			return err_prefix(err, "%s map", loading->rules->ops->title);
		if (inner.len > 0)
			load_line(loading, inner);
	}
	return err->class == ERR_NONE || err_prefix(err, "%s map", loading->rules->ops->title);
}

bool
pattern_rules_load(struct pattern_rules *rules, const struct pattern_ops *ops, void *ctx,
    const char *name, unsigned flags, struct err *err)
{
	struct loading loading = { .rules = rules };
	bool is_good;

	*rules = (struct pattern_rules){
		.ops = ops, .ctx = ctx, .flags = flags, .watch = { .dirfd = -1 }
	};
	rules->name = xstrdup(name);
	rules->arena = arena_new("pattern table", PATTERN_ARENA_MAX);
	err_clear(err);
	is_good = name[0] == '{' ? load_inline(&loading, err) : load_file(&loading, err);
	while (loading.depth > 0) {
		struct pattern_rule *rule = &rules->rules.v[loading.open[--loading.depth]];

		loading.line = rule->line;
		warn_rule(&loading, "IF has no matching ENDIF");
		rule->end = rules->rules.count;
	}
	return is_good;
}

void
pattern_rules_fini(struct pattern_rules *rules)
{
	for (size_t i = 0; i < rules->rules.count; i++)
		if (rules->rules.v[i].compiled != NULL)
			rules->ops->free_compiled(rules->rules.v[i].compiled);
	file_watch_close(&rules->watch);
	arena_free(&rules->arena);
	free(rules->name);
	rules->name = NULL;
}

/* LOOKUP_FOUND: the rule applies, negation considered. */
static enum lookup
apply_rule(struct pattern_rules *rules, const struct pattern_rule *rule, struct span key,
    struct groups *groups, struct err *err)
{
	enum lookup matches;

	if (rule->is_broken ||
	    (rules->ops->concerns != NULL && !rules->ops->concerns(rules->ctx, rule)))
		return LOOKUP_NONE;
	groups->count = 0;
	matches = rules->ops->match(rules->ctx, rule, key, rule->value.highest > 0, groups, err);
	if (matches == LOOKUP_TEMP || matches == LOOKUP_CONFIG) {
		(void) err_prefix(
		    err, "%s map %s, line %d", rules->ops->title, rules->name, rule->line);
		return matches;
	}
	return (matches == LOOKUP_FOUND) != rule->is_negated ? LOOKUP_FOUND : LOOKUP_NONE;
}

enum lookup
pattern_rules_get(
    struct pattern_rules *rules, struct span key, struct str *value_out, struct err *err)
{
	struct groups groups;
	size_t i = 0;

	while (i < rules->rules.count) {
		const struct pattern_rule *rule = &rules->rules.v[i];
		enum lookup applies = apply_rule(rules, rule, key, &groups, err);

		if (applies == LOOKUP_TEMP || applies == LOOKUP_CONFIG)
			return applies;
		if (applies == LOOKUP_FOUND && !rule->is_if) {
			replacement_expand(&rule->value, &groups, value_out);
			return LOOKUP_FOUND;
		}
		i = rule->is_if && applies == LOOKUP_NONE ? rule->end : i + 1;
	}
	return LOOKUP_NONE;
}
