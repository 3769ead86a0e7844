/* SPDX-License-Identifier: ISC */
/*
 * Content conversion. The scan looks for line ends with memchr(3) and copies runs of whole lines,
 * so
 * that the cost per byte is that of two passes of the C library. What is kept between blocks is
 * whether a line is under way and how the line before ended. A final CR is never used before the
 * byte behind it has been seen.
 */
#include "smtpd/smtpd/smtpd_data.h"

void
data_init(struct data_state *state, bool allows_bare_end)
{
	*state = (struct data_state){ .keeps_bare_lf_dots = allows_bare_end };
}

int64_t
data_total(const struct data_state *state)
{
	return state->bytes + (state->in_line ? 2 : 0);
}

/* Take note of a line end: count it as CR LF, remember its kind. */
static void
data_end_line(struct data_state *state, size_t text_bytes, bool is_crlf)
{
	state->bytes += (int64_t) text_bytes + 2;
	state->in_line = false;
	state->after_bare_lf = !is_crlf;
	state->saw_bare_lf |= !is_crlf;
}

/* Text of a line that goes on in the next block. */
static size_t
data_take_part(struct data_state *state, struct span in, struct str *out)
{
	size_t len = in.len;

	if (len > 0 && in.p[len - 1] == '\r')
		len--;
	if (len == 0)
		return 0;
	str_add(out, span_make(in.p, len));
	state->bytes += (int64_t) len;
	state->in_line = true;
	return len;
}

/* The line at in.p, which ends at lf: its text without CR, and whether there was one. */
static struct span
data_line_text(struct span in, const char *lf, bool *is_crlf_out)
{
	size_t len = (size_t) (lf - in.p);

	*is_crlf_out = len > 0 && in.p[len - 1] == '\r';
	return span_make(in.p, *is_crlf_out ? len - 1 : len);
}

/* A whole line (or the end of one) into out. */
static void
data_put_line(struct data_state *state, struct span text, bool is_crlf, struct str *out)
{
	str_add(out, text);
	str_add_char(out, '\n');
	data_end_line(state, text.len, is_crlf);
}

/*
 * A line of one dot ends the content: only between true line ends, or between any where those
 * count.
 */
static bool
data_is_final(const struct data_state *state, struct span text, bool is_crlf)
{
	if (text.len != 1 || text.p[0] != '.')
		return false;
	return state->keeps_bare_lf_dots || (is_crlf && !state->after_bare_lf);
}

/*
 * The dot that the sender put in front of a line that begins with one. A lone dot that ended
 * nothing stays.
 */
static struct span
data_unstuff(struct span text)
{
	return text.len > 1 && text.p[0] == '.' ? span_from(text, 1) : text;
}

/* The beginning of an unfinished line: it may be the final dot, so up to ".\r" must wait. */
static size_t
data_take_start(struct data_state *state, struct span in, struct str *out)
{
	size_t stuffed = in.len > 0 && in.p[0] == '.' ? 1 : 0;
	size_t used;

	if (stuffed && (in.len == 1 || (in.len == 2 && in.p[1] == '\r')))
		return 0;
	used = data_take_part(state, span_from(in, stuffed), out);
	return used == 0 ? 0 : used + stuffed;
}

enum data_end
data_convert(struct data_state *state, struct span in, size_t *used_out, struct str *out)
{
	const char *end = in.p + in.len, *lf;
	struct span rest = in;

	while (rest.len > 0 && (lf = memchr(rest.p, '\n', rest.len)) != NULL) {
		bool is_crlf;
		struct span text = data_line_text(rest, lf, &is_crlf);

		rest = span_make(lf + 1, (size_t) (end - lf - 1));
		if (state->in_line) {
			data_put_line(state, text, is_crlf, out);
			continue;
		}
		if (data_is_final(state, text, is_crlf)) {
			*used_out = in.len - rest.len;
			return DATA_END;
		}
		data_put_line(state, data_unstuff(text), is_crlf, out);
	}
	if (rest.len > 0)
		rest = span_from(rest,
		    state->in_line ? data_take_part(state, rest, out)
				   : data_take_start(state, rest, out));
	*used_out = in.len - rest.len;
	return DATA_MORE;
}

/* The CR that ended the block before: half of a line end, or a stray one. */
static struct span
data_settle_cr(struct data_state *state, struct span in, struct str *out)
{
	if (!state->has_cr || in.len == 0)
		return in;
	state->has_cr = false;
	if (in.p[0] == '\n') {
		data_put_line(state, span_make(NULL, 0), true, out);
		return span_from(in, 1);
	}
	str_add_char(out, '\r');
	state->bytes++;
	state->in_line = true;
	return in;
}

void
data_convert_chunk(struct data_state *state, struct span in, bool is_last, struct str *out)
{
	const char *end = in.p + in.len, *lf;
	struct span rest = data_settle_cr(state, in, out);

	while (rest.len > 0 && (lf = memchr(rest.p, '\n', rest.len)) != NULL) {
		bool is_crlf;
		struct span text = data_line_text(rest, lf, &is_crlf);

		rest = span_make(lf + 1, (size_t) (end - lf - 1));
		data_put_line(state, text, is_crlf, out);
	}
	state->has_cr |= data_take_part(state, rest, out) < rest.len;
	if (is_last && state->has_cr) {
		str_add_char(out, '\r');
		state->bytes++;
		state->has_cr = false;
	}
}
