/* SPDX-License-Identifier: ISC */
/* Mailbox names in modified UTF-7. */
#include "t.h"

#include "lib/mail/utf7.h"

static const struct utf7_case {
	const char *name, *utf7, *utf8; /* utf8 NULL: not to be decoded */
} utf7_cases[] = {
	{ .name = "plain", .utf7 = "INBOX/a b", .utf8 = "INBOX/a b" },
	{ .name = "empty", .utf7 = "", .utf8 = "" },
	{ .name = "ampersand", .utf7 = "a&-b", .utf8 = "a&b" },
	{ .name = "RFC 3501", .utf7 = "~peter/mail/&U,BTFw-/&ZeVnLIqe-", .utf8 = "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
	{ .name = "one unit", .utf7 = "Entw&APw-rfe", .utf8 = "Entw\xc3\xbcrfe" },
	{ .name = "two units", .utf7 = "&AOQA9g-", .utf8 = "\xc3\xa4\xc3\xb6" },
	{ .name = "surrogate pair", .utf7 = "&2D3eAA-", .utf8 = "\xf0\x9f\x98\x80" },
	{ .name = "control", .utf7 = "a&AAk-b", .utf8 = "a\tb" },
	{ .name = "ampersand behind a run", .utf7 = "&APw-&-", .utf8 = "\xc3\xbc&" },
	{ .name = "not closed", .utf7 = "&APw" },
	{ .name = "lone ampersand", .utf7 = "a&" },
	{ .name = "slash of plain base64", .utf7 = "&U/BTFw-" },
	{ .name = "encoded ASCII", .utf7 = "&AGE-" },
	{ .name = "encoded NUL", .utf7 = "&AAA-" },
	{ .name = "runs side by side", .utf7 = "&APw-&APw-" },
	{ .name = "padding bits", .utf7 = "&APx-" },
	{ .name = "digit too many", .utf7 = "&APwA-" },
	{ .name = "lone high surrogate", .utf7 = "&2D0-" },
	{ .name = "lone low surrogate", .utf7 = "&3gA-" },
	{ .name = "high surrogate twice", .utf7 = "&2D3YPd4A-" },
	{ .name = "8 bit", .utf7 = "\xc3\xbc" },
	{ .name = "control as it is", .utf7 = "a\tb" },
};

TEST(utf7_decode)
{
	EACH_CASE (t, c, utf7_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };

		T_INT(t, utf7_decode(&out, t_exact(t, c->utf7)), c->utf8 != NULL ? PARSE_OK : PARSE_BAD);
		if (c->utf8 == NULL)
			continue;
		T_SPAN(t, str_span(&out), c->utf8);
		str_clear(&out);
		T_INT(t, utf7_encode(&out, t_exact(t, c->utf8)), PARSE_OK);
		T_SPAN(t, str_span(&out), c->utf7);
	}
}

TEST(utf7_encode)
{
	CLEANUP(str_fini) struct str out = { .max = 1000 };

	T_INT(t, utf7_encode(&out, SPAN("\xff")), PARSE_BAD);
	T_INT(t, utf7_encode(&out, SPAN("a\0b")), PARSE_BAD);
	T_INT(t, utf7_encode(&out, SPAN("\xed\xa0\x80")), PARSE_BAD);
}
