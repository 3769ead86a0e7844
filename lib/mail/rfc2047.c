/* SPDX-License-Identifier: ISC */
/*
 * Encoded words. Decoding joins the bytes of neighbouring words of one charset before they are
 * converted, since senders cut characters in two.
 */
#include "lib/mail/rfc2047.h"

#include "lib/base/encode.h"

enum {
	WORD_MAX = 75,        /* RFC 2047 2 */
	WORD_READ_MAX = 4000, /* what senders make of that */
};

struct word {
	struct span charset, text; /* charset without a language */
	char encoding;             /* 'q' or 'b' */
	size_t len;                /* of the whole word in the input */
};

/* encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" */
static bool
read_word(struct span in, struct word *word_out)
{
	struct span rest, encoding;
	size_t end;

	in = span_slice(in, 0, WORD_READ_MAX);
	rest = span_from(in, 2);
	if (!span_starts_with(in, SPAN("=?")) || span_find(rest, '?') == rest.len)
		return false;
	(void) span_cut(&rest, '?', &word_out->charset);
	if (span_find(rest, '?') == rest.len)
		return false;
	(void) span_cut(&rest, '?', &encoding);
	end = span_search(rest, SPAN("?="));
	if (end == rest.len || encoding.len != 1 ||
	    span_find_any(span_slice(rest, 0, end), " \t\r\n?") != end)
		return false;
	word_out->encoding = ascii_lower(encoding.p[0]);
	word_out->text = span_slice(rest, 0, end);
	word_out->len = (size_t) (rest.p - in.p) + end + 2;
	word_out->charset = span_slice(word_out->charset, 0, span_find(word_out->charset, '*'));
	return word_out->charset.len > 0 &&
	    (word_out->encoding == 'q' || word_out->encoding == 'b');
}

/* The Q encoding: "_" is a blank, the rest is as in quoted-printable. */
static bool
decode_q(struct str *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i] == '_' ? ' ' : text.p[i];

		if (c == '=') {
			if (hex_decode(out, span_slice(text, i + 1, i + 3)) != PARSE_OK ||
			    i + 2 >= text.len)
				return false;
			i += 2;
		} else if (!str_add_char(out, c)) {
			return false;
		}
	}
	return true;
}

/* Base64, with or without its padding. */
static bool
decode_b(struct str *out, struct span text)
{
	CLEANUP(str_fini) struct str padded = { .max = text.len + 4 };

	text = span_trim_set(text, "=");
	(void) str_add(&padded, text);
	while (padded.len % 4 != 0)
		(void) str_add_char(&padded, '=');
	return base64_decode(out, str_span(&padded)) == PARSE_OK;
}

static bool
decode_word(struct str *out, const struct word *word)
{
	size_t start = out->len;

	if (word->encoding == 'q' ? decode_q(out, word->text) : decode_b(out, word->text))
		return true;
	str_truncate(out, start);
	return false;
}

struct decoding {
	struct str *out;
	struct str bytes;    /* decoded, not yet converted */
	struct span charset; /* of bytes */
	struct span raw;     /* the words they came from */
	const struct charset_more *more;
};

/* No line end or other control character may come out of an encoded word. */
static void
soften(struct str *out, size_t start)
{
	for (size_t i = start; i < out->len; i++)
		if ((unsigned char) out->p[i] < ' ' && out->p[i] != '\t')
			out->p[i] = ' ';
}

/*
 * Convert what was gathered. An unknown charset leaves the words as they are, unless all of it is
 * printable ASCII, which is the same in nearly all of them.
 */
static void
flush_bytes(struct decoding *d)
{
	size_t start = d->out->len;
	enum charset_result result;

	if (d->raw.p == NULL)
		return;
	result = charset_to_utf8(d->out, d->charset, str_span(&d->bytes));
	if (result == CHARSET_UNKNOWN && d->more != NULL)
		result = d->more->convert(d->more->ctx, d->out, d->charset, str_span(&d->bytes));
	if (result == CHARSET_UNKNOWN && span_is_printable(str_span(&d->bytes)))
		(void) str_add(d->out, str_span(&d->bytes));
	else if (result == CHARSET_UNKNOWN)
		(void) charset_repair_utf8(d->out, d->raw);
	soften(d->out, start);
	str_clear(&d->bytes);
	d->raw = span_make(NULL, 0);
}

/*
 * Add a word behind others of its charset, or begin anew; blanks between them are dropped either
 * way.
 */
static bool
gather_word(struct decoding *d, const struct word *word, const char *at)
{
	bool joins = d->raw.p != NULL && span_eq_ci(d->charset, word->charset);

	if (!joins)
		flush_bytes(d);
	if (!decode_word(&d->bytes, word))
		return false;
	d->charset = word->charset;
	if (!joins)
		d->raw.p = at;
	d->raw.len = (size_t) (at - d->raw.p) + word->len;
	return true;
}

bool
rfc2047_decode(struct str *out, struct span in, const struct charset_more *more)
{
	struct decoding d = { .out = out, .bytes = { .max = in.len + 4 }, .more = more };
	struct word word;

	while (in.len > 0) {
		size_t blanks = d.raw.p != NULL ? span_run(in, " \t\r\n") : 0;
		struct span at = span_from(in, blanks);
		size_t next;

		if (read_word(at, &word) && gather_word(&d, &word, at.p)) {
			in = span_from(at, word.len);
			continue;
		}
		flush_bytes(&d);
		next = 1 + span_search(span_from(in, 1), SPAN("=?"));
		(void) charset_repair_utf8(out, span_slice(in, 0, next));
		in = span_from(in, next);
	}
	flush_bytes(&d);
	str_fini(&d.bytes);
	return !out->overflowed;
}

/* Bytes that stand for themselves in a Q word. */
static bool
is_q_plain(char c, bool is_phrase)
{
	if (is_phrase)
		return ascii_is_alnum(c) || (c != '\0' && strchr("!*+-/", c) != NULL);
	return ascii_is_print(c) && strchr("=?_ ", c) == NULL;
}

/* How many bytes of input the UTF-8 character at the start has; 1 for what is none. */
static size_t
utf8_len(struct span text)
{
	unsigned char lead = (unsigned char) text.p[0];
	size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

	return len <= text.len ? len : 1;
}

static size_t
q_width(struct span piece, bool is_phrase)
{
	size_t width = 0;

	for (size_t i = 0; i < piece.len; i++)
		width += piece.p[i] == ' ' || is_q_plain(piece.p[i], is_phrase) ? 1 : 3;
	return width;
}

static void
add_q(struct str *out, struct span piece, bool is_phrase)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < piece.len; i++) {
		unsigned char c = (unsigned char) piece.p[i];

		if (c == ' ')
			(void) str_add_char(out, '_');
		else if (is_q_plain(piece.p[i], is_phrase))
			(void) str_add_char(out, piece.p[i]);
		else
			(void) str_addf(out, "=%c%c", digits[c >> 4], digits[c & 15]);
	}
}

bool
rfc2047_encode(struct str *out, struct span text, struct span charset, bool is_phrase)
{
	const size_t room = WORD_MAX - strlen("=?" "?Q?" "?=") - charset.len;
	bool is_utf8 = span_eq_str_ci(charset, "utf-8");
	size_t used = 0;

	if (charset.len > RFC2047_CHARSET_MAX)
		return false;
	if (span_is_printable(text) && span_search(text, SPAN("=?")) == text.len)
		return str_add(out, text);
	(void) str_addf(out, "=?%.*s?Q?", SPAN_ARG(charset));
	while (text.len > 0) {
		struct span piece = span_slice(text, 0, is_utf8 ? utf8_len(text) : 1);
		size_t width = q_width(piece, is_phrase);

		if (used + width > room) {
			(void) str_addf(out, "?= =?%.*s?Q?", SPAN_ARG(charset));
			used = 0;
		}
		add_q(out, piece, is_phrase);
		used += width;
		text = span_from(text, piece.len);
	}
	return str_add_str(out, "?=") && !out->overflowed;
}

static bool
is_atom_text(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_alnum(text.p[i]) &&
		    (text.p[i] == '\0' || strchr(" !#$%&'*+-/=?^_`{|}~", text.p[i]) == NULL))
			return false;
	return text.len > 0 && text.p[0] != ' ' && text.p[text.len - 1] != ' ';
}

bool
rfc2047_phrase(struct str *out, struct span text, struct span charset)
{
	if (!span_is_printable(text) || span_search(text, SPAN("=?")) != text.len)
		return rfc2047_encode(out, text, charset, true);
	if (is_atom_text(text))
		return str_add(out, text);
	(void) str_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			(void) str_add_char(out, '\\');
		(void) str_add_char(out, text.p[i]);
	}
	return str_add_char(out, '"') && !out->overflowed;
}
