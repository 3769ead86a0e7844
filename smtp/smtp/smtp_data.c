/* SPDX-License-Identifier: ISC */
/* The form of a message on the line. One pass: each line is found by memchr(3) and copied once. */
#include "smtp/smtp/smtp_data.h"

void
smtp_text_init(
    struct smtp_text *t, size_t line_limit, void (*sink)(void *ctx, struct span bytes), void *ctx)
{
	*t = (struct smtp_text){
		.line_limit = line_limit, .has_dots = true, .sink = sink, .ctx = ctx
	};
	str_init(&t->out, SMTP_TEXT_PIECE);
}

void
smtp_text_fini(struct smtp_text *t)
{
	str_fini(&t->out);
}

static void
give(struct smtp_text *t)
{
	if (t->out.len > 0)
		t->sink(t->ctx, str_span(&t->out));
	str_clear(&t->out);
}

/* Append; bytes is at most half of what fits. */
static void
put(struct smtp_text *t, struct span bytes)
{
	if (t->out.len + bytes.len > SMTP_TEXT_PIECE)
		give(t);
	while (bytes.len > SMTP_TEXT_PIECE) {
		t->sink(t->ctx, span_slice(bytes, 0, SMTP_TEXT_PIECE));
		bytes = span_from(bytes, SMTP_TEXT_PIECE);
	}
	(void) str_add(&t->out, bytes);
}

/* Bytes without CR and LF of the current line. */
static void
put_clean(struct smtp_text *t, struct span bytes)
{
	while (t->line_limit > 0 && t->line + bytes.len > t->line_limit) {
		size_t room = t->line_limit - t->line;

		put(t, span_slice(bytes, 0, room));
		put(t, SPAN("\r\n "));
		bytes = span_from(bytes, room);
		t->line = 1;
		t->is_folded = true;
	}
	put(t, bytes);
	t->line += bytes.len;
}

/* A part of a line, without its LF. */
static void
put_part(struct smtp_text *t, struct span bytes)
{
	size_t cr;

	if (t->line == 0 && t->has_dots && bytes.len > 0 && bytes.p[0] == '.')
		put(t, SPAN("."));
	while ((cr = span_find(bytes, '\r')) < bytes.len) {
		put_clean(t, span_slice(bytes, 0, cr));
		put_clean(t, SPAN(" "));
		bytes = span_from(bytes, cr + 1);
	}
	put_clean(t, bytes);
}

void
smtp_text_add(struct smtp_text *t, struct span bytes)
{
	while (bytes.len > 0) {
		size_t end = span_find(bytes, '\n');

		put_part(t, span_slice(bytes, 0, end));
		if (end == bytes.len)
			return;
		put(t, SPAN("\r\n"));
		t->line = 0;
		bytes = span_from(bytes, end + 1);
	}
}

static void
end_line(struct smtp_text *t)
{
	if (t->line > 0)
		put(t, SPAN("\r\n"));
	t->line = 0;
}

void
smtp_text_flush(struct smtp_text *t)
{
	end_line(t);
	give(t);
}

void
smtp_text_finish(struct smtp_text *t)
{
	end_line(t);
	put(t, SPAN(".\r\n"));
	give(t);
}
