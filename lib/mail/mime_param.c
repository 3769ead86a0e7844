/* SPDX-License-Identifier: ISC */
/*
 * Values with parameters. First all parameters are read as they stand; then those whose names carry
 * the marks of RFC 2231 are joined under their plain names.
 */
#include "lib/mail/mime_param.h"

#include "lib/base/str.h"

struct raw_param {
	struct span name;  /* without marks */
	struct span written;
	struct span value; /* dequoted */
	bool is_extended;  /* "*" at the end: percent-encoded */
	bool has_section, is_used;
	uint64_t section;
};

struct reader {
	struct span in;
	size_t at;
	struct arena *pool;
	ARRAY(struct raw_param) raw;
};

/* Step over blanks, folds and comments. */
static void
skip_cfws(struct reader *r)
{
	size_t depth = 0;

	for (; r->at < r->in.len; r->at++) {
		char c = r->in.p[r->at];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0)
			r->at++;
		else if (depth == 0 && !ascii_is_space(c))
			break;
	}
	if (r->at > r->in.len)
		r->at = r->in.len;
}

static struct span
take_until(struct reader *r, const char *stops)
{
	size_t from = r->at;

	r->at += span_find_any(span_from(r->in, from), stops);
	return span_slice(r->in, from, r->at);
}

/* quoted-string; the closing quote may be missing */
static struct span
take_quoted(struct reader *r)
{
	size_t close = r->at + 1;
	char *text, *end;

	while (close < r->in.len && r->in.p[close] != '"')
		close += r->in.p[close] == '\\' ? 2 : 1;
	end = text = arena_alloc(r->pool, (close < r->in.len ? close : r->in.len) - r->at);
	for (r->at++; r->at < r->in.len && r->in.p[r->at] != '"'; r->at++) {
		if (r->in.p[r->at] == '\\' && r->at + 1 < r->in.len)
			r->at++;
		if (r->in.p[r->at] != '\n' && r->in.p[r->at] != '\r')
			*end++ = r->in.p[r->at];
	}
	if (r->at < r->in.len)
		r->at++;
	return span_make(text, (size_t) (end - text));
}

/* attribute = attribute-name ["*" section] ["*"] */
static void
split_name(struct raw_param *p)
{
	size_t star = span_find(p->name, '*');
	struct span marks = span_from(p->name, star + 1);

	p->written = p->name;
	if (star == p->name.len)
		return;
	p->name = span_slice(p->name, 0, star);
	p->is_extended = marks.len == 0 || marks.p[marks.len - 1] == '*';
	if (marks.len > 0 && marks.p[marks.len - 1] == '*')
		marks.len--;
	p->has_section = span_to_u64(marks, MIME_PARAMS_MAX, &p->section);
}

/* parameter = attribute "=" value */
static void
read_param(struct reader *r)
{
	struct raw_param p = { .name = take_until(r, "=;() \t\r\n") };

	skip_cfws(r);
	if (r->at >= r->in.len || r->in.p[r->at] != '=' || p.name.len == 0) {
		if (r->at < r->in.len && r->in.p[r->at] != ';')
			r->at++;
		return;
	}
	r->at++;
	skip_cfws(r);
	if (r->at < r->in.len && r->in.p[r->at] == '"')
		p.value = take_quoted(r);
	else
		p.value = take_until(r, ";( \t\r\n");
	split_name(&p);
	skip_cfws(r);
	(void) take_until(r, ";");
	*ARRAY_ADD(r->pool, &r->raw) = p;
}

static void
read_params(struct reader *r)
{
	for (;;) {
		skip_cfws(r);
		if (r->at >= r->in.len || r->raw.count == MIME_PARAMS_MAX)
			return;
		if (r->in.p[r->at] == ';')
			r->at++;
		else
			read_param(r);
	}
}

static int
hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ext-octet = "%" 2(DIGIT / "A" / ... / "F"); anything else stands for itself */
static size_t
decode_percent(char *to, struct span in)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		int high = -1, low = -1;

		if (in.p[i] == '%' && i + 2 < in.len) {
			high = hex_value(in.p[i + 1]);
			low = hex_value(in.p[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			to[len++] = (char) (high << 4 | low);
			i += 2;
		} else {
			to[len++] = in.p[i];
		}
	}
	return len;
}

/* extended-initial-value = [charset] "'" [language] "'" extended-other-values */
static struct span
cut_charset(struct span value, struct mime_param *out)
{
	size_t first = span_find(value, '\'');
	struct span rest = span_from(value, first + 1);
	size_t second = span_find(rest, '\'');

	if (first == value.len || second == rest.len)
		return value;
	out->charset = span_slice(value, 0, first);
	out->language = span_slice(rest, 0, second);
	return span_from(rest, second + 1);
}

/* The raw parameter that is section n of a name; the first that is not used. */
static struct raw_param *
find_section(struct reader *r, struct span name, uint64_t n)
{
	for (size_t i = 0; i < r->raw.count; i++) {
		struct raw_param *p = &r->raw.v[i];

		if (p->has_section && !p->is_used && p->section == n && span_eq_ci(p->name, name))
			return p;
	}
	return NULL;
}

/* Join the sections 0, 1, 2 ... of a name. */
static void
join_sections(struct reader *r, struct mime_param *out)
{
	struct raw_param *p;
	size_t room = 0;
	char *text;

	for (size_t i = 0; i < r->raw.count; i++)
		if (r->raw.v[i].has_section && span_eq_ci(r->raw.v[i].name, out->name))
			room += r->raw.v[i].value.len;
	text = arena_alloc(r->pool, room);
	out->value = span_make(text, 0);
	for (uint64_t n = 0; (p = find_section(r, out->name, n)) != NULL; n++) {
		struct span piece = p->value;

		p->is_used = true;
		if (n == 0 && p->is_extended)
			piece = cut_charset(piece, out);
		if (p->is_extended) {
			out->value.len += decode_percent(text + out->value.len, piece);
		} else if (piece.len > 0) {
			memcpy(text + out->value.len, piece.p, piece.len);
			out->value.len += piece.len;
		}
	}
	/* Sections that were given twice, or behind a gap, mean nothing. */
	for (size_t i = 0; i < r->raw.count; i++)
		if (r->raw.v[i].has_section && span_eq_ci(r->raw.v[i].name, out->name))
			r->raw.v[i].is_used = true;
}

static struct mime_param *
find_param(struct mime_value *value, struct span name)
{
	for (size_t i = 0; i < value->params.count; i++)
		if (span_eq_ci(value->params.v[i].name, name))
			return &value->params.v[i];
	return NULL;
}

static struct mime_param
decode_param(struct reader *r, const struct raw_param *raw)
{
	struct mime_param out = { .name = raw->name, .value = raw->value };
	struct span piece;
	char *text;

	if (raw->has_section) {
		join_sections(r, &out);
	} else if (raw->is_extended) {
		piece = cut_charset(raw->value, &out);
		text = arena_alloc(r->pool, piece.len);
		out.value = span_make(text, decode_percent(text, piece));
	}
	return out;
}

/* Plain, then sections, then the single extended form: a later kind replaces an earlier one. */
static void
finish_params(struct reader *r, struct mime_value *value)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		for (size_t i = 0; i < r->raw.count; i++) {
			struct raw_param *p = &r->raw.v[i];
			struct mime_param *old = find_param(value, p->name);
			unsigned own = p->has_section ? 1 : p->is_extended ? 2 : 0;

			if (own != kind || p->is_used || (p->has_section && p->section != 0))
				continue;
			if (old == NULL)
				*ARRAY_ADD(r->pool, &value->params) = decode_param(r, p);
			else if (kind > 0)
				*old = decode_param(r, p);
		}
	}
}

/* ---- Parameters as they were written ---- */

/* Append a value to an extended one: what may not stand there becomes "%" and hexadecimal. */
static void
add_percent(struct str *out, struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];

		if (ascii_is_print(c) && strchr(" *'%()<>@,;:\\\"/[]?=", c) == NULL)
			(void) str_add_char(out, c);
		else
			(void) str_addf(out, "%%%02X", (unsigned char) c);
	}
}

/* Join the sections of a name without decoding: extended when one of them is. */
static void
join_written(struct reader *r, struct mime_param *out)
{
	struct str text CLEANUP(str_fini) = { .max = r->in.len * 3 };
	bool is_extended = false;
	struct raw_param *p;

	for (size_t i = 0; i < r->raw.count; i++)
		is_extended |= r->raw.v[i].has_section && r->raw.v[i].is_extended &&
		    span_eq_ci(r->raw.v[i].name, out->name);
	for (uint64_t n = 0; (p = find_section(r, out->name, n)) != NULL; n++) {
		p->is_used = true;
		if (n == 0 && is_extended && !p->is_extended)
			(void) str_add_str(&text, "''");
		if (is_extended && !p->is_extended)
			add_percent(&text, p->value);
		else
			(void) str_add(&text, p->value);
	}
	out->value = arena_dup(r->pool, str_span(&text));
	if (is_extended)
		out->name = span_of(arena_printf(r->pool, "%.*s*", SPAN_ARG(out->name)));
}

static void
keep_written(struct reader *r, struct mime_value *value)
{
	for (size_t i = 0; i < r->raw.count; i++) {
		struct raw_param *p = &r->raw.v[i];
		struct mime_param param = { .name = p->name, .value = p->value };

		if (p->is_used)
			continue;
		if (p->has_section && p->section == 0)
			join_written(r, &param);
		else if (p->has_section && find_section(r, p->name, 0) != NULL)
			continue;
		else
			param.name = p->written;
		*ARRAY_ADD(r->pool, &value->params) = param;
	}
}

/* ---- Whole values ---- */

/* content := type "/" subtype *(";" parameter) */
static enum parse
read_value(struct reader *r, struct mime_value *out)
{
	*out = (struct mime_value){ .subtype = { NULL, 0 } };
	skip_cfws(r);
	out->type = take_until(r, "/;=()\" \t\r\n");
	skip_cfws(r);
	if (r->at < r->in.len && r->in.p[r->at] == '/') {
		r->at++;
		skip_cfws(r);
		out->subtype = take_until(r, "/;=()\" \t\r\n");
	}
	read_params(r);
	return out->type.len > 0 ? PARSE_OK : PARSE_BAD;
}

enum parse
mime_value_parse(struct span value, struct arena *pool, struct mime_value *out)
{
	struct reader r = { .in = value, .pool = pool };
	enum parse parsed = read_value(&r, out);

	finish_params(&r, out);
	return parsed;
}

enum parse
mime_value_parse_written(struct span value, struct arena *pool, struct mime_value *out)
{
	struct reader r = { .in = value, .pool = pool };
	enum parse parsed = read_value(&r, out);

	keep_written(&r, out);
	return parsed;
}

const struct mime_param *
mime_value_get(const struct mime_value *value, const char *name)
{
	for (size_t i = 0; i < value->params.count; i++)
		if (span_eq_str_ci(value->params.v[i].name, name))
			return &value->params.v[i];
	return NULL;
}

bool
mime_value_is(const struct mime_value *value, const char *type, const char *subtype)
{
	return span_eq_str_ci(value->type, type) && span_eq_str_ci(value->subtype, subtype);
}
