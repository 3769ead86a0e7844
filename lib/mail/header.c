/* SPDX-License-Identifier: ISC */
/*
 * Header fields. Line ends are LF; a CR is an ordinary byte here, made harmless by whoever took it
 * in.
 */
#include "lib/mail/header.h"

static const struct header_row {
	const char *name;
	unsigned flags;
} rows[HEADER_ID_COUNT] = { [HEADER_OTHER] = { "", 0 },
#define HEADER_ROW(ID, NAME, FLAGS) [HEADER_##ID] = { NAME, FLAGS },
	HEADER_TABLE(HEADER_ROW)
#undef HEADER_ROW
};

enum header_id
header_lookup(struct span name, unsigned *flags_out)
{
	size_t low = HEADER_OTHER + 1, high = HEADER_ID_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = span_cmp_ci(name, span_of(rows[middle].name));

		if (order == 0) {
			*flags_out = rows[middle].flags;
			return (enum header_id) middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*flags_out = 0;
	return HEADER_OTHER;
}

const char *
header_name(enum header_id id)
{
	return rows[id].name;
}

/* field-name = 1*ftext; obsolete syntax has blanks before the colon */
enum parse
header_split(struct span raw, struct header_field *field_out)
{
	size_t colon, len = 0;

	while (len < raw.len && raw.p[len] > ' ' && raw.p[len] < 0x7f && raw.p[len] != ':')
		len++;
	colon = len + span_run(span_from(raw, len), " \t");
	if (len == 0 || colon >= raw.len || raw.p[colon] != ':')
		return PARSE_BAD;
	field_out->raw = raw;
	field_out->name = span_slice(raw, 0, len);
	field_out->value = span_from(raw, colon + 1);
	field_out->id = header_lookup(field_out->name, &field_out->flags);
	return PARSE_OK;
}

/* Length of the logical line at the start, with all its LFs but the last. */
static size_t
logical_len(struct span block)
{
	size_t end = span_find(block, '\n');

	while (end + 1 < block.len && ascii_is_wsp(block.p[end + 1]))
		end += 1 + span_find(span_from(block, end + 1), '\n');
	return end < block.len ? end : block.len;
}

enum parse
header_next(struct span *block, struct header_field *field_out)
{
	size_t len;

	if (block->len == 0)
		return PARSE_MORE;
	if (block->p[0] == '\n') {
		*block = span_from(*block, 1);
		return PARSE_MORE;
	}
	len = logical_len(*block);
	if (header_split(span_slice(*block, 0, len), field_out) != PARSE_OK)
		return PARSE_BAD;
	*block = span_from(*block, len + 1);
	return PARSE_OK;
}

bool
header_unfold(struct str *out, struct span value)
{
	struct span line;

	value = span_trim(value);
	while (span_cut(&value, '\n', &line)) {
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		if (!str_add(out, line))
			return false;
	}
	return true;
}

/*
 * Where to break a long line: the last blank up to width, else the first one behind it, else hard.
 */
static size_t
fold_at(struct span line, size_t width, size_t hard)
{
	size_t from = 1 + span_run(span_from(line, 1), " \t");
	size_t solid = line.len; /* without blanks at the end: those get no line of their own */

	while (solid > 0 && ascii_is_wsp(line.p[solid - 1]))
		solid--;
	for (size_t i = width; i > from; i--)
		if (ascii_is_wsp(line.p[i]))
			return i;
	for (size_t i = width > from ? width : from; i < solid && i < hard; i++)
		if (ascii_is_wsp(line.p[i]))
			return i;
	return line.len > hard ? hard : line.len;
}

static bool
fold_line(struct str *out, struct span line, size_t width, size_t hard)
{
	while (line.len > width) {
		size_t at = fold_at(line, width, hard);

		if (!str_add(out, span_slice(line, 0, at)))
			return false;
		line = span_from(line, at);
		if (line.len == 0)
			return true;
		if (!str_add_str(out, ascii_is_wsp(line.p[0]) ? "\n" : "\n "))
			return false;
	}
	return str_add(out, line);
}

bool
header_fold(struct str *out, struct span raw, size_t width, size_t hard)
{
	struct span line;

	while (span_cut(&raw, '\n', &line))
		if (!fold_line(out, line, width, hard) ||
		    (raw.p != NULL && !str_add_char(out, '\n')))
			return false;
	return true;
}
