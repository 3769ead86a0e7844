/* SPDX-License-Identifier: ISC */
/* Encoded words. */
#include "t.h"

#include "json.h"
#include "lib/mail/rfc2047.h"

static const struct word_case {
	const char *name, *in, *want, *charset;
} decode_cases[] = {
	{ .name = "plain", .in = "hello = ? world", .want = "hello = ? world" },
	{ .name = "Q", .in = "=?utf-8?Q?caf=C3=A9_x?=", .want = "caf\xc3\xa9 x" },
	{ .name = "B", .in = "=?UTF-8?b?Y2Fmw6k=?=", .want = "caf\xc3\xa9" },
	{ .name = "B without padding", .in = "=?UTF-8?b?Y2Fmw6k?=", .want = "caf\xc3\xa9" },
	{ .name = "latin 1", .in = "=?iso-8859-1?q?=E9?=", .want = "\xc3\xa9" },
	{ .name = "windows quotes", .in = "=?windows-1252?q?=93x=94?=",
	  .want = "\xe2\x80\x9cx\xe2\x80\x9d" },
	{ .name = "two words", .in = "=?utf-8?Q?a?= \n =?utf-8?Q?b?=", .want = "ab" },
	{ .name = "word and text", .in = "x =?utf-8?Q?a?= y", .want = "x a y" },
	{ .name = "character cut in two", .in = "=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=",
	  .want = "\xc3\xa9" },
	{ .name = "two charsets", .in = "=?utf-8?Q?=C3=A9?= =?iso-8859-1?Q?=E9?=",
	  .want = "\xc3\xa9\xc3\xa9" },
	{ .name = "language", .in = "=?us-ascii*en?Q?x?=", .want = "x" },
	{ .name = "unknown charset, ASCII", .in = "a =?x-what?Q?b?= c", .want = "a b c" },
	{ .name = "unknown charset", .in = "a =?x-what?Q?=e9?= c", .want = "a =?x-what?Q?=e9?= c" },
	{ .name = "unknown charset, raw 8-bit", .in = "=?x-what?Q?\xe9?=",
	  .want = "=?x-what?Q?\xef\xbf\xbd?=" },
	{ .name = "unknown encoding", .in = "=?utf-8?X?b?=", .want = "=?utf-8?X?b?=" },
	{ .name = "bad escape", .in = "=?utf-8?Q?a=4?=", .want = "=?utf-8?Q?a=4?=" },
	{ .name = "bad base64", .in = "=?utf-8?B?a?=", .want = "=?utf-8?B?a?=" },
	{ .name = "blank inside", .in = "=?utf-8?Q?a b?=", .want = "=?utf-8?Q?a b?=" },
	{ .name = "not closed", .in = "=?utf-8?Q?a", .want = "=?utf-8?Q?a" },
	{ .name = "only the start", .in = "=?", .want = "=?" },
	{ .name = "broken bytes", .in = "=?utf-8?Q?=FFx?=", .want = "\xef\xbf\xbdx" },
	{ .name = "line end inside", .in = "=?utf-8?Q?a=0D=0Ab?=", .want = "a  b" },
	{ .name = "raw 8-bit", .in = "a\xe9 b", .want = "a\xef\xbf\xbd b" },
	{ .name = "glued", .in = "=?utf-8?Q?a?==?utf-8?Q?b?=", .want = "ab" },
};

TEST(rfc2047_decode)
{
	EACH_CASE(t, c, decode_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };

		T_TRUE(t, rfc2047_decode(&out, t_exact(t, c->in), NULL));
		T_STR(t, str_cstr(&out), c->want);
	}
}

TEST(rfc2047_encode_and_back)
{
	static const char *const texts[] = { "plain", "caf\xc3\xa9 \xe2\x82\xac_=?x",
	    "=?utf-8?Q?a?=",
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
		"\xf0\x9f\x98\x80\xf0\x9f\x98\x80 a long text with many words and an \xc3\xa9 in it, to need more than one word" };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		for (int phrase = 0; phrase < 2; phrase++) {
			CLEANUP(str_fini) struct str coded = { .max = 5000 },
			    back = { .max = 5000 };
			struct span rest, word;

			T_TRUE(t, rfc2047_encode(&coded, t_exact(t, texts[i]), SPAN("utf-8"), phrase == 1));
			T_TRUE(t, span_is_printable(str_span(&coded)));
			for (rest = str_span(&coded); span_token(&rest, " ", &word);)
				T_TRUE(t, word.len <= 75);
			T_TRUE(t, rfc2047_decode(&back, str_span(&coded), NULL));
			T_STR(t, str_cstr(&back), texts[i]);
		}
	}
}

static const struct word_case phrase_cases[] = {
	{ .name = "atoms", .in = "Some One", .want = "Some One" },
	{ .name = "dot", .in = "J. Doe", .want = "\"J. Doe\"" },
	{ .name = "quotes", .in = "a \"b\" \\", .want = "\"a \\\"b\\\" \\\\\"" },
	{ .name = "empty", .in = "", .want = "\"\"" },
	{ .name = "8-bit", .in = "\xc3\xa9,(", .want = "=?utf-8?Q?=C3=A9=2C=28?=" },
	{ .name = "line end", .in = "a\nb", .want = "=?utf-8?Q?a=0Ab?=" },
	{ .name = "other charset", .in = "J\xfcrgen", .charset = "iso-8859-1", .want = "=?iso-8859-1?Q?J=FCrgen?=" },
};

TEST(rfc2047_phrase)
{
	EACH_CASE(t, c, phrase_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };

		T_TRUE(t, rfc2047_phrase(&out, t_exact(t, c->in), span_of(c->charset != NULL ? c->charset : "utf-8")));
		T_STR(t, str_cstr(&out), c->want);
	}
}

static const struct json_differs word_differs[] = {
	{ "mail-parser-unstructured-003", "lines are joined before a value is decoded" },
	{ "mail-parser-unstructured-005", "the same" },
	{ "mail-parser-unstructured-023", "no blank is added where none was" },
	{ "mail-parser-unstructured-025", "RFC 2047 section 2: a line does not end within an encoded word" },
	{ "mail-parser-unstructured-027", "the same" },
	{ "mail-parser-unstructured-029", "the same" },
	{ "jsmime-2047-011", "RFC 2047 section 2: no blank within an encoded word" },
	{ "jsmime-2047-033", "the same" },
	{ "gmime-rfc2047_text-05", "windows-1250 is not known, and stays as it is" },
};

TEST(rfc2047_shared_cases)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 50000000);
	struct json cases = json_read_file(t_shared(t, "headers/encoded-words.json"), pool);
	size_t listed = 0;

	for (size_t i = 0; i < cases.items.count; i++) {
		CLEANUP(str_fini) struct str out = { .max = 100000 };
		const struct json *one = &cases.items.v[i];
		struct json expect = json_get(one, "expect"), input = json_get(one, "input");

		if (expect.kind != JSON_STRING)
			continue;
		T_TRUE(t, rfc2047_decode(&out, t_exact_span(t, span_trim(input.text)), NULL));
		listed += json_check_case(t, one,
		    span_eq(span_trim(str_span(&out)), span_trim(expect.text)), word_differs,
		    COUNT_OF(word_differs));
	}
	T_INT(t, listed, COUNT_OF(word_differs));
}
