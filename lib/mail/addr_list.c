/* SPDX-License-Identifier: ISC */
/*
 * Address lists of header fields. The input is cut into pieces that are never changed unless an
 * address is set, so printing gives back every name, comment and fold. Reading is lenient: a
 * terminator that is missing is taken to be at the end, and what is no address stays text.
 */
#include "lib/mail/addr_list.h"

enum tok_kind { TOK_END, TOK_BLANK, TOK_COMMENT, TOK_QUOTED, TOK_LITERAL, TOK_ATOM, TOK_SPECIAL };

struct tok {
	enum tok_kind kind;
	size_t from, to;
};

struct reader {
	struct span in;
	size_t at;
	size_t text_from; /* start of what is in no piece yet */
	struct arena *pool;
	struct addr_list *list;
	ARRAY(struct tok) toks; /* of the entry being read */
	struct span group;      /* p NULL: in no group */
};

/* A run of tokens of the entry. */
struct range {
	size_t from, to;
};

/* ---- Tokens ---- */

/* Index just behind the closing byte of a quoted string or literal; the end when it is missing. */
static size_t
skip_enclosed(struct span in, size_t at, char close)
{
	for (at++; at < in.len; at++) {
		if (in.p[at] == '\\')
			at++;
		else if (in.p[at] == close)
			return at + 1;
	}
	return in.len;
}

/* comment = "(" *([FWS] ccontent) [FWS] ")", nested without recursion */
static size_t
skip_comment(struct span in, size_t at)
{
	size_t depth = 0;

	for (; at < in.len; at++) {
		if (in.p[at] == '\\')
			at++;
		else if (in.p[at] == '(')
			depth++;
		else if (in.p[at] == ')' && --depth == 0)
			return at + 1;
	}
	return in.len;
}

/* An atom with quoted pairs in it, as the obsolete forms have them. */
static size_t
skip_atom(struct span in, size_t at)
{
	while (at < in.len) {
		at += span_find_any(span_from(in, at), " \t\r\n()<>[]\\,;:@\".");
		if (at >= in.len || in.p[at] != '\\')
			break;
		at += 2;
	}
	return at < in.len ? at : in.len;
}

static struct tok
next_tok(struct reader *r)
{
	size_t from = r->at;
	char c = from < r->in.len ? r->in.p[from] : '\0';
	struct tok tok = { TOK_SPECIAL, from, from + 1 };

	if (from == r->in.len)
		tok = (struct tok){ TOK_END, from, from };
	else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		tok = (struct tok){ TOK_BLANK, from,
			from + span_run(span_from(r->in, from), " \t\r\n") };
	else if (c == '(')
		tok = (struct tok){ TOK_COMMENT, from, skip_comment(r->in, from) };
	else if (c == '"')
		tok = (struct tok){ TOK_QUOTED, from, skip_enclosed(r->in, from, '"') };
	else if (c == '[')
		tok = (struct tok){ TOK_LITERAL, from, skip_enclosed(r->in, from, ']') };
	else if (c == '\0' || strchr(")<>],;:@.", c) == NULL)
		tok = (struct tok){ TOK_ATOM, from, skip_atom(r->in, from) };
	if (tok.to == from && tok.kind == TOK_ATOM)
		tok.to = from + 1;
	r->at = tok.to;
	return tok;
}

static bool
is_special(const struct reader *r, const struct tok *tok, char c)
{
	return tok->kind == TOK_SPECIAL && r->in.p[tok->from] == c;
}

/* Fill r->toks up to a special that is in `stops` or the end; the value is what stopped it. */
static struct tok
collect(struct reader *r, const char *stops)
{
	for (;;) {
		struct tok tok = next_tok(r);

		if (tok.kind == TOK_END ||
		    (tok.kind == TOK_SPECIAL && strchr(stops, r->in.p[tok.from]) != NULL))
			return tok;
		*ARRAY_ADD(r->pool, &r->toks) = tok;
	}
}

static bool
is_word(const struct tok *tok)
{
	return tok->kind != TOK_BLANK && tok->kind != TOK_COMMENT;
}

/* Without blanks and comments at both ends. */
static struct range
trim_range(const struct reader *r, struct range x)
{
	while (x.from < x.to && !is_word(&r->toks.v[x.from]))
		x.from++;
	while (x.from < x.to && !is_word(&r->toks.v[x.to - 1]))
		x.to--;
	return x;
}

/* ---- Decoded texts ---- */

/* Append bytes of s to *end without backslashes and line ends. */
static void
unescape(char **end, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
		if (s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\0')
			*(*end)++ = s.p[i];
	}
}

/* What is between the marks of a quoted string or comment; the closing one may be missing. */
static struct span
inside(struct span raw, char close)
{
	bool is_closed = raw.len > 1 && raw.p[raw.len - 1] == close;

	return span_slice(raw, 1, is_closed ? raw.len - 1 : raw.len);
}

static void
decode_tok(const struct reader *r, const struct tok *tok, char **end)
{
	struct span raw = span_slice(r->in, tok->from, tok->to);

	if (tok->kind == TOK_QUOTED)
		unescape(end, inside(raw, '"'));
	else
		unescape(end, raw);
}

/*
 * The words of a range in internal form. One blank stands for what is between two words, but in an
 * address there is none around "." and "@".
 */
static struct span
decode_range(const struct reader *r, struct range x, bool is_address)
{
	char *text, *end;
	bool gap = false, after_mark = true;

	if (x.from == x.to)
		return span_make(NULL, 0);
	end = text = arena_alloc(r->pool, r->toks.v[x.to - 1].to - r->toks.v[x.from].from + 1);
	for (size_t i = x.from; i < x.to; i++) {
		const struct tok *tok = &r->toks.v[i];
		bool is_mark = is_address && (is_special(r, tok, '.') || is_special(r, tok, '@'));

		if (!is_word(tok)) {
			gap = true;
			continue;
		}
		if (gap && !is_mark && !after_mark)
			*end++ = ' ';
		decode_tok(r, tok, &end);
		gap = false;
		after_mark = is_mark;
	}
	return span_make(text, (size_t) (end - text));
}

/* The text of the last comment in the tokens, or p NULL. */
static struct span
last_comment(const struct reader *r, struct range x)
{
	for (size_t i = x.to; i > x.from; i--) {
		const struct tok *tok = &r->toks.v[i - 1];
		struct span raw = span_slice(r->in, tok->from, tok->to);
		char *text, *end;

		if (tok->kind != TOK_COMMENT)
			continue;
		end = text = arena_alloc(r->pool, raw.len);
		unescape(&end, inside(raw, ')'));
		return span_trim(span_make(text, (size_t) (end - text)));
	}
	return span_make(NULL, 0);
}

/* ---- Addresses ---- */

/* The index of the last token in the range that is this special, or x.to. */
static size_t
last_special(const struct reader *r, struct range x, char c)
{
	for (size_t i = x.to; i > x.from; i--)
		if (is_special(r, &r->toks.v[i - 1], c))
			return i - 1;
	return x.to;
}

/* obs-route = obs-domain-list ":"; the range behind it */
static struct range
cut_route(const struct reader *r, struct range x, struct span *route_out)
{
	size_t colon = last_special(r, x, ':');

	*route_out = span_make(NULL, 0);
	if (x.from < x.to && is_special(r, &r->toks.v[x.from], '@') && colon != x.to) {
		*route_out = decode_range(r, trim_range(r, (struct range){ x.from, colon }), true);
		x.from = colon + 1;
	}
	return trim_range(r, x);
}

/* addr-spec = local-part "@" domain; the domain may be missing, with its "@" */
static bool
decode_spec(const struct reader *r, struct range x, struct addr *addr_out)
{
	size_t at = last_special(r, x, '@');
	struct range local = { x.from, at }, domain = { at + 1, x.to };

	*addr_out = (struct addr){ .local = decode_range(r, trim_range(r, local), true) };
	if (at != x.to) {
		addr_out->domain = decode_range(r, trim_range(r, domain), true);
		if (span_is_empty(addr_out->domain))
			return false;
	}
	return !span_is_empty(addr_out->local);
}

static void
add_text(struct reader *r, size_t to)
{
	if (to > r->text_from)
		*ARRAY_ADD(r->pool, &r->list->pieces) = (struct addr_piece){
			.raw = span_slice(r->in, r->text_from, to)
		};
	r->text_from = to;
}

static void
add_box(struct reader *r, size_t from, size_t to, struct addr_box box)
{
	add_text(r, from);
	box.group = r->group;
	box.piece = r->list->pieces.count;
	*ARRAY_ADD(r->pool, &r->list->boxes) = box;
	*ARRAY_ADD(r->pool, &r->list->pieces) = (struct addr_piece){
		.raw = span_slice(r->in, from, to), .addr = box.addr, .is_addr = true
	};
	r->text_from = to;
}

/* The end of the run of tokens that belong together: only "." and "@" join across blanks. */
static size_t
cluster_end(const struct reader *r, size_t i, size_t to)
{
	bool gap = false, joins = true;

	for (size_t end = i; i < to; i++) {
		const struct tok *tok = &r->toks.v[i];
		bool is_mark = is_special(r, tok, '.') || is_special(r, tok, '@');

		if (!is_word(tok)) {
			gap = true;
			continue;
		}
		if (gap && !joins && !is_mark)
			return end;
		gap = false;
		joins = is_mark;
		end = i + 1;
		if (i + 1 == to)
			return to;
	}
	return to;
}

/*
 * In "Some Name a@b" the address is the first cluster with an "@"; without any, all words are a
 * local part. A ">" that closes nothing does not belong to it.
 */
static struct range
find_spec(const struct reader *r, struct range x)
{
	struct range found = x;

	for (size_t i = x.from; i < x.to;) {
		struct range cluster = trim_range(r, (struct range){ i, cluster_end(r, i, x.to) });

		if (last_special(r, cluster, '@') != cluster.to) {
			found = cluster;
			break;
		}
		i = cluster.to > i ? cluster.to : i + 1;
	}
	while (found.to > found.from + 1 && is_special(r, &r->toks.v[found.to - 1], '>'))
		found.to--;
	return found;
}

/* mailbox without brackets: the tokens collected up to a separator. */
static void
take_bare(struct reader *r)
{
	struct range all = { 0, r->toks.count };
	struct range x = trim_range(r, all);
	struct range spec = find_spec(r, x);
	struct addr_box box = { .name = { NULL, 0 } };

	if (x.from == x.to)
		return;
	if (!decode_spec(r, spec, &box.addr)) {
		r->list->is_broken = true;
		return;
	}
	box.name = decode_range(r, trim_range(r, (struct range){ x.from, spec.from }), false);
	if (box.name.p == NULL)
		box.name = last_comment(r, all);
	add_box(r, r->toks.v[spec.from].from, r->toks.v[spec.to - 1].to, box);
}

/*
 * Without ">" a comma ends the address; go back to it. false: there is none, so no address either.
 */
static bool
cut_unclosed(struct reader *r, size_t first, struct tok stop)
{
	r->list->is_broken = true;
	r->at = stop.from;
	for (size_t i = first; i < r->toks.count; i++) {
		if (is_special(r, &r->toks.v[i], ',')) {
			r->at = r->toks.v[i].from;
			r->toks.count = i;
			return true;
		}
	}
	return stop.kind == TOK_END;
}

/*
 * angle-addr = [CFWS] "<" [obs-route] addr-spec ">" [CFWS]; the phrase is what was collected
 * before.
 */
static void
take_angle(struct reader *r, size_t open)
{
	struct range phrase = { 0, r->toks.count }, spec;
	struct tok stop = collect(r, "<>");
	struct addr_box box = { .name = { NULL, 0 } };
	size_t after;

	if ((stop.kind == TOK_END || is_special(r, &stop, '<')) &&
	    !cut_unclosed(r, phrase.to, stop))
		return;
	after = r->toks.count;
	spec = cut_route(r, trim_range(r, (struct range){ phrase.to, after }), &box.route);
	stop = collect(r, ",;<");
	r->at = stop.from;
	box.name = decode_range(r, trim_range(r, phrase), false);
	if (spec.from == spec.to)
		add_box(r, open + 1, open + 1, box);
	else if (decode_spec(r, spec, &box.addr))
		add_box(r, r->toks.v[spec.from].from, r->toks.v[spec.to - 1].to, box);
	else
		r->list->is_broken = true;
}

/* group = display-name ":" [group-list] ";" */
static void
open_group(struct reader *r)
{
	if (r->group.p != NULL) {
		r->list->is_broken = true;
		return;
	}
	r->group = decode_range(r, trim_range(r, (struct range){ 0, r->toks.count }), false);
	if (r->group.p == NULL)
		r->group = SPAN("");
	*ARRAY_ADD(r->pool, &r->list->groups) = (struct addr_group){
		r->group, r->list->boxes.count, r->list->boxes.count
	};
}

static void
close_group(struct reader *r)
{
	if (r->group.p != NULL)
		r->list->groups.v[r->list->groups.count - 1].to = r->list->boxes.count;
	r->group = span_make(NULL, 0);
}

/* One entry up to and with its separator; false at the end of the input. */
static bool
read_entry(struct reader *r)
{
	struct tok stop;
	char c;

	r->toks.count = 0;
	stop = collect(r, ",;:<");
	if (stop.kind == TOK_END) {
		take_bare(r);
		return false;
	}
	c = r->in.p[stop.from];
	if (c == '<')
		take_angle(r, stop.from);
	else if (c == ':')
		open_group(r);
	else
		take_bare(r);
	if (c == ';')
		close_group(r);
	return true;
}

void
addr_list_parse(struct span in, size_t max, struct arena *pool, struct addr_list *list_out)
{
	struct reader r = { .in = in, .pool = pool, .list = list_out };

	*list_out = (struct addr_list){ .is_broken = false };
	while (list_out->boxes.count < max && read_entry(&r))
		continue;
	close_group(&r);
	list_out->is_cut = list_out->boxes.count >= max && r.at < in.len &&
	    span_run(span_from(in, r.at), " \t\r\n,;") != in.len - r.at;
	add_text(&r, in.len);
}

void
addr_list_set(struct addr_list *list, size_t box, struct addr addr)
{
	struct addr_piece *piece = &list->pieces.v[list->boxes.v[box].piece];

	list->boxes.v[box].addr = addr;
	piece->addr = addr;
	piece->is_changed = true;
}

bool
addr_list_print(const struct addr_list *list, struct str *out)
{
	for (size_t i = 0; i < list->pieces.count; i++) {
		const struct addr_piece *piece = &list->pieces.v[i];

		if (piece->is_changed ? !addr_add_external(out, piece->addr)
				      : !str_add(out, piece->raw))
			return false;
	}
	return true;
}

enum parse
addr_list_one(struct span external, struct arena *pool, struct addr *addr_out)
{
	struct addr_list list;

	addr_list_parse(external, 2, pool, &list);
	if (list.boxes.count != 1 || list.is_broken || list.is_cut ||
	    list.boxes.v[0].group.p != NULL)
		return PARSE_BAD;
	*addr_out = list.boxes.v[0].addr;
	return PARSE_OK;
}
