/* SPDX-License-Identifier: ISC */
/*
 * The parser of alias values, .forward files and lists. Its input is a user's: any bytes, bounded by
 * whoever read the file.
 *
 *     list  = [token] *("," [token])
 *     token = address / "\" name / "|" text / "/" file / ":include:" text / DQUOTE token DQUOTE
 *     text  = command or file / DQUOTE command or file DQUOTE
 */
#include "local/local/local_token.h"

#include "lib/mail/addr_list.h"

enum { TOKEN_TEXT_MAX = 8 << 10 };

/* Where this token ends: at a comma outside of quotes, comments and angle brackets. */
static size_t
token_length(struct span rest)
{
	bool in_quotes = false;
	int comments = 0, brackets = 0;

	for (size_t i = 0; i < rest.len; i++) {
		char c = rest.p[i];

		if (c == '\\' && (in_quotes || comments > 0))
			i++;
		else if (c == '"' && comments == 0)
			in_quotes = !in_quotes;
		else if (in_quotes)
			continue;
		else if (c == '(')
			comments++;
		else if (c == ')' && comments > 0)
			comments--;
		else if (c == '<' && comments == 0)
			brackets++;
		else if (c == '>' && comments == 0 && brackets > 0)
			brackets--;
		else if (c == ',' && comments == 0 && brackets == 0)
			return i;
	}
	return rest.len;
}

/* A token that is one quoted string: the text in it. */
static bool
unquote(struct span raw, struct arena *arena, struct span *text_out)
{
	char *text;
	size_t len = 0, i;

	if (raw.len < 2 || raw.p[0] != '"')
		return false;
	text = arena_alloc(arena, raw.len);
	for (i = 1; i < raw.len && raw.p[i] != '"'; i++) {
		if (raw.p[i] == '\\' && i + 1 < raw.len)
			i++;
		text[len++] = raw.p[i];
	}
	*text_out = span_make(text, len);
	return i + 1 == raw.len;
}

/* What stands behind a mark: perhaps in quotes of its own, as |"command". */
static struct span
behind_mark(struct span text, size_t mark, struct arena *arena)
{
	struct span rest = span_trim(span_from(text, mark)), inside;

	return unquote(rest, arena, &inside) ? inside : rest;
}

/* Destinations that are no addresses; they may be quoted. */
static bool
take_special(struct span text, struct arena *arena, struct local_token *token)
{
	const struct span include = SPAN(":include:");

	if (span_starts_with(text, SPAN("|")))
		*token = (struct local_token){ TOKEN_COMMAND, behind_mark(text, 1, arena) };
	else if (span_starts_with(text, SPAN("/")))
		*token = (struct local_token){ TOKEN_FILE, text };
	else if (span_starts_with_ci(text, include))
		*token = (struct local_token){ TOKEN_INCLUDE,
			behind_mark(text, include.len, arena) };
	else if (span_starts_with(text, SPAN("\\")))
		*token = (struct local_token){ TOKEN_DIRECT, span_from(text, 1) };
	else
		return false;
	if (token->text.len == 0 || span_has_nul(token->text))
		token->kind = TOKEN_BAD;
	return true;
}

static void
classify(struct span raw, struct arena *arena, struct local_token *token)
{
	struct span inside = raw;
	struct addr addr;

	*token = (struct local_token){ TOKEN_BAD, raw };
	if (raw.len > TOKEN_TEXT_MAX) {
		token->text = span_slice(raw, 0, 200);
		return;
	}
	if (!unquote(raw, arena, &inside))
		inside = raw;
	if (take_special(inside, arena, token))
		return;
	if (addr_list_one(raw, arena, &addr) != PARSE_OK || addr.local.len == 0)
		return;
	token->text = addr_internal(arena, addr);
	if (!span_has_nul(token->text) && span_find(token->text, '\n') == token->text.len)
		token->kind = TOKEN_ADDRESS;
}

/* Bare addresses may stand side by side: "anna bert". */
static size_t
word_length(struct span token)
{
	static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789!#$%&'*+-=?^_`{}~.@ \t\r\n";
	size_t start = span_run(token, " \t\r\n");

	if (span_run(token, bare) < token.len)
		return token.len;
	return start + span_find_any(span_from(token, start), " \t\r\n");
}

bool
local_token_next(struct span *rest, struct arena *arena, struct local_token *token_out)
{
	while (rest->len > 0) {
		size_t len = word_length(span_slice(*rest, 0, token_length(*rest)));
		struct span raw = span_trim(span_slice(*rest, 0, len));

		*rest = span_from(*rest, len + 1);
		if (raw.len == 0 || span_eq_str(raw, "<>"))
			continue;
		classify(raw, arena, token_out);
		return true;
	}
	return false;
}

bool
local_token_line(struct span *rest, struct span *line_out)
{
	while (span_cut(rest, '\n', line_out))
		if (line_out->len > 0 && line_out->p[0] != '#')
			return true;
	return false;
}
