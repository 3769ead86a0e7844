/* SPDX-License-Identifier: ISC */
/*
 * Modified UTF-7: printable ASCII stands for itself, "&" is "&-", everything else is UTF-16 in a
 * base64 with "," for "/", between "&" and "-". A name has one form only, so that two spellings
 * cannot name one mailbox.
 */
#include "lib/mail/utf7.h"

#include "lib/base/encode.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* ---- Bits ---- */

/* Between octets or UTF-16 units and base64 digits: bits that wait. */
struct bits {
	uint32_t value;
	unsigned count;
};

static void
put_unit(struct str *out, struct bits *bits, unsigned unit)
{
	bits->value = bits->value << 16 | unit;
	bits->count += 16;
	while (bits->count >= 6) {
		bits->count -= 6;
		(void) str_add_char(out, digits[bits->value >> bits->count & 63]);
	}
	bits->value &= (1u << bits->count) - 1;
}

static void
put_rest(struct str *out, const struct bits *bits)
{
	if (bits->count > 0)
		(void) str_add_char(out, digits[bits->value << (6 - bits->count) & 63]);
}

/* ---- Encoding ---- */

/* Take one character of valid UTF-8. */
static uint32_t
take_char(struct span *in)
{
	unsigned char first = (unsigned char) in->p[0];
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t c = len == 1 ? first : first & (0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char) in->p[i] & 0x3f);
	*in = span_from(*in, len);
	return c;
}

/* The run of characters that cannot stand for themselves. */
static void
encode_run(struct str *out, struct span *in)
{
	struct bits bits = { 0, 0 };

	(void) str_add_char(out, '&');
	while (in->len > 0 && !ascii_is_print(in->p[0])) {
		uint32_t c = take_char(in);

		if (c >= 0x10000) {
			put_unit(out, &bits, 0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		put_unit(out, &bits, c);
	}
	put_rest(out, &bits);
	(void) str_add_char(out, '-');
}

enum parse
utf7_encode(struct str *out, struct span utf8)
{
	if (!utf8_is_valid(utf8) || span_has_nul(utf8))
		return PARSE_BAD;
	while (utf8.len > 0) {
		if (!ascii_is_print(utf8.p[0])) {
			encode_run(out, &utf8);
			continue;
		}
		(void) str_add_char(out, utf8.p[0]);
		if (utf8.p[0] == '&')
			(void) str_add_char(out, '-');
		utf8 = span_from(utf8, 1);
	}
	return PARSE_OK;
}

/* ---- Decoding ---- */

static void
add_char(struct str *out, uint32_t c)
{
	if (c < 0x800) {
		(void) str_add_char(out, (char) (0xc0 | c >> 6));
	} else if (c < 0x10000) {
		(void) str_add_char(out, (char) (0xe0 | c >> 12));
		(void) str_add_char(out, (char) (0x80 | (c >> 6 & 0x3f)));
	} else {
		(void) str_add_char(out, (char) (0xf0 | c >> 18));
		(void) str_add_char(out, (char) (0x80 | (c >> 12 & 0x3f)));
		(void) str_add_char(out, (char) (0x80 | (c >> 6 & 0x3f)));
	}
	(void) str_add_char(out, (char) (0x80 | (c & 0x3f)));
}

/* One UTF-16 unit; *high is the first half of a pair, or 0. false: no character. */
static bool
take_unit(struct str *out, uint32_t unit, uint32_t *high)
{
	bool is_low = unit >= 0xdc00 && unit <= 0xdfff;

	if (is_low != (*high != 0))
		return false;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
		return true;
	}
	if (is_low)
		unit = 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00);
	else if (unit == 0 || (unit >= 0x20 && unit < 0x7f))
		return false;
	*high = 0;
	if (unit < 0x80)
		(void) str_add_char(out, (char) unit);
	else
		add_char(out, unit);
	return true;
}

/* The base64 between "&" and "-". */
static bool
decode_run(struct str *out, struct span base64)
{
	struct bits bits = { 0, 0 };
	uint32_t high = 0;

	for (size_t i = 0; i < base64.len; i++) {
		const char *digit = base64.p[i] != '\0' ? strchr(digits, base64.p[i]) : NULL;

		if (digit == NULL)
			return false;
		bits.value = bits.value << 6 | (uint32_t) (digit - digits);
		bits.count += 6;
		if (bits.count < 16)
			continue;
		bits.count -= 16;
		if (!take_unit(out, bits.value >> bits.count & 0xffff, &high))
			return false;
		bits.value &= (1u << bits.count) - 1;
	}
	return high == 0 && bits.count < 6 && bits.value == 0;
}

enum parse
utf7_decode(struct str *out, struct span utf7)
{
	bool after_run = false;

	if (!span_is_printable(utf7))
		return PARSE_BAD;
	while (utf7.len > 0) {
		size_t plain = span_find(utf7, '&'), end;

		(void) str_add(out, span_slice(utf7, 0, plain));
		after_run &= plain == 0;
		if (plain == utf7.len)
			break;
		utf7 = span_from(utf7, plain + 1);
		end = span_find(utf7, '-');
		if (end == utf7.len)
			return PARSE_BAD;
		if (end == 0)
			(void) str_add_char(out, '&');
		else if (after_run || !decode_run(out, span_slice(utf7, 0, end)))
			return PARSE_BAD;
		after_run = end > 0;
		utf7 = span_from(utf7, end + 1);
	}
	return PARSE_OK;
}
