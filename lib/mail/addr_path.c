/* SPDX-License-Identifier: ISC */
/*
 * The path grammar of RFC 5321 4.1.2. One cursor goes over the input once; what only leniency
 * accepts sets `is_odd`, and strict parsing refuses an odd path at the end.
 */
#include "lib/mail/addr_path.h"

#include "lib/base/encode.h"

struct cursor {
	struct span in;
	size_t at;
	unsigned flags;
	struct addr_path *path;
	char *local; /* room for the dequoted local part */
	size_t local_len;
};

/* The byte under the cursor, NUL at the end (NUL itself is refused beforehand). */
static char
peek(const struct cursor *c)
{
	return c->at < c->in.len ? c->in.p[c->at] : '\0';
}

static bool
step_over(struct cursor *c, char byte)
{
	if (peek(c) != byte)
		return false;
	c->at++;
	return true;
}

static void
skip_blanks(struct cursor *c)
{
	size_t blanks = span_run(span_from(c->in, c->at), " \t");

	c->at += blanks;
	if (blanks > 0)
		c->path->is_odd = true;
}

/* Any visible character outside the specials; whether 8-bit is allowed is asked once for all. */
static bool
is_atom_char(char c)
{
	return c > ' ' && c != 0x7f ? strchr("()<>[]\\,;:@\".", c) == NULL
				    : (unsigned char) c >= 0x80;
}

/* Atom = 1*atext */
static bool
read_atom(struct cursor *c)
{
	size_t from = c->at;

	while (c->at < c->in.len) {
		if (peek(c) == '\\' && c->at + 1 < c->in.len &&
		    ascii_is_print(c->in.p[c->at + 1])) {
			c->path->is_odd = true;
			c->at++;
		} else if (!is_atom_char(peek(c))) {
			break;
		}
		c->local[c->local_len++] = c->in.p[c->at++];
	}
	return c->at > from;
}

/* Quoted-string = DQUOTE *QcontentSMTP DQUOTE; quoted-pairSMTP = %d92 %d32-126 */
static bool
read_quoted(struct cursor *c)
{
	c->at++;
	while (c->at < c->in.len && peek(c) != '"') {
		if (peek(c) == '\\')
			c->at++;
		if (c->at == c->in.len || (peek(c) > 0 && peek(c) < ' ' && peek(c) != '\t') ||
		    peek(c) == 0x7f)
			return false;
		if (peek(c) == '\t')
			c->path->is_odd = true;
		c->local[c->local_len++] = c->in.p[c->at++];
	}
	return step_over(c, '"');
}

/* Local-part = Dot-string / Quoted-string; odd: dots anywhere, quoted strings among atoms */
static bool
read_local(struct cursor *c)
{
	bool after_dot = true;
	size_t words = 0, quoted = 0;

	for (;; words++) {
		if (step_over(c, '.')) {
			c->path->is_odd |= after_dot;
			c->local[c->local_len++] = '.';
			after_dot = true;
			continue;
		}
		if (peek(c) == '"') {
			quoted++;
			if (!read_quoted(c))
				return false;
		} else if (!read_atom(c)) {
			break;
		}
		after_dot = false;
	}
	c->path->is_odd |= after_dot || (quoted > 0 && words > 1);
	return words > 0;
}

/* address-literal = "[" ( IPv4 / IPv6 / General ) "]" */
static bool
read_literal(struct cursor *c)
{
	while (c->at < c->in.len && peek(c) > ' ' && peek(c) < 0x7f && peek(c) != ']')
		c->at++;
	return step_over(c, ']');
}

/* Domain = sub-domain *("." sub-domain), or a literal */
static bool
read_domain(struct cursor *c, struct span *domain_out)
{
	size_t from = c->at;

	if (peek(c) == '[') {
		if (!read_literal(c))
			return false;
	} else {
		while (c->at < c->in.len && (is_atom_char(peek(c)) || peek(c) == '.'))
			c->at++;
	}
	*domain_out = span_slice(c->in, from, c->at);
	if (!addr_is_domain(*domain_out, false))
		c->path->is_odd = true;
	return c->at > from;
}

/* A-d-l = At-domain *( "," At-domain ), then ":" */
static bool
read_route(struct cursor *c)
{
	struct span domain;

	if (peek(c) != '@')
		return true;
	do {
		if (!step_over(c, '@') || !read_domain(c, &domain))
			return false;
	} while (step_over(c, ','));
	c->path->has_route = true;
	return step_over(c, ':');
}

/* "user@", or one "@" too many: odd, and only for those who want it. */
static bool
is_null_domain(const struct cursor *c)
{
	return (c->flags & ADDR_PATH_NULL_DOMAIN) != 0 &&
	    (c->at == c->in.len || strchr("@> \t", peek(c)) != NULL);
}

/*
 * Mailbox = Local-part "@" ( Domain / address-literal ); odd: more "@", all but the last in the
 * local part
 */
static bool
read_mailbox(struct cursor *c)
{
	struct addr *addr = &c->path->addr;

	if (!read_local(c))
		return false;
	while (step_over(c, '@')) {
		if (is_null_domain(c)) {
			c->path->is_odd = true;
			c->path->has_null_domain = addr->domain.len == 0;
			continue;
		}
		if (addr->domain.len > 0) {
			c->local[c->local_len++] = '@';
			memcpy(c->local + c->local_len, addr->domain.p, addr->domain.len);
			c->local_len += addr->domain.len;
			c->path->is_odd = true;
		}
		if (!read_domain(c, &addr->domain))
			return false;
	}
	addr->local = span_make(c->local, c->local_len);
	return c->local_len > 0;
}

/* Path = "<" [ A-d-l ":" ] Mailbox ">"; Reverse-path = Path / "<>" */
static bool
read_path(struct cursor *c)
{
	bool has_bracket;

	skip_blanks(c);
	has_bracket = step_over(c, '<');
	if (has_bracket)
		skip_blanks(c);
	else
		c->path->is_odd = true;
	if (has_bracket && peek(c) == '>')
		c->path->is_null = true;
	else if ((has_bracket && !read_route(c)) || !read_mailbox(c))
		return false;
	if (has_bracket)
		skip_blanks(c);
	return has_bracket ? step_over(c, '>') : true;
}

/* What the grammar let through but the caller's flags do not. */
static bool
is_allowed(const struct cursor *c, struct span text)
{
	const struct addr_path *path = c->path;

	if (c->at < c->in.len && !ascii_is_wsp(c->in.p[c->at]))
		return false;
	if (path->is_null && (c->flags & ADDR_PATH_NULL) == 0)
		return false;
	if (path->is_odd && (c->flags & ADDR_PATH_STRICT) != 0)
		return false;
	if (path->addr.local.len + path->addr.domain.len + 1 > ADDR_PATH_MAX)
		return false;
	return span_is_ascii(text) || ((c->flags & ADDR_PATH_UTF8) != 0 && utf8_is_valid(text));
}

enum parse
addr_path_parse(struct span in, unsigned flags, struct arena *pool, struct addr_path *path_out,
    size_t *used_out)
{
	struct cursor c = { .flags = flags, .path = path_out };

	/* A source route may make a path longer than its address; four times is ample. */
	c.in = span_slice(in, 0, ADDR_PATH_MAX * 4);
	c.local = arena_alloc(pool, c.in.len);
	*path_out = (struct addr_path){ .is_odd = false };
	if (span_has_nul(c.in) || !read_path(&c) || !is_allowed(&c, span_slice(c.in, 0, c.at)))
		return PARSE_BAD;
	path_out->is_long = path_out->addr.local.len > ADDR_LOCAL_MAX ||
	    path_out->addr.domain.len > ADDR_DOMAIN_MAX;
	*used_out = c.at;
	return PARSE_OK;
}
