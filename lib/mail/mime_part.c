/* SPDX-License-Identifier: ISC */
/*
 * The tree of parts, by recursive descent over lines. A boundary line is compared with every open
 * multipart from the inside out, so a part whose end is missing ends with what holds it. The depth
 * of recursion is the nesting limit.
 */
#include "lib/mail/mime_part.h"

const struct mime_part_limits mime_part_default_limits = { .nesting = 99, .parts = 10000 };

enum { TYPE_VALUE_MAX = 16 * 1024, BOUNDARY_MAX = 80 };

/* Where we are, and what was passed. */
struct mark {
	size_t at;
	size_t bare;  /* LFs without a CR before them */
	size_t lines; /* LFs */
};

/* An open multipart. */
struct level {
	struct span boundary;
	const struct level *outer;
};

/* Which boundary line stopped a body; level NULL: the end of the message. */
struct stop {
	const struct level *level;
	bool is_close;
};

struct parser {
	struct span in;
	struct mark mark;
	size_t kept; /* line ends before this belong to a header or a boundary line */
	const struct mime_part_limits *limits;
	size_t parts, nesting;
	struct arena *pool, *scratch;
};

/* What a header says of its body. */
struct type {
	enum mime_part_kind kind;
	struct span boundary;
	bool is_digest;
};

static void parse_entity(struct parser *p, struct mime_part *part, const struct level *level,
    struct stop *stop_out);

/* ---- Places ---- */

static struct mime_extent
extent(const struct mark *from, const struct mark *to)
{
	return (struct mime_extent){ from->at, to->at, to->at - from->at + to->bare - from->bare,
		to->lines - from->lines };
}

/* The line at hand with its LF; empty at the end. */
static struct span
peek_line(const struct parser *p)
{
	struct span rest = span_from(p->in, p->mark.at);
	const char *lf = rest.len > 0 ? memchr(rest.p, '\n', rest.len) : NULL;

	return lf != NULL ? span_slice(rest, 0, (size_t) (lf - rest.p) + 1) : rest;
}

static void
step(struct parser *p, struct span line)
{
	bool has_lf = line.len > 0 && line.p[line.len - 1] == '\n';

	p->mark.at += line.len;
	p->mark.lines += has_lf;
	p->mark.bare += has_lf && (line.len < 2 || line.p[line.len - 2] != '\r');
}

/* The place before the line end that lies here, which belongs to the boundary line behind it. */
static struct mark
without_line_end(const struct parser *p)
{
	struct mark mark = p->mark;

	if (mark.at <= p->kept || p->in.p[mark.at - 1] != '\n')
		return mark;
	mark.at--;
	mark.lines--;
	if (mark.at > p->kept && p->in.p[mark.at - 1] == '\r')
		mark.at--;
	else
		mark.bare--;
	return mark;
}

/* ---- Boundaries ---- */

/*
 * delimiter := "--" boundary; close-delimiter := delimiter "--". Only the beginning of the line is
 * compared, as RFC 2046 5.1.1 says; where one boundary begins with another, the longer one counts.
 */
static bool
is_boundary(const struct level *level, struct span line, struct stop *stop_out)
{
	struct span rest = span_from(line, 2);
	const struct level *found = NULL;

	if (!span_starts_with(line, SPAN("--")))
		return false;
	for (; level != NULL; level = level->outer)
		if (span_starts_with(rest, level->boundary) &&
		    (found == NULL || level->boundary.len > found->boundary.len))
			found = level;
	if (found == NULL)
		return false;
	rest = span_from(rest, found->boundary.len);
	*stop_out = (struct stop){ found, span_starts_with(rest, SPAN("--")) };
	return true;
}

/* Step to the boundary line of an open multipart, or to the end. */
static void
skip_body(struct parser *p, const struct level *level, struct stop *stop_out)
{
	struct span line;

	*stop_out = (struct stop){ .level = NULL };
	while ((line = peek_line(p)).len > 0) {
		if (level != NULL && line.p[0] == '-' && is_boundary(level, line, stop_out))
			return;
		step(p, line);
	}
}

/* ---- Headers ---- */

bool
mime_part_next_field(struct span *head, struct header_field *field_out)
{
	struct span line;
	enum parse parsed;

	while ((parsed = header_next(head, field_out)) == PARSE_BAD)
		if (!span_cut(head, '\n', &line))
			return false;
	return parsed == PARSE_OK;
}

/* The value of the first field of that id. */
static bool
find_field(struct span head, enum header_id id, struct span *value_out)
{
	struct header_field field;

	while (mime_part_next_field(&head, &field)) {
		if (field.id != id)
			continue;
		*value_out = field.value;
		return true;
	}
	return false;
}

/* Step over a header and its empty line, or up to a boundary. */
static void
skip_head(struct parser *p, const struct level *level, struct stop *stop_out)
{
	struct span line;

	while ((line = peek_line(p)).len > 0) {
		if (level != NULL && line.p[0] == '-' && is_boundary(level, line, stop_out))
			return;
		step(p, line);
		if (span_trim_set(line, "\r\n").len == 0)
			return;
	}
}

static struct type
type_of(struct parser *p, const struct mime_part *part)
{
	struct type type = { .kind = part->is_digest_part ? MIME_PART_MESSAGE : MIME_PART_LEAF };
	struct span head = span_slice(p->in, part->head.from, part->head.to), text;
	const struct mime_param *boundary;
	struct mime_value value;

	if (!find_field(head, HEADER_CONTENT_TYPE, &text))
		return type;
	type.kind = MIME_PART_LEAF;
	if (mime_value_parse(span_slice(text, 0, TYPE_VALUE_MAX), p->scratch, &value) != PARSE_OK)
		return type;
	boundary = mime_value_get(&value, "boundary");
	if (span_eq_str_ci(value.type, "multipart")) {
		type.kind = MIME_PART_MULTIPART;
		if (boundary != NULL)
			type.boundary = arena_dup(
			    p->pool, span_slice(boundary->value, 0, BOUNDARY_MAX));
		type.is_digest = span_eq_str_ci(value.subtype, "digest");
	} else if (mime_value_is(&value, "message", "rfc822") ||
	    mime_value_is(&value, "message", "global")) {
		type.kind = MIME_PART_MESSAGE;
	}
	arena_clear(p->scratch);
	return type;
}

/* ---- Entities ---- */

static void
step_boundary(struct parser *p)
{
	step(p, peek_line(p));
	p->kept = p->mark.at;
}

static struct mime_part *
add_part(struct parser *p, struct mime_part **link)
{
	p->parts++;
	*link = ARENA_NEW(p->pool, struct mime_part);
	return *link;
}

/* What a multipart without parts has, since clients expect one. */
static void
add_empty_part(struct parser *p, struct mime_part **link)
{
	struct mime_part *part = add_part(p, link);

	part->head = part->body = extent(&p->mark, &p->mark);
}

/* multipart-body := [preamble CRLF] dash-boundary CRLF body-part *(delimiter body-part) ... */
static void
parse_multipart(struct parser *p, struct mime_part *part, const struct type *type,
    const struct level *outer, struct stop *stop_out)
{
	struct level level = { type->boundary, outer };
	struct mime_part **link = &part->child;

	skip_body(p, type->boundary.len > 0 ? &level : outer, stop_out);
	while (stop_out->level == &level && !stop_out->is_close && p->parts < p->limits->parts) {
		struct mime_part *child = add_part(p, link);

		link = &child->next;
		child->is_digest_part = type->is_digest;
		step_boundary(p);
		parse_entity(p, child, &level, stop_out);
	}
	if (part->child == NULL)
		add_empty_part(p, &part->child);
	/* The epilogue, and whatever is more than the limit. */
	if (stop_out->level == &level) {
		step_boundary(p);
		skip_body(p, outer, stop_out);
	}
}

/* What follows the header, by its type. */
static void
parse_body(struct parser *p, struct mime_part *part, const struct type *type,
    const struct level *level, struct stop *stop_out)
{
	part->kind = type->kind;
	p->nesting++;
	if (type->kind == MIME_PART_MULTIPART)
		parse_multipart(p, part, type, level, stop_out);
	else if (type->kind == MIME_PART_MESSAGE)
		parse_entity(p, add_part(p, &part->child), level, stop_out);
	else
		skip_body(p, level, stop_out);
	p->nesting--;
}

/* entity := header CRLF body, up to a boundary line of an open multipart or the end */
static void
parse_entity(struct parser *p, struct mime_part *part, const struct level *level,
    struct stop *stop_out)
{
	struct mark start = p->mark, cut, body, end;
	struct type type;

	*stop_out = (struct stop){ .level = NULL };
	p->kept = start.at;
	skip_head(p, level, stop_out);
	cut = without_line_end(p);
	body = p->mark;
	p->kept = body.at;
	part->head = extent(&start, &body);
	type = type_of(p, part);
	if (p->nesting >= p->limits->nesting || p->parts >= p->limits->parts)
		type.kind = MIME_PART_LEAF;
	parse_body(p, part, &type, level, stop_out);
	end = stop_out->level != NULL ? without_line_end(p) : p->mark;
	/* A boundary right behind the header: its line end is the header's last. */
	if (stop_out->level != NULL && p->mark.at == body.at) {
		part->head = extent(&start, &cut);
		body = end = cut;
	}
	part->body = extent(&body, &end);
}

struct mime_part *
mime_part_parse(
    struct span message, const struct mime_part_limits *limits, struct arena *pool)
{
	CLEANUP(arena_free) struct arena *scratch = arena_new("mime part", 1024 * 1024);
	struct parser p = { .in = message, .limits = limits, .pool = pool, .scratch = scratch };
	struct mime_part *root;
	struct stop stop;

	parse_entity(&p, add_part(&p, &root), NULL, &stop);
	return root;
}

/* What the next number counts in; NULL when the part has nothing inside. */
static const struct mime_part *
inside(const struct mime_part *part)
{
	if (part->kind == MIME_PART_MESSAGE)
		return part->child;
	return part->kind == MIME_PART_MULTIPART ? part : NULL;
}

const struct mime_part *
mime_part_find(const struct mime_part *message, const unsigned *numbers, size_t count)
{
	const struct mime_part *part = message;

	for (size_t i = 0; part != NULL && i < count; i++) {
		unsigned n = numbers[i];

		part = i == 0 ? message : inside(part);
		if (part == NULL || n == 0)
			return NULL;
		if (part->kind != MIME_PART_MULTIPART) {
			if (n != 1)
				return NULL;
			continue;
		}
		for (part = part->child; part != NULL && n > 1; n--)
			part = part->next;
	}
	return part;
}
