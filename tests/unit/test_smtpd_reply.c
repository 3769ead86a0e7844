/* SPDX-License-Identifier: ISC */
/* The shape of replies: classes, length, footers. */
#include "tests/unit/t.h"

#include "smtpd/smtpd/smtpd_reply.h"

static const struct lines_case {
	const char *name, *text, *footer, *out;
} lines_cases[] = {
	{ .name = "no footer", .text = "250 2.1.0 Ok", .footer = "", .out = "250 2.1.0 Ok\r\n" },
	{ .name = "no enhanced code",
	    .text = "501 Syntax: HELO hostname",
	    .footer = "",
	    .out = "501 Syntax: HELO hostname\r\n" },
	{ .name = "footer",
	    .text = "550 5.1.1 No",
	    .footer = "See https://x",
	    .out = "550-5.1.1 No\r\n550 5.1.1 See https://x\r\n" },
	{ .name = "footer goes on",
	    .text = "550 5.1.1 No",
	    .footer = "\\c. Call us",
	    .out = "550 5.1.1 No. Call us\r\n" },
	{ .name = "footer of two lines",
	    .text = "421 4.7.0 No",
	    .footer = "a\\nb",
	    .out = "421-4.7.0 No\r\n421-4.7.0 a\r\n421 4.7.0 b\r\n" },
	{ .name = "goes on and more",
	    .text = "421 No",
	    .footer = "\\c a\\nb",
	    .out = "421-No a\r\n421 b\r\n" },
	{ .name = "no class of replies",
	    .text = "250 9.1.1 x",
	    .footer = "",
	    .out = "250 9.1.1 x\r\n" },
};

TEST(reply_add_lines)
{
	EACH_CASE (t, c, lines_cases) {
		struct str out;

		str_init(&out, 1000);
		reply_add_lines(&out, t_exact(t, c->text), t_exact(t, c->footer));
		T_SPAN(t, str_span(&out), c->out);
		str_fini(&out);
	}
}

TEST(reply_lines_are_cut)
{
	char text[1000];
	struct str out;

	memset(text, 'x', sizeof(text));
	memcpy(text, "550 5.1.1 ", 10);
	str_init(&out, 2000);
	reply_add_lines(&out, span_make(text, sizeof(text)), span_make(text + 10, 900));
	T_INT(t, span_find(str_span(&out), '\r'), REPLY_LINE_MAX);
	T_INT(t, out.len, 2 * (REPLY_LINE_MAX + 2));
	str_fini(&out);
}

static const struct soft_case {
	const char *name, *in, *out;
} soft_cases[] = {
	{ .name = "refusal", .in = "550 5.1.1 No", .out = "450 4.1.1 No" },
	{ .name = "deferral", .in = "450 4.1.1 No", .out = "450 4.1.1 No" },
	{ .name = "no enhanced code", .in = "501 Syntax: x", .out = "401 Syntax: x" },
	{ .name = "enhanced code alone", .in = "550 5.1.1", .out = "450 4.1.1" },
	{ .name = "short", .in = "550", .out = "450" },
};

TEST(reply_make_soft)
{
	EACH_CASE (t, c, soft_cases) {
		struct str text;

		str_init(&text, 100);
		str_add_str(&text, c->in);
		reply_make_soft(&text);
		T_SPAN(t, str_span(&text), c->out);
		str_fini(&text);
	}
}
