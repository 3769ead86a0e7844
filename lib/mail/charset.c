/* SPDX-License-Identifier: ISC */
/* The charsets that need no more than a table of 32 entries. */
#include "lib/mail/charset.h"

#include "lib/base/encode.h"

enum { NO_CHAR = 0xfffd };

/* Windows-1252, 0x80 to 0x9f */
/* clang-format off */
static const uint16_t windows_1252[32] = {
	0x20ac, NO_CHAR, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, NO_CHAR, 0x017d, NO_CHAR,
	NO_CHAR, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, NO_CHAR, 0x017e, 0x0178,
};
/* clang-format on */

static unsigned
from_windows_1252(unsigned char c)
{
	return c >= 0x80 && c < 0xa0 ? windows_1252[c - 0x80] : c;
}

/* ISO-8859-15 differs from ISO-8859-1 in eight places. */
static unsigned
from_latin9(unsigned char c)
{
	switch (c) {
	case 0xa4:
		return 0x20ac;
	case 0xa6:
		return 0x160;
	case 0xa8:
		return 0x161;
	case 0xb4:
		return 0x17d;
	case 0xb8:
		return 0x17e;
	case 0xbc:
		return 0x152;
	case 0xbd:
		return 0x153;
	case 0xbe:
		return 0x178;
	default:
		return c;
	}
}

static unsigned
from_ascii(unsigned char c)
{
	return c < 0x80 ? c : NO_CHAR;
}

static const struct charset {
	const char *name;
	unsigned (*decode)(unsigned char c);
} charsets[] = {
	{ "us-ascii", from_ascii },
	{ "ascii", from_ascii },
	{ "iso-8859-1", from_windows_1252 },
	{ "latin1", from_windows_1252 },
	{ "windows-1252", from_windows_1252 },
	{ "cp1252", from_windows_1252 },
	{ "iso-8859-15", from_latin9 },
	{ "latin9", from_latin9 },
};

/* One character below U+10000. */
static void
add_char(struct str *out, unsigned c)
{
	char bytes[3];
	size_t len = 0;

	if (c < 0x80) {
		bytes[len++] = (char) c;
	} else {
		if (c < 0x800) {
			bytes[len++] = (char) (0xc0 | c >> 6);
		} else {
			bytes[len++] = (char) (0xe0 | c >> 12);
			bytes[len++] = (char) (0x80 | (c >> 6 & 63));
		}
		bytes[len++] = (char) (0x80 | (c & 63));
	}
	(void) str_add(out, span_make(bytes, len));
}

/*
 * Length of the longest valid UTF-8 at the start of at most four bytes, as one character; 0 for
 * none.
 */
static size_t
char_len(struct span text)
{
	for (size_t len = 1; len <= 4 && len <= text.len; len++)
		if (utf8_is_valid(span_slice(text, 0, len)))
			return len;
	return 0;
}

bool
charset_repair_utf8(struct str *out, struct span text)
{
	if (utf8_is_valid(text)) {
		(void) str_add(out, text);
		return true;
	}
	while (text.len > 0) {
		size_t len = char_len(text);

		if (len == 0)
			add_char(out, NO_CHAR);
		else
			(void) str_add(out, span_slice(text, 0, len));
		text = span_from(text, len == 0 ? 1 : len);
	}
	return false;
}

enum charset_result
charset_to_utf8(struct str *out, struct span charset, struct span text)
{
	bool is_broken = false;

	if (span_eq_str_ci(charset, "utf-8") || span_eq_str_ci(charset, "utf8"))
		return charset_repair_utf8(out, text) ? CHARSET_OK : CHARSET_BROKEN;
	for (size_t i = 0; i < COUNT_OF(charsets); i++) {
		if (!span_eq_str_ci(charset, charsets[i].name))
			continue;
		for (size_t j = 0; j < text.len; j++) {
			unsigned c = charsets[i].decode((unsigned char) text.p[j]);

			is_broken |= c == NO_CHAR;
			add_char(out, c);
		}
		return is_broken ? CHARSET_BROKEN : CHARSET_OK;
	}
	return CHARSET_UNKNOWN;
}
