/* SPDX-License-Identifier: ISC */
/* Replacement text, taken apart once when the table is opened. */
#include "lib/table/replacement.h"

#include "lib/base/array.h"

struct replacement_part {
	struct span text; /* literal, when p is not NULL */
	unsigned group;   /* else */
};

struct parts {
	ARRAY(struct replacement_part) list;
};

static bool
is_name_byte(char c)
{
	return ascii_is_alnum(c) || c == '_';
}

/* The name behind a '$', with or without braces; steps over it. */
static bool
take_name(struct span *rest, struct span *name_out)
{
	char close = rest->len == 0 ? '\0'
	    : rest->p[0] == '{'     ? '}'
	    : rest->p[0] == '('     ? ')'
				    : '\0';
	size_t len = 0;

	if (close != '\0') {
		*rest = span_from(*rest, 1);
		len = span_find(*rest, close);
		*name_out = span_slice(*rest, 0, len);
		if (len == rest->len)
			return false;
		*rest = span_from(*rest, len + 1);
		return true;
	}
	while (len < rest->len && is_name_byte(rest->p[len]))
		len++;
	*name_out = span_slice(*rest, 0, len);
	*rest = span_from(*rest, len);
	return len > 0;
}

/* What follows a '$'. */
static bool
take_dollar(struct span *rest, struct arena *arena, struct parts *parts, struct replacement *out,
    struct err *err)
{
	struct span name;
	uint64_t number;

	if (rest->len > 0 && rest->p[0] == '$') {
		ARRAY_ADD(arena, &parts->list)->text = span_slice(*rest, 0, 1);
		*rest = span_from(*rest, 1);
		return true;
	}
	if (!take_name(rest, &name))
		return err_config(err, "bad replacement syntax");
	if (!span_to_u64(name, UINT32_MAX, &number))
		return err_config(err, "non-numeric replacement index \"%.*s\"", SPAN_ARG(name));
	if (number < 1 || number > REPLACEMENT_GROUP_MAX)
		return err_config(err, "out of range replacement index \"%.*s\"", SPAN_ARG(name));
	ARRAY_ADD(arena, &parts->list)->group = (unsigned) number;
	if (number > out->highest)
		out->highest = (unsigned) number;
	return true;
}

bool
replacement_parse(struct span text, struct arena *arena, struct replacement *out, struct err *err)
{
	struct parts parts = { { 0 } };
	bool is_good = true;

	*out = (struct replacement){ .parts = NULL };
	while (is_good && text.len > 0) {
		size_t literal = span_find(text, '$');

		if (literal > 0) {
			ARRAY_ADD(arena, &parts.list)->text = span_slice(text, 0, literal);
			text = span_from(text, literal);
		} else {
			text = span_from(text, 1);
			is_good = take_dollar(&text, arena, &parts, out, err);
		}
	}
	out->parts = parts.list.v;
	out->count = parts.list.count;
	return is_good;
}

void
replacement_literal(struct span text, struct arena *arena, struct replacement *out)
{
	*out = (struct replacement){ .parts = ARENA_NEW(arena, struct replacement_part),
		.count = 1 };
	out->parts->text = span_make(text.p != NULL ? text.p : "", text.len);
}

void
replacement_expand(
    const struct replacement *replacement, const struct groups *groups, struct str *out)
{
	for (size_t i = 0; i < replacement->count; i++) {
		const struct replacement_part *part = &replacement->parts[i];

		if (part->text.p != NULL)
			(void) str_add(out, part->text);
		else if (part->group < groups->count)
			(void) str_add(out, groups->group[part->group]);
	}
}
