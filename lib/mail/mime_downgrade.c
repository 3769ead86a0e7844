/* SPDX-License-Identifier: ISC */
/*
 * The 8-bit to 7-bit filter, on the events of mime_scan. Which encoding a part gets is known when
 * its header ends, so the old field is dropped and a new one is written last.
 */
#include "lib/mail/mime_downgrade.h"

#include "lib/base/panic.h"

enum { QP_LINE_MAX = 76, OUT_FLUSH = 8192 };

struct mime_downgrade {
	struct mime_scan *scan;
	void (*sink)(void *ctx, struct span bytes);
	void *ctx;
	struct str out; /* gathered output of the encoder */
	bool assume_8bit;
	bool has_mime_version, has_type;
	bool is_encoding; /* the body at hand is being converted */
	size_t column;
	char blank; /* a blank whose fate the next byte decides, or NUL */
};

static void
write_text(struct mime_downgrade *f, const char *text)
{
	f->sink(f->ctx, span_of(text));
}

static void
flush(struct mime_downgrade *f)
{
	if (f->out.len > 0)
		f->sink(f->ctx, str_span(&f->out));
	str_clear(&f->out);
}

/* Put one piece of a quoted-printable line, after a soft break where it would not fit. */
static void
put(struct mime_downgrade *f, const char *piece, size_t len)
{
	if (f->column + len > QP_LINE_MAX - 1) {
		(void) str_add(&f->out, SPAN("=\n"));
		f->column = 0;
	}
	(void) str_add(&f->out, span_make(piece, len));
	f->column += len;
}

static void
put_escape(struct mime_downgrade *f, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	char piece[3] = { '=', digits[(unsigned char) c >> 4], digits[(unsigned char) c & 15] };

	put(f, piece, sizeof(piece));
}

/* The blank that was held back: literal inside a line, encoded at its end. */
static void
put_blank(struct mime_downgrade *f, bool is_last)
{
	if (f->blank == '\0')
		return;
	if (is_last)
		put_escape(f, f->blank);
	else
		put(f, &f->blank, 1);
	f->blank = '\0';
}

static void
encode_byte(struct mime_downgrade *f, char c)
{
	put_blank(f, c == '\n');
	if (c == '\n') {
		(void) str_add_char(&f->out, '\n');
		f->column = 0;
	} else if (ascii_is_wsp(c)) {
		f->blank = c;
	} else if (ascii_is_print(c) && c != '=') {
		put(f, &c, 1);
	} else {
		put_escape(f, c);
	}
}

static void
on_body(void *ctx, struct span bytes)
{
	struct mime_downgrade *f = ctx;

	if (!f->is_encoding) {
		f->sink(f->ctx, bytes);
		return;
	}
	for (size_t i = 0; i < bytes.len; i++) {
		encode_byte(f, bytes.p[i]);
		if (f->out.len > OUT_FLUSH)
			flush(f);
	}
	flush(f);
}

/* The body at hand has ended. */
static void
end_encoding(struct mime_downgrade *f)
{
	if (f->is_encoding)
		put_blank(f, true);
	flush(f);
	f->is_encoding = false;
	f->column = 0;
}

static void
on_boundary(void *ctx, struct span line)
{
	struct mime_downgrade *f = ctx;

	end_encoding(f);
	f->sink(f->ctx, line);
}

static void
on_header(void *ctx, enum mime_head head, const struct header_field *field)
{
	struct mime_downgrade *f = ctx;
	enum mime_encoding encoding;

	f->has_mime_version |= head != MIME_PART && field->id == HEADER_MIME_VERSION;
	f->has_type |= field->id == HEADER_CONTENT_TYPE;
	if (field->id == HEADER_CONTENT_TRANSFER_ENCODING) {
		encoding = mime_encoding_of(field->value);
		if (encoding == MIME_8BIT || encoding == MIME_BINARY)
			return;
	}
	f->sink(f->ctx, field->raw);
	write_text(f, "\n");
}

static void
on_head_end(void *ctx, enum mime_head head, enum mime_head_end how, const struct mime_kind *kind)
{
	struct mime_downgrade *f = ctx;
	bool is_composite = kind->is_multipart || kind->is_message;
	bool says_8bit = kind->encoding == MIME_8BIT || kind->encoding == MIME_BINARY;
	bool is_guess = f->assume_8bit && !kind->has_encoding && !is_composite;

	f->is_encoding = !is_composite && (says_8bit || is_guess);
	if (is_guess && head != MIME_PART && !f->has_mime_version)
		write_text(f, "MIME-Version: 1.0\n");
	if (is_guess && !f->has_type)
		write_text(f, "Content-Type: text/plain; charset=unknown-8bit\n");
	if (f->is_encoding)
		write_text(f, "Content-Transfer-Encoding: quoted-printable\n");
	else if (says_8bit)
		write_text(f, "Content-Transfer-Encoding: 7bit\n");
	if (how != MIME_END_CUT)
		write_text(f, "\n");
	f->has_mime_version = f->has_type = false;
}

static const struct mime_events events = {
	.header = on_header,
	.head_end = on_head_end,
	.body = on_body,
	.boundary = on_boundary,
};

struct mime_downgrade *
mime_downgrade_new(const struct mime_options *options, bool assume_8bit,
    void (*sink)(void *ctx, struct span bytes), void *ctx)
{
	struct mime_downgrade *f = xcalloc(1, sizeof(*f));

	f->sink = sink;
	f->ctx = ctx;
	f->assume_8bit = assume_8bit;
	str_init(&f->out, OUT_FLUSH * 2);
	f->scan = mime_scan_new(options, &events, f);
	return f;
}

void
mime_downgrade_free(struct mime_downgrade **filter)
{
	if (*filter == NULL)
		return;
	mime_scan_free(&(*filter)->scan);
	str_fini(&(*filter)->out);
	free(*filter);
	*filter = NULL;
}

void
mime_downgrade_feed(struct mime_downgrade *filter, struct span bytes)
{
	mime_scan_feed(filter->scan, bytes);
}

void
mime_downgrade_finish(struct mime_downgrade *filter)
{
	mime_scan_finish(filter->scan);
	end_encoding(filter);
}
