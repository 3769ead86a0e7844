/* SPDX-License-Identifier: ISC */
/*
 * The MIME state machine. A header is collected field by field; a body is passed on in runs as
 * long as the input allows, and only line starts that may be boundaries are looked at. Invariants:
 * `line` holds the start of a line whose end has not come (in a body: only while it may still be a
 * boundary or the caller wants lines); `field` holds a logical header field whose end is not known.
 * Content is never decoded here.
 */
#include "lib/mail/mime_scan.h"

#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/mail/mime_param.h"

enum { TYPE_ARENA_LIMIT = 4 * 1024 * 1024, TYPE_VALUE_MAX = 16 * 1024, BOUNDARY_EXTRA = 8 };

/* One open multipart. */
struct level {
	struct str boundary;
	bool is_digest; /* its parts are messages unless they say otherwise */
	enum mime_encoding encoding;
};

struct mime_scan {
	struct mime_options options;
	const struct mime_events *events;
	void *ctx;
	bool in_head, in_field_excess, mid_line;
	enum mime_head head;
	struct mime_kind kind;
	struct str line, field;
	struct level *levels; /* nesting_limit of them */
	size_t depth;         /* of open multiparts */
	size_t named;         /* levels behind them, of the header at hand: open when it ends */
	size_t nesting;       /* with nested messages */
	struct arena *scratch;
	unsigned faults;
	bool has_8bit_header, has_8bit_body, part_has_8bit;
};

struct mime_scan *
mime_scan_new(const struct mime_options *options, const struct mime_events *events, void *ctx)
{
	struct mime_scan *scan = xcalloc(1, sizeof(*scan));
	size_t line_max = options->boundary_limit + BOUNDARY_EXTRA;

	scan->options = *options;
	if (scan->options.line_limit == 0)
		scan->options.line_limit = 1;
	scan->events = events;
	scan->ctx = ctx;
	scan->in_head = true;
	scan->head = MIME_PRIMARY;
	if (line_max < options->header_limit)
		line_max = options->header_limit;
	if (line_max < options->line_limit)
		line_max = options->line_limit;
	str_init(&scan->line, line_max + 1);
	str_init(&scan->field, options->header_limit);
	scan->levels = xcalloc(options->nesting_limit, sizeof(*scan->levels));
	for (size_t i = 0; i < options->nesting_limit; i++)
		str_init(&scan->levels[i].boundary, options->boundary_limit);
	scan->scratch = arena_new("mime", TYPE_ARENA_LIMIT);
	return scan;
}

void
mime_scan_free(struct mime_scan **scan)
{
	if (*scan == NULL)
		return;
	for (size_t i = 0; i < (*scan)->options.nesting_limit; i++)
		str_fini(&(*scan)->levels[i].boundary);
	free((*scan)->levels);
	str_fini(&(*scan)->line);
	str_fini(&(*scan)->field);
	arena_free(&(*scan)->scratch);
	free(*scan);
	*scan = NULL;
}

/* ---- Bodies ---- */

/* Pass body bytes on and note 8-bit. */
static void
emit_body(struct mime_scan *scan, struct span bytes)
{
	if (bytes.len == 0)
		return;
	if (!scan->part_has_8bit && !span_is_ascii(bytes)) {
		scan->part_has_8bit = true;
		scan->has_8bit_body = true;
		if (scan->kind.encoding != MIME_8BIT && scan->kind.encoding != MIME_BINARY)
			scan->faults |= MIME_FAULT_8BIT_BODY;
	}
	if (scan->events->body != NULL)
		scan->events->body(scan->ctx, bytes);
}

static void
begin_head(struct mime_scan *scan, enum mime_head head)
{
	scan->in_head = true;
	scan->head = head;
	scan->kind = (struct mime_kind){ .encoding = MIME_7BIT };
	scan->named = 0;
	scan->part_has_8bit = false;
	/* RFC 2046 5.1.5 */
	scan->kind.is_message = head == MIME_PART && scan->depth > 0 &&
	    scan->levels[scan->depth - 1].is_digest;
}

/* ---- Header fields ---- */

enum mime_encoding
mime_encoding_of(struct span value)
{
	static const char *const names[] = {
		[MIME_7BIT] = "7bit",
		[MIME_8BIT] = "8bit",
		[MIME_BINARY] = "binary",
		[MIME_QP] = "quoted-printable",
		[MIME_BASE64] = "base64",
	};
	struct span word;

	if (!span_token(&value, " \t\r\n;(", &word))
		return MIME_7BIT;
	for (unsigned i = 0; i < COUNT_OF(names); i++)
		if (span_eq_str_ci(word, names[i]))
			return (enum mime_encoding) i;
	return MIME_OTHER_ENCODING;
}

/* Encoded data is 7-bit to whoever carries it. */
static unsigned
width_of(enum mime_encoding encoding)
{
	return encoding == MIME_8BIT ? 1 : encoding == MIME_BINARY ? 2 : 0;
}

/* A multipart. One that the same header named before is around it: readers may go by either. */
static void
name_level(struct mime_scan *scan, struct span boundary, bool is_digest)
{
	struct level *level = &scan->levels[scan->depth + scan->named];

	if (scan->nesting + scan->named >= scan->options.nesting_limit) {
		scan->faults |= MIME_FAULT_NESTING;
		return;
	}
	str_clear(&level->boundary);
	(void) str_add(&level->boundary, span_slice(boundary, 0, scan->options.boundary_limit));
	level->is_digest = is_digest;
	scan->named++;
}

/* The last Content-Type says what the body is. */
static void
note_type(struct mime_scan *scan, struct span text)
{
	struct mime_value value;
	const struct mime_param *boundary;

	if (mime_value_parse(span_slice(text, 0, TYPE_VALUE_MAX), scan->scratch, &value) !=
	    PARSE_OK)
		return;
	boundary = mime_value_get(&value, "boundary");
	scan->kind.is_multipart = span_eq_str_ci(value.type, "multipart") && boundary != NULL &&
	    boundary->value.len > 0;
	scan->kind.is_message = mime_value_is(&value, "message", "rfc822") ||
	    mime_value_is(&value, "message", "global") ||
	    mime_value_is(&value, "message", "external-body");
	if (scan->kind.is_multipart)
		name_level(scan, boundary->value, span_eq_str_ci(value.subtype, "digest"));
	arena_clear(scan->scratch);
}

static void
note_encoding(struct mime_scan *scan, struct span text)
{
	scan->kind.encoding = mime_encoding_of(text);
	scan->kind.has_encoding = true;
	if (scan->depth > 0 &&
	    width_of(scan->kind.encoding) > width_of(scan->levels[scan->depth - 1].encoding))
		scan->faults |= MIME_FAULT_ENCODING;
}

/* The collected field is complete. */
static void
end_field(struct mime_scan *scan)
{
	struct header_field field;

	scan->in_field_excess = false;
	if (scan->field.len == 0)
		return;
	if (header_split(str_span(&scan->field), &field) != PARSE_OK) {
		/* The limit cut it before its colon. */
		str_clear(&scan->field);
		return;
	}
	if (!span_is_ascii(field.raw)) {
		scan->kind.has_8bit = true;
		scan->has_8bit_header = true;
		scan->faults |= MIME_FAULT_8BIT_HEADER;
	}
	if (field.id == HEADER_CONTENT_TYPE && !scan->options.is_disabled)
		note_type(scan, field.value);
	else if (field.id == HEADER_CONTENT_TRANSFER_ENCODING)
		note_encoding(scan, field.value);
	if (scan->events->header != NULL)
		scan->events->header(scan->ctx, scan->head, &field);
	str_clear(&scan->field);
}

/* Open the multiparts of the header that has just ended. */
static void
open_levels(struct mime_scan *scan)
{
	for (; scan->named > 0; scan->named--) {
		scan->levels[scan->depth++].encoding = scan->kind.encoding;
		scan->nesting++;
	}
}

/* A header has ended: what follows is a body, parts or another header. */
static void
end_head(struct mime_scan *scan, enum mime_head_end how)
{
	bool is_composite;

	end_field(scan);
	is_composite = scan->kind.is_multipart || scan->kind.is_message;
	if (is_composite && scan->nesting >= scan->options.nesting_limit) {
		scan->faults |= MIME_FAULT_NESTING;
		scan->kind.is_multipart = scan->kind.is_message = is_composite = false;
	}
	if (is_composite &&
	    (scan->kind.encoding == MIME_QP || scan->kind.encoding == MIME_BASE64)) {
		scan->faults |= MIME_FAULT_ENCODING;
		/*
		 * An encoded message cannot be looked into; an encoded multipart is a lie, and its
		 * boundaries count.
		 */
		scan->kind.is_message = false;
	}
	scan->in_head = false;
	if (scan->events->head_end != NULL)
		scan->events->head_end(scan->ctx, scan->head, how, &scan->kind);
	if (how == MIME_END_CUT || scan->options.is_disabled)
		return;
	open_levels(scan);
	if (scan->kind.is_message) {
		scan->nesting++;
		begin_head(scan, MIME_NESTED);
	}
}

/* ---- Boundaries ---- */

/*
 * delimiter := "--" boundary; close-delimiter := delimiter "--"; blanks may follow. The value is
 * 1 + the index of the level whose boundary the line is, or 0.
 */
static size_t
match_boundary(const struct mime_scan *scan, struct span line, bool *is_close_out)
{
	line = span_trim_set(line, " \t\r\n");
	for (size_t i = scan->depth; i > 0 && line.len > 2; i--) {
		struct span boundary = span_trim_set(
		    str_span(&scan->levels[i - 1].boundary), " \t");
		struct span rest = span_from(line, 2);

		if (boundary.len == 0 || !span_starts_with(rest, boundary))
			continue;
		rest = span_from(rest, boundary.len);
		if (rest.len == 0 || span_eq_str(rest, "--")) {
			*is_close_out = rest.len > 0;
			return i;
		}
	}
	return 0;
}

/* A whole line that begins with "--". false: no boundary of ours. */
static bool
take_boundary(struct mime_scan *scan, struct span line)
{
	bool is_close;
	size_t level = match_boundary(scan, line, &is_close);

	if (level == 0)
		return false;
	if (scan->in_head)
		end_head(scan, MIME_END_CUT);
	if (scan->events->boundary != NULL)
		scan->events->boundary(scan->ctx, line);
	else if (scan->events->body != NULL)
		scan->events->body(scan->ctx, line);
	scan->depth = is_close ? level - 1 : level;
	/*
	 * Messages nested in closed levels are closed too; the count need not be exact, only
	 * bounded.
	 */
	scan->nesting = scan->depth;
	begin_head(scan, MIME_PART);
	scan->in_head = !is_close;
	return true;
}

static bool
is_dashed(struct span line)
{
	return line.len >= 2 && line.p[0] == '-' && line.p[1] == '-';
}

/* ---- Lines ---- */

/* A whole line of a header, with its LF unless the input ended. */
static void
take_head_line(struct mime_scan *scan, struct span line)
{
	struct span text = line.len > 0 && line.p[line.len - 1] == '\n'
	    ? span_slice(line, 0, line.len - 1)
	    : line;
	struct header_field field;

	if (text.len > 0 && ascii_is_wsp(text.p[0]) && scan->field.len > 0) {
		size_t room = scan->field.max - scan->field.len;

		if (scan->in_field_excess || text.len + 1 > room) {
			scan->faults |= MIME_FAULT_LONG_HEADER;
			scan->in_field_excess = true;
			return;
		}
		(void) str_add_char(&scan->field, '\n');
		(void) str_add(&scan->field, text);
		return;
	}
	if (scan->depth > 0 && is_dashed(text) && take_boundary(scan, line))
		return;
	end_field(scan);
	if (text.len == 0) {
		end_head(scan, MIME_END_BLANK);
	} else if (header_split(text, &field) == PARSE_OK) {
		if (text.len > scan->field.max)
			scan->faults |= MIME_FAULT_LONG_HEADER;
		(void) str_add(&scan->field, span_slice(text, 0, scan->field.max));
	} else {
		/*
		 * No field: what a body of a nested message or a multipart begins with is decided
		 * first.
		 */
		scan->kind.is_message = false;
		end_head(scan, MIME_END_BROKEN);
		if (!(scan->depth > 0 && is_dashed(line) && take_boundary(scan, line)))
			emit_body(scan, line);
	}
}

/* Take one header line off the input; false: its end is not there yet, all is kept. */
static bool
feed_head(struct mime_scan *scan, struct span *in)
{
	size_t lf = span_find(*in, '\n');
	bool is_whole = lf < in->len;
	struct span piece = span_slice(*in, 0, is_whole ? lf + 1 : lf);

	*in = span_from(*in, piece.len);
	if (is_whole && scan->line.len == 0) {
		take_head_line(scan, piece);
		return true;
	}
	/* What exceeds the limit of a field is cut here already, but its LF is needed. */
	if (piece.len > scan->line.max - scan->line.len) {
		scan->faults |= MIME_FAULT_LONG_HEADER;
		(void) str_add(&scan->line, span_slice(piece, 0, scan->line.max - scan->line.len));
		if (is_whole)
			scan->line.p[scan->line.len - 1] = '\n';
	} else {
		(void) str_add(&scan->line, piece);
	}
	if (is_whole) {
		take_head_line(scan, str_span(&scan->line));
		str_clear(&scan->line);
	}
	return is_whole;
}

/* Length of the run of whole lines at the start that cannot be boundaries. */
static size_t
plain_run(const struct mime_scan *scan, struct span in)
{
	size_t at = 0;

	while (at < in.len && !(scan->depth > 0 && is_dashed(span_from(in, at)))) {
		const char *lf = memchr(in.p + at, '\n', in.len - at);

		if (lf == NULL)
			break;
		at = (size_t) (lf - in.p) + 1;
		if (scan->options.wants_lines)
			return at > scan->options.line_limit ? 0 : at;
	}
	return at;
}

/* The rest of the input is the start of a line. Pass it on, unless it may become a boundary. */
static void
keep_start(struct mime_scan *scan, struct span start)
{
	bool may_be_boundary = scan->depth > 0 && start.p[0] == '-' &&
	    (start.len < 2 || start.p[1] == '-') &&
	    start.len < scan->options.boundary_limit + BOUNDARY_EXTRA;

	if (may_be_boundary) {
		(void) str_add(&scan->line, start);
		return;
	}
	emit_body(scan, start);
	scan->mid_line = true;
}

/* A kept line start grows to a line, or past what is worth keeping. */
static void
feed_kept(struct mime_scan *scan, struct span *in)
{
	size_t lf = span_find(*in, '\n');
	size_t limit = scan->options.wants_lines ? scan->options.line_limit
						 : scan->options.boundary_limit + BOUNDARY_EXTRA;
	size_t want = lf < in->len ? lf + 1 : in->len;
	size_t room = limit > scan->line.len ? limit - scan->line.len : 0;
	size_t take = want < room ? want : room;
	bool is_whole;

	(void) str_add(&scan->line, span_slice(*in, 0, take));
	*in = span_from(*in, take);
	is_whole = scan->line.p[scan->line.len - 1] == '\n';
	if (!is_whole && scan->line.len < limit)
		return;
	if (!(is_whole && !scan->mid_line && scan->depth > 0 && is_dashed(str_span(&scan->line)) &&
		take_boundary(scan, str_span(&scan->line)))) {
		emit_body(scan, str_span(&scan->line));
		scan->mid_line = !is_whole;
	}
	str_clear(&scan->line);
}

/* The rest of a line that was passed on in part. */
static void
feed_mid_line(struct mime_scan *scan, struct span *in)
{
	size_t lf = span_find(*in, '\n');
	size_t len = lf < in->len ? lf + 1 : lf;

	emit_body(scan, span_slice(*in, 0, len));
	scan->mid_line = lf == in->len;
	*in = span_from(*in, len);
}

/* Take what can be taken of a body; *in becomes shorter. */
static void
feed_body(struct mime_scan *scan, struct span *in)
{
	size_t run, lf;

	if (scan->depth == 0 && !scan->options.wants_lines && scan->line.len == 0) {
		emit_body(scan, *in);
		*in = span_from(*in, in->len);
		return;
	}
	if (scan->line.len > 0 || (scan->mid_line && scan->options.wants_lines)) {
		feed_kept(scan, in);
		return;
	}
	if (scan->mid_line) {
		feed_mid_line(scan, in);
		return;
	}
	run = plain_run(scan, *in);
	emit_body(scan, span_slice(*in, 0, run));
	*in = span_from(*in, run);
	if (in->len == 0 || (scan->options.wants_lines && run > 0))
		return;
	lf = span_find(*in, '\n');
	if (lf < in->len &&
	    lf < (scan->options.wants_lines ? scan->options.line_limit : scan->line.max)) {
		struct span line = span_slice(*in, 0, lf + 1);

		*in = span_from(*in, lf + 1);
		if (!take_boundary(scan, line))
			emit_body(scan, line);
	} else if (scan->options.wants_lines || lf < in->len) {
		feed_kept(scan, in);
	} else {
		keep_start(scan, *in);
		*in = span_from(*in, in->len);
	}
}

void
mime_scan_feed(struct mime_scan *scan, struct span bytes)
{
	while (bytes.len > 0) {
		if (scan->in_head)
			(void) feed_head(scan, &bytes);
		else
			feed_body(scan, &bytes);
	}
}

void
mime_scan_finish(struct mime_scan *scan)
{
	struct span rest = str_span(&scan->line);

	if (scan->in_head && rest.len > 0)
		take_head_line(scan, rest);
	else if (rest.len > 0 &&
	    !(scan->depth > 0 && is_dashed(rest) && !scan->mid_line && take_boundary(scan, rest)))
		emit_body(scan, rest);
	str_clear(&scan->line);
	if (scan->in_head)
		end_head(scan, MIME_END_CUT);
}

unsigned
mime_scan_faults(const struct mime_scan *scan)
{
	return scan->faults;
}

bool
mime_scan_has_8bit_header(const struct mime_scan *scan)
{
	return scan->has_8bit_header;
}

bool
mime_scan_has_8bit_body(const struct mime_scan *scan)
{
	return scan->has_8bit_body;
}

const char *
mime_fault_text(unsigned faults)
{
	if ((faults & MIME_FAULT_NESTING) != 0)
		return "MIME nesting exceeds safety limit";
	if ((faults & MIME_FAULT_LONG_HEADER) != 0)
		return "message header length exceeds safety limit";
	if ((faults & MIME_FAULT_8BIT_HEADER) != 0)
		return "improper use of 8-bit data in message header";
	if ((faults & MIME_FAULT_8BIT_BODY) != 0)
		return "improper use of 8-bit data in message body";
	if ((faults & MIME_FAULT_ENCODING) != 0)
		return "invalid message/* or multipart/* encoding domain";
	return NULL;
}
