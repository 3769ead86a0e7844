/* SPDX-License-Identifier: ISC */
/*
 * Names in parameters that differ from recipient to recipient. Values come from strangers: they are
 * filtered and never expanded again.
 */
#include "local/local/local_macro.h"

#include "lib/base/str.h"
#include "lib/sys/config_line.h"

enum { RESULT_MAX = 8 << 10, DEPTH_MAX = 10 };

struct expander {
	const struct local_macro *macros;
	const char *allowed;
	struct arena *arena;
	struct str out;
	bool has_undefined;
	int depth;
};

static bool expand(struct expander *x, struct span text);

struct span
local_macro_filter(struct span value, const char *allowed, struct arena *arena)
{
	char *copy = arena_cstr(arena, value);

	for (size_t i = 0; i < value.len; i++)
		if (copy[i] == '\0' || strchr(allowed, copy[i]) == NULL)
			copy[i] = '_';
	return span_make(copy, value.len);
}

static struct span
find(const struct expander *x, struct span name)
{
	for (const struct local_macro *macro = x->macros; macro->name != NULL; macro++)
		if (span_eq_str(name, macro->name))
			return macro->value;
	return (struct span){ 0 };
}

static void
add_value(struct expander *x, struct span name)
{
	struct span value = find(x, name);

	if (value.p == NULL)
		x->has_undefined = true;
	str_add(
	    &x->out, x->allowed == NULL ? value : local_macro_filter(value, x->allowed, x->arena));
}

/* branch = "{" text "}" / text */
static bool
take_branch(struct span *rest, struct span *branch_out)
{
	if (rest->len == 0 || rest->p[0] != '{') {
		*branch_out = *rest;
		*rest = (struct span){ 0 };
		return true;
	}
	return config_take_braces(rest, branch_out);
}

/* "?" branch [":" branch] / ":" branch */
static bool
expand_choice(struct expander *x, bool has_value, struct span rest)
{
	struct span yes = { 0 }, no = { 0 };

	if (rest.p[0] == '?') {
		rest = span_from(rest, 1);
		if (!take_branch(&rest, &yes))
			return false;
	}
	if (rest.len > 0 && rest.p[0] == ':') {
		rest = span_from(rest, 1);
		if (!take_branch(&rest, &no))
			return false;
	}
	return rest.len == 0 && expand(x, has_value ? yes : no);
}

static size_t
name_length(struct span text)
{
	size_t len = 0;

	while (len < text.len && (ascii_is_alnum(text.p[len]) || text.p[len] == '_'))
		len++;
	return len;
}

/* What stands in the brackets. */
static bool
expand_body(struct expander *x, struct span body)
{
	struct span name = span_slice(body, 0, name_length(body)), rest = span_from(body, name.len);

	if (name.len == 0)
		return false;
	if (rest.len > 0)
		return (rest.p[0] == '?' || rest.p[0] == ':') &&
		    expand_choice(x, find(x, name).len > 0, rest);
	add_value(x, name);
	return true;
}

/* *rest is behind the dollar. */
static bool
expand_reference(struct expander *x, struct span *rest)
{
	size_t len, depth = 0;
	char open = rest->len > 0 ? rest->p[0] : '\0', close = open == '{' ? '}' : ')';

	if (open == '$') {
		*rest = span_from(*rest, 1);
		return str_add_char(&x->out, '$');
	}
	if (open != '{' && open != '(') {
		len = name_length(*rest);
		add_value(x, span_slice(*rest, 0, len));
		*rest = span_from(*rest, len);
		return len > 0;
	}
	for (len = 0; len < rest->len; len++) {
		if (rest->p[len] == open)
			depth++;
		else if (rest->p[len] == close && --depth == 0)
			break;
	}
	if (len == rest->len || !expand_body(x, span_slice(*rest, 1, len)))
		return false;
	*rest = span_from(*rest, len + 1);
	return true;
}

static bool
expand(struct expander *x, struct span text)
{
	if (++x->depth > DEPTH_MAX)
		return false;
	while (text.len > 0) {
		size_t plain = span_find(text, '$');

		str_add(&x->out, span_slice(text, 0, plain));
		if (plain == text.len)
			break;
		text = span_from(text, plain + 1);
		if (!expand_reference(x, &text))
			return false;
	}
	x->depth--;
	return !x->out.overflowed;
}

enum parse
local_macro_expand(const char *text, const struct local_macro *macros, const char *allowed,
    struct arena *arena, const char **out)
{
	struct expander x = {
		.macros = macros, .allowed = allowed, .arena = arena, .out = { .max = RESULT_MAX }
	};
	bool ok = expand(&x, span_of(text));

	*out = arena_cstr(arena, str_span(&x.out));
	str_fini(&x.out);
	if (!ok || span_has_nul(span_of(*out)))
		return PARSE_BAD;
	return x.has_undefined ? PARSE_MORE : PARSE_OK;
}
