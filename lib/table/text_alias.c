/* SPDX-License-Identifier: ISC */
/*
 * Text of alias databases, as a stream of tokens in the manner of RFC 822: words, quoted strings,
 * comments, domain literals, and single special characters. Does not judge the addresses.
 */
#include "lib/table/text_alias.h"

#define ALIAS_BLANKS   " \t\r\n\v\f"
#define ALIAS_SPECIALS "()<>@,;:\\\".[]"

enum alias_token {
	ALIAS_END,
	ALIAS_WORD,
	ALIAS_QUOTED,
	ALIAS_COMMENT,
	ALIAS_LITERAL,
	ALIAS_SPECIAL
};

/*
 * Length of text that runs from an opening character to its closing one; to the end when that is
 * missing.
 */
static size_t
enclosed_length(struct span s, char open, char close)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
		else if (s.p[i] == close && (open != close || depth > 0) && --depth == 0)
			return i + 1;
		else if (s.p[i] == open)
			depth++;
	}
	return s.len;
}

static size_t
word_length(struct span s)
{
	size_t i = 0;

	for (; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
		else if (s.p[i] == '\0' || strchr(ALIAS_SPECIALS ALIAS_BLANKS, s.p[i]) != NULL)
			break;
	}
	return i > 0 ? i : 1;
}

static enum alias_token
take_token(struct span *rest, struct span *text_out)
{
	struct span s = span_from(*rest, span_run(*rest, ALIAS_BLANKS));
	enum alias_token kind = ALIAS_WORD;
	size_t len;

	if (s.len == 0)
		return ALIAS_END;
	if (s.p[0] == '"') {
		kind = ALIAS_QUOTED;
		len = enclosed_length(s, '"', '"');
	} else if (s.p[0] == '(') {
		kind = ALIAS_COMMENT;
		len = enclosed_length(s, '(', ')');
	} else if (s.p[0] == '[') {
		kind = ALIAS_LITERAL;
		len = enclosed_length(s, '[', ']');
	} else if (s.p[0] != '\\' && s.p[0] != '\0' && strchr(ALIAS_SPECIALS, s.p[0]) != NULL) {
		kind = ALIAS_SPECIAL;
		len = 1;
	} else {
		len = word_length(s);
	}
	*text_out = span_slice(s, 0, len);
	*rest = span_from(s, len);
	return kind;
}

/* Text without quotes and backslashes. */
static void
add_unquoted(struct span text, struct str *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '"')
			continue;
		if (text.p[i] == '\\' && i + 1 < text.len)
			i++;
		(void) str_add_char(out, text.p[i]);
	}
}

static bool
is_dot_atom(struct span local)
{
	struct span rest = local, atom;

	if (local.len == 0)
		return false;
	while (span_cut(&rest, '.', &atom)) {
		if (atom.len == 0 || span_find_any(atom, ALIAS_SPECIALS ALIAS_BLANKS) < atom.len)
			return false;
		for (size_t i = 0; i < atom.len; i++)
			if ((unsigned char) atom.p[i] < 0x20 || atom.p[i] == 0x7f)
				return false;
	}
	return true;
}

bool
text_quote_local(struct span local, struct str *out)
{
	if (is_dot_atom(local))
		return str_add(out, local);
	(void) str_add_char(out, '"');
	for (size_t i = 0; i < local.len; i++) {
		if (local.p[i] == '"' || local.p[i] == '\\' || local.p[i] == '\r' ||
		    local.p[i] == '\n')
			(void) str_add_char(out, '\\');
		(void) str_add_char(out, local.p[i]);
	}
	return str_add_char(out, '"');
}

/* The name up to its colon, in internal form; false when there is no colon or a second address. */
static const char *
take_name(struct span *rest, struct str *internal)
{
	const char *complaint = "need name:value pair";
	enum alias_token kind, before = ALIAS_SPECIAL;
	bool is_local = true;
	struct span text;

	while ((kind = take_token(rest, &text)) != ALIAS_END) {
		if (kind == ALIAS_COMMENT)
			continue;
		if (kind == ALIAS_SPECIAL && text.p[0] == ':')
			return !is_local         ? "name must be local"
			    : internal->len == 0 ? complaint
						 : NULL;
		if (kind == ALIAS_SPECIAL &&
		    (text.p[0] == ',' || text.p[0] == ';' || text.p[0] == '<'))
			return complaint;
		if (kind == ALIAS_SPECIAL && text.p[0] == '@')
			is_local = false;
		if (kind != ALIAS_SPECIAL && before != ALIAS_SPECIAL)
			(void) str_add_char(internal, ' ');
		add_unquoted(text, internal);
		before = kind;
	}
	return complaint;
}

/*
 * A blank stands between two words, before an angle bracket that follows one, and after one that
 * ends.
 */
static bool
wants_blank(enum alias_token before, char last, enum alias_token kind, char first)
{
	if (before == ALIAS_END)
		return false;
	if (before == ALIAS_SPECIAL)
		return last == ',' || (last == '>' && kind != ALIAS_SPECIAL);
	return kind != ALIAS_SPECIAL || first == '<';
}

static void
add_value(struct span rest, struct str *out)
{
	enum alias_token kind, before = ALIAS_END;
	struct span text;
	char last = '\0';

	while ((kind = take_token(&rest, &text)) != ALIAS_END) {
		if (wants_blank(before, last, kind, text.p[0]))
			(void) str_add_char(out, ' ');
		(void) str_add(out, text);
		before = kind;
		last = text.p[text.len - 1];
	}
}

const char *
text_split_alias(struct span line, struct str *name_out, struct str *value_out)
{
	struct str internal CLEANUP(str_fini);
	const char *complaint;

	str_init(&internal, name_out->max);
	str_clear(name_out);
	str_clear(value_out);
	complaint = take_name(&line, &internal);
	if (complaint != NULL)
		return complaint;
	(void) text_quote_local(str_span(&internal), name_out);
	add_value(line, value_out);
	if (value_out->len == 0)
		return "need name:value pair";
	return name_out->overflowed || value_out->overflowed ? "entry is too long" : NULL;
}
