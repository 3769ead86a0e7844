/* SPDX-License-Identifier: ISC */
/* Text encodings and the checksum; vectors from RFC 4648 10, RFC 3720 B.4, RFC 2045 6.7. */
#include "t.h"

#include "lib/base/encode.h"

enum kind { BASE64, HEX, XTEXT, QP };

static bool
encode(enum kind kind, struct str *out, struct span in)
{
	switch (kind) {
	case BASE64:
		return base64_encode(out, in);
	case HEX:
		return hex_encode(out, in);
	case XTEXT:
		return xtext_encode(out, in);
	case QP:
		return qp_encode(out, in);
	}
	return false;
}

static enum parse
decode(enum kind kind, struct str *out, struct span in)
{
	switch (kind) {
	case BASE64:
		return base64_decode(out, in);
	case HEX:
		return hex_decode(out, in);
	case XTEXT:
		return xtext_decode(out, in);
	case QP:
		return qp_decode(out, in);
	}
	return PARSE_BAD;
}

static const struct pair_case {
	const char *name;
	enum kind kind;
	const char *plain, *coded;
} pair_cases[] = {
	{ .name = "base64 empty", .kind = BASE64, .plain = "", .coded = "" },
	{ .name = "base64 f", .kind = BASE64, .plain = "f", .coded = "Zg==" },
	{ .name = "base64 fo", .kind = BASE64, .plain = "fo", .coded = "Zm8=" },
	{ .name = "base64 foobar", .kind = BASE64, .plain = "foobar", .coded = "Zm9vYmFy" },
	{ .name = "base64 high", .kind = BASE64, .plain = "\xff\xfe\xfd", .coded = "//79" },
	{ .name = "hex", .kind = HEX, .plain = "\x01\xab", .coded = "01ab" },
	{ .name = "xtext plain", .kind = XTEXT, .plain = "user@example", .coded = "user@example" },
	{ .name = "xtext special", .kind = XTEXT, .plain = "a+b=c d\x7f",
	  .coded = "a+2Bb+3Dc+20d+7F" },
	{ .name = "qp plain", .kind = QP, .plain = "a b\nc\n", .coded = "a b\nc\n" },
	{ .name = "qp no final end", .kind = QP, .plain = "a\nb", .coded = "a\nb" },
	{ .name = "qp empty lines", .kind = QP, .plain = "\n\n", .coded = "\n\n" },
	{ .name = "qp trailing blank", .kind = QP, .plain = "a \nb\t\n", .coded = "a=20\nb=09\n" },
	{ .name = "qp escapes", .kind = QP, .plain = "\xe9=\r", .coded = "=E9=3D=0D" },
	{ .name = "qp 76 columns fit", .kind = QP,
	  .plain = "1234567890123456789012345678901234567890123456789012345678901234567890123456\n",
	  .coded = "1234567890123456789012345678901234567890123456789012345678901234567890123456\n" },
	{ .name = "qp 77 columns are broken", .kind = QP,
	  .plain = "12345678901234567890123456789012345678901234567890123456789012345678901234567\n",
	  .coded = "123456789012345678901234567890123456789012345678901234567890123456789012345=\n67\n" },
};

TEST(encode_pairs)
{
	EACH_CASE(t, c, pair_cases) {
		CLEANUP(str_fini) struct str out;

		str_init(&out, 1000);
		T_TRUE(t, encode(c->kind, &out, t_exact(t, c->plain)));
		T_STR(t, str_cstr(&out), c->coded);
		str_clear(&out);
		T_INT(t, decode(c->kind, &out, t_exact(t, c->coded)), PARSE_OK);
		T_STR(t, str_cstr(&out), c->plain);
	}
}

static const struct decode_case {
	const char *name;
	enum kind kind;
	const char *in, *want;
	enum parse result;
} decode_cases[] = {
	{ .name = "base64 short", .kind = BASE64, .in = "Zm9vY", .want = "foo",
	  .result = PARSE_BAD },
	{ .name = "base64 pad inside", .kind = BASE64, .in = "Zg==Zg==", .want = "",
	  .result = PARSE_BAD },
	{ .name = "base64 loose bits", .kind = BASE64, .in = "Zh==", .want = "",
	  .result = PARSE_BAD },
	{ .name = "base64 three pads", .kind = BASE64, .in = "Z===", .want = "",
	  .result = PARSE_BAD },
	{ .name = "base64 blank", .kind = BASE64, .in = "Zm9 ", .want = "", .result = PARSE_BAD },
	{ .name = "hex cases", .kind = HEX, .in = "4aB4", .want = "J\xb4", .result = PARSE_OK },
	{ .name = "hex odd", .kind = HEX, .in = "4a4", .want = "J", .result = PARSE_BAD },
	{ .name = "xtext zero", .kind = XTEXT, .in = "a+00", .want = "a", .result = PARSE_BAD },
	{ .name = "xtext cut", .kind = XTEXT, .in = "a+4", .want = "a", .result = PARSE_BAD },
	{ .name = "xtext equals", .kind = XTEXT, .in = "a=b", .want = "a", .result = PARSE_BAD },
	{ .name = "xtext lower case", .kind = XTEXT, .in = "+2b", .want = "+", .result = PARSE_OK },
	{ .name = "qp soft break with blanks", .kind = QP, .in = "a= \r\nb", .want = "ab",
	  .result = PARSE_OK },
	{ .name = "qp crlf", .kind = QP, .in = "a\r\nb", .want = "a\nb", .result = PARSE_OK },
	{ .name = "qp bad escape", .kind = QP, .in = "a=zzb", .want = "a", .result = PARSE_BAD },
	{ .name = "qp cut escape", .kind = QP, .in = "a=4", .want = "a", .result = PARSE_BAD },
};

TEST(encode_decode_only)
{
	EACH_CASE(t, c, decode_cases) {
		CLEANUP(str_fini) struct str out;

		str_init(&out, 1000);
		T_INT(t, decode(c->kind, &out, t_exact(t, c->in)), c->result);
		T_STR(t, str_cstr(&out), c->want);
	}
}

static const struct utf8_case {
	const char *name, *in;
	bool valid;
} utf8_cases[] = {
	{ .name = "ascii", .in = "plain text, longer than eight", .valid = true },
	{ .name = "two bytes", .in = "\xc3\xa9", .valid = true },
	{ .name = "largest", .in = "\xf4\x8f\xbf\xbf", .valid = true },
	{ .name = "past the largest", .in = "\xf4\x90\x80\x80" },
	{ .name = "surrogate", .in = "\xed\xa0\x80" },
	{ .name = "overlong slash", .in = "\xc0\xaf" },
	{ .name = "overlong three", .in = "\xe0\x80\xaf" },
	{ .name = "overlong four", .in = "\xf0\x80\x80\xaf" },
	{ .name = "cut", .in = "12345678\xe2\x82" },
	{ .name = "lone continuation", .in = "\x80" },
	{ .name = "bad third byte", .in = "\xe2\x82\x28" },
};

TEST(utf8_is_valid)
{
	EACH_CASE(t, c, utf8_cases)
		T_INT(t, utf8_is_valid(t_exact(t, c->in)), c->valid);
	T_TRUE(t, span_is_ascii(SPAN("0123456789")));
	T_FALSE(t, span_is_ascii(SPAN("0123456789\x80")));
}

TEST(crc32c_vectors)
{
	char bytes[32];

	memset(bytes, 0, sizeof(bytes));
	T_TRUE(t, crc32c(0, bytes, sizeof(bytes)) == 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	T_TRUE(t, crc32c(0, bytes, sizeof(bytes)) == 0x62a8ab43);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char) i;
	T_TRUE(t, crc32c(0, bytes, sizeof(bytes)) == 0x46dd794e);
	T_TRUE(t, crc32c(crc32c(0, bytes, 5), bytes + 5, 27) == 0x46dd794e);
	T_TRUE(t, crc32c(0, "123456789", 9) == 0xe3069283);
}
