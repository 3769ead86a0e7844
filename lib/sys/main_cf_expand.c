/* SPDX-License-Identifier: ISC */
/*
 * What $name and ${...} mean in a value. One function per form; the forms nest in any way.
 *
 *     reference = "$$" / "$" name / "${" body "}" / "$(" body ")"
 *     body      = name / name choice / function "{" text "}" / comparison [choice]
 *     comparison = "{" text "}" operator "{" text "}"
 *     choice    = "?" branch [":" branch] / ":" branch
 *     branch    = "{" text "}" / text
 *
 * Everything that is read comes from a file that root wrote, yet is bounded: the depth of nesting,
 * the number of references and the size of the result.
 */
#include "lib/sys/main_cf_int.h"

#include "lib/sys/config_line.h"
#include "lib/sys/file.h"
#include "lib/sys/param.h"

#include <fcntl.h>

#define EXPAND_DEPTH_MAX   100
#define EXPAND_STEPS_MAX   20000
#define EXPAND_RESULT_MAX  ((size_t) 1 << 20)
#define EXPAND_ASIDE_MAX   ((size_t) 4 << 20)
#define EXPAND_FILE_MAX    65536u

struct expander {
	struct main_cf *cf;
	struct arena *arena;
	struct err *err;
	int depth;
	int steps;
	size_t aside_bytes;     /* of texts beside the result */
};

static bool expand_text(struct expander *x, struct span text, struct str *out);

/* "what: text" with the place where reading stopped. */
static bool
expand_fail(struct expander *x, const char *what, struct span at)
{
	return err_config(x->err, "%s at \"%.*s\"", what, SPAN_ARG(span_slice(at, 0, 60)));
}

static bool
expand_is_name_char(char c)
{
	return ascii_is_alnum(c) || c == '_';
}

static struct span
expand_take_name(struct span *rest)
{
	size_t len = 0;

	while (len < rest->len && expand_is_name_char(rest->p[len]))
		len++;

	struct span name = span_slice(*rest, 0, len);
	*rest = span_from(*rest, len);
	return name;
}

static void
expand_skip_blanks(struct span *rest)
{
	*rest = span_from(*rest, span_run(*rest, " \t\r\n"));
}

/*
 * The first line of a file that a value names; an unreadable file is an error, since the name
 * would be wrong.
 */
static const char *
expand_read_name_file(struct expander *x, const char *name, const char *path)
{
	struct span text;

	if (!file_read(AT_FDCWD, path, EXPAND_FILE_MAX, x->arena, &text, x->err)) {
		(void) err_prefix(x->err, "parameter %s", name);
		return NULL;
	}
	return arena_cstr(x->arena, span_trim(span_slice(text, 0, span_find(text, '\n'))));
}

/* The text of a name before expansion: "" for an unknown one, NULL with an error. */
static const char *
expand_lookup(struct expander *x, const char *name)
{
	const char *value = main_cf_get(x->cf, name);

	if (value == NULL)
		value = param_default(x->cf, name, x->arena);
	if (value == NULL)
		return "";
	if (value[0] == '/') {
		const struct param *row = param_find(name, NULL);

		if (row != NULL && row->may_name_file)
			return expand_read_name_file(x, name, value);
	}
	return value;
}

/* The value of a name. */
static bool
expand_name(struct expander *x, struct span name, struct str *out)
{
	const char *value = expand_lookup(x, arena_cstr(x->arena, name));

	if (value == NULL)
		return false;
	if (x->depth >= EXPAND_DEPTH_MAX)
		return err_config(
		    x->err, "endless recursion in the value of \"%.*s\"", SPAN_ARG(name));
	return expand_text(x, span_of(value), out);
}

/* branch = "{" text "}" / text: a bare text goes to the end. */
static bool
expand_take_branch(struct expander *x, struct span *rest, struct span *branch_out)
{
	struct span bare = *rest;

	expand_skip_blanks(rest);
	if (rest->len == 0 || rest->p[0] != '{') {
		*branch_out = bare;
		*rest = (struct span){ 0 };
		return true;
	}
	if (!config_take_braces(rest, branch_out))
		return expand_fail(x, "missing '}'", bare);
	expand_skip_blanks(rest);
	return true;
}

/* choice = "?" branch [":" branch] / ":" branch */
static bool
expand_choice(struct expander *x, bool truth, struct span rest, struct str *out)
{
	struct span yes = { 0 }, no = { 0 };

	if (rest.p[0] == '?') {
		rest = span_from(rest, 1);
		if (!expand_take_branch(x, &rest, &yes))
			return false;
	}
	if (rest.len > 0 && rest.p[0] == ':') {
		rest = span_from(rest, 1);
		if (!expand_take_branch(x, &rest, &no))
			return false;
	}
	if (rest.len > 0)
		return expand_fail(x, "expected '?', ':' or '}'", rest);
	return expand_text(x, truth ? yes : no, out);
}

/* Expand into the arena instead of into the result. */
static bool
expand_aside(struct expander *x, struct span text, const char **out)
{
	struct str value CLEANUP(str_fini);

	str_init(&value, EXPAND_RESULT_MAX);
	if (!expand_text(x, text, &value))
		return false;
	x->aside_bytes += value.len;
	if (x->aside_bytes > EXPAND_ASIDE_MAX)
		return expand_fail(x, "the values compared are too long", text);
	*out = arena_cstr(x->arena, str_span(&value));
	return true;
}

/* function "{" text "}" */
static bool
expand_function(struct expander *x, struct span name, struct span rest, struct str *out)
{
	struct span inside;
	const char *argument, *ascii;

	if (!span_eq_str(name, "domain_to_ascii"))
		return expand_fail(x, "unknown function", name);
	if (!config_take_braces(&rest, &inside) || rest.len > 0)
		return expand_fail(x, "expected one pair of { } after the function's name", name);
	if (!expand_aside(x, inside, &argument))
		return false;
	if (!main_cf_domain_to_ascii(argument, x->arena, &ascii, x->err))
		return false;
	(void) str_add_str(out, ascii);
	return true;
}

enum order { ORDER_LESS = 1, ORDER_EQUAL = 2, ORDER_MORE = 4 };

static const struct expand_operator {
	const char *text;
	unsigned accepts;       /* mask of enum order */
	bool by_level;
} expand_operators[] = {
	{ "==", ORDER_EQUAL, false },              { "==level", ORDER_EQUAL, true },
	{ "!=", ORDER_LESS | ORDER_MORE, false },  { "!=level", ORDER_LESS | ORDER_MORE, true },
	{ "<", ORDER_LESS, false },                { "<level", ORDER_LESS, true },
	{ "<=", ORDER_LESS | ORDER_EQUAL, false }, { "<=level", ORDER_LESS | ORDER_EQUAL, true },
	{ ">=", ORDER_MORE | ORDER_EQUAL, false }, { ">=level", ORDER_MORE | ORDER_EQUAL, true },
	{ ">", ORDER_MORE, false },                { ">level", ORDER_MORE, true },
};

static const struct expand_operator *
expand_find_operator(struct span word)
{
	for (size_t i = 0; i < COUNT_OF(expand_operators); i++)
		if (span_eq_str(word, expand_operators[i].text))
			return &expand_operators[i];
	return NULL;
}

/* major [ "." minor [ "." patch ] ] as one number. */
static bool
expand_parse_level(struct span text, uint64_t *level_out)
{
	struct span part;
	int parts = 0;

	*level_out = 0;
	while (span_cut(&text, '.', &part)) {
		uint64_t number;

		if (++parts > 3 || !span_to_u64(part, 99999, &number))
			return false;
		*level_out = *level_out * 100000 + number;
	}
	for (; parts < 3; parts++)
		*level_out *= 100000;
	return true;
}

static enum order
expand_order_of(int64_t difference)
{
	return difference < 0 ? ORDER_LESS : difference > 0 ? ORDER_MORE : ORDER_EQUAL;
}

/* Numbers when both sides are all digits, else text. */
static enum order
expand_compare_plain(struct span left, struct span right)
{
	static const char digits[] = "0123456789";
	bool are_numbers = left.len > 0 && right.len > 0 && span_run(left, digits) == left.len &&
	    span_run(right, digits) == right.len;

	if (!are_numbers)
		return expand_order_of(span_cmp(left, right));

	/* Without leading zeros the longer number is the larger one, whatever its size. */
	left = span_from(left, span_run(left, "0"));
	right = span_from(right, span_run(right, "0"));
	if (left.len != right.len)
		return left.len < right.len ? ORDER_LESS : ORDER_MORE;
	return expand_order_of(span_cmp(left, right));
}

static bool
expand_compare(struct expander *x, const struct expand_operator *op, const char *left,
    const char *right, bool *truth_out)
{
	uint64_t a, b;
	enum order order;

	if (!op->by_level) {
		order = expand_compare_plain(span_of(left), span_of(right));
	} else {
		if (!expand_parse_level(span_of(left), &a))
			return expand_fail(x, "bad compatibility level", span_of(left));
		if (!expand_parse_level(span_of(right), &b))
			return expand_fail(x, "bad compatibility level", span_of(right));
		order = a < b ? ORDER_LESS : a > b ? ORDER_MORE : ORDER_EQUAL;
	}
	*truth_out = (op->accepts & order) != 0;
	return true;
}

/* "{" text "}" and expand it */
static bool
expand_operand(struct expander *x, struct span *rest, const char **value_out)
{
	struct span inside, whole = *rest;

	if (rest->len == 0 || rest->p[0] != '{')
		return expand_fail(x, "expected '{'", whole);
	if (!config_take_braces(rest, &inside))
		return expand_fail(x, "missing '}'", whole);
	expand_skip_blanks(rest);
	return expand_aside(x, inside, value_out);
}

/* comparison [choice] */
static bool
expand_comparison(struct expander *x, struct span rest, struct str *out)
{
	const char *left, *right;
	bool truth = false;

	if (!expand_operand(x, &rest, &left))
		return false;

	struct span word = span_slice(rest, 0, span_find_any(rest, "{ \t\r\n"));
	const struct expand_operator *op = expand_find_operator(word);
	if (op == NULL)
		return expand_fail(
		    x, "expected one of == != < <= >= > (or one of these and \"level\")", rest);
	rest = span_from(rest, word.len);
	expand_skip_blanks(&rest);

	if (!expand_operand(x, &rest, &right) || !expand_compare(x, op, left, right, &truth))
		return false;
	if (rest.len > 0)
		return expand_choice(x, truth, rest, out);
	if (truth)
		(void) str_add_str(out, "true");
	return true;
}

/* What stands between ${ and }. */
static bool
expand_body(struct expander *x, struct span body, struct str *out)
{
	struct span rest = body;

	expand_skip_blanks(&rest);
	if (rest.len > 0 && rest.p[0] == '{')
		return expand_comparison(x, rest, out);

	struct span name = expand_take_name(&rest);
	if (name.len == 0)
		return expand_fail(x, "expected a parameter name", body);
	if (rest.len > 0 && rest.p[0] == '{')
		return expand_function(x, name, rest, out);
	expand_skip_blanks(&rest);
	if (rest.len == 0)
		return expand_name(x, name, out);
	if (rest.p[0] != '?' && rest.p[0] != ':')
		return expand_fail(x, "expected '?', ':' or '}'", rest);

	const char *value = expand_lookup(x, arena_cstr(x->arena, name));
	return value != NULL && expand_choice(x, value[0] != '\0', rest, out);
}

/* Length of a bracketed body with its brackets; 0 when it is not closed. */
static size_t
expand_bracket_length(struct span text, char open, char close)
{
	size_t depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == open)
			depth++;
		else if (text.p[i] == close && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* rest begins with '$'. */
static bool
expand_reference(struct expander *x, struct span *rest, struct str *out)
{
	struct span whole = *rest;
	char next = rest->len > 1 ? rest->p[1] : '\0';

	if (++x->steps > EXPAND_STEPS_MAX)
		return expand_fail(x, "too many references", whole);
	*rest = span_from(*rest, 1);
	if (next == '$') {
		*rest = span_from(*rest, 1);
		(void) str_add_char(out, '$');
		return true;
	}
	if (next == '{' || next == '(') {
		size_t len = expand_bracket_length(*rest, next, next == '{' ? '}' : ')');

		if (len == 0)
			return expand_fail(x, next == '{' ? "missing '}'" : "missing ')'", whole);
		struct span body = span_slice(*rest, 1, len - 1);
		*rest = span_from(*rest, len);
		return expand_body(x, body, out);
	}

	struct span name = expand_take_name(rest);
	if (name.len == 0)
		return expand_fail(
		    x, "expected a parameter name after '$' (a dollar is written \"$$\")", whole);
	return expand_name(x, name, out);
}

static bool
expand_text(struct expander *x, struct span text, struct str *out)
{
	if (x->depth++ >= 2 * EXPAND_DEPTH_MAX)
		return expand_fail(x, "too many levels", text);
	while (text.len > 0) {
		size_t plain = span_find(text, '$');

		(void) str_add(out, span_slice(text, 0, plain));
		text = span_from(text, plain);
		if (text.len > 0 && !expand_reference(x, &text, out))
			return false;
	}
	x->depth--;
	return !out->overflowed ||
	    err_config(x->err, "the value grows past %zu bytes", EXPAND_RESULT_MAX);
}

const char *
main_cf_expand(struct main_cf *cf, const char *text, struct arena *arena, struct err *err)
{
	struct expander x = { .cf = cf, .arena = arena, .err = err };
	const char *value;

	/* Most values hold no reference. */
	if (strchr(text, '$') == NULL)
		return arena_strdup(arena, text);
	return expand_aside(&x, span_of(text), &value) ? value : NULL;
}

const char *
main_cf_value(struct main_cf *cf, const char *name, struct arena *arena, struct err *err)
{
	struct expander x = { .cf = cf, .arena = arena, .err = err };
	const char *text = expand_lookup(&x, name), *value;

	if (text == NULL)
		return NULL;
	if (strchr(text, '$') == NULL)
		return text;
	if (expand_aside(&x, span_of(text), &value))
		return value;
	(void) err_prefix(err, "%s: parameter %s", main_cf_origin(cf, name, arena), name);
	return NULL;
}

bool
main_cf_level_at_least(struct main_cf *cf, const char *level)
{
	struct arena *scratch CLEANUP(arena_free) = arena_new("compatibility level", 65536);
	struct err err = { 0 };
	const char *text = main_cf_value(cf, "compatibility_level", scratch, &err);
	uint64_t have, want;

	if (text == NULL || !expand_parse_level(span_of(text), &have))
		have = 0;
	return expand_parse_level(span_of(level), &want) && have >= want;
}
