/* SPDX-License-Identifier: ISC */
/* Enhanced status codes and DSN parameters. */
#include "t.h"

#include "lib/mail/dsn.h"

static const struct code_case {
	const char *name, *in, *code, *text;
} code_cases[] = {
	{ .name = "with text", .in = "5.1.1 no user", .code = "5.1.1", .text = "no user" },
	{ .name = "code only", .in = "2.0.0", .code = "2.0.0", .text = "" },
	{ .name = "three digits", .in = "4.123.999 x", .code = "4.123.999", .text = "x" },
	{ .name = "four digits", .in = "4.1234.1 x", .code = "9.9.9", .text = "4.1234.1 x" },
	{ .name = "needless zero", .in = "4.01.1 x", .code = "9.9.9", .text = "4.01.1 x" },
	{ .name = "class 3", .in = "3.0.0 x", .code = "9.9.9", .text = "3.0.0 x" },
	{ .name = "address", .in = "5.1.1.1 x", .code = "9.9.9", .text = "5.1.1.1 x" },
	{ .name = "letter behind", .in = "5.1.1x", .code = "9.9.9", .text = "5.1.1x" },
	{ .name = "cut", .in = "5.1.", .code = "9.9.9", .text = "5.1." },
	{ .name = "no code", .in = "  text ", .code = "9.9.9", .text = "text" },
	{ .name = "empty", .in = "", .code = "9.9.9", .text = "" },
};

TEST(dsn_code_split)
{
	EACH_CASE(t, c, code_cases) {
		char code[DSN_CODE_MAX];
		struct span text;

		dsn_code_split(t_exact(t, c->in), "9.9.9", code, &text);
		T_STR(t, code, c->code);
		T_TRUE(t, span_eq_str(text, c->text));
	}
}

TEST(dsn_code_class)
{
	char code[DSN_CODE_MAX] = "5.1.1";

	dsn_code_set_class(code, '4');
	T_STR(t, code, "4.1.1");
	T_TRUE(t, dsn_code_is_valid(SPAN("5.7.28")));
	T_FALSE(t, dsn_code_is_valid(SPAN("5.7.28 ")));
	T_FALSE(t, dsn_code_is_valid(SPAN("")));
}

static const struct notify_case {
	const char *name, *in;
	unsigned bits;
} notify_cases[] = {
	{ .name = "never", .in = "NEVER", .bits = DSN_NOTIFY_NEVER },
	{ .name = "all", .in = "SUCCESS,FAILURE,DELAY", .bits = 14 },
	{ .name = "case", .in = "failure", .bits = DSN_NOTIFY_FAILURE },
	{ .name = "never with others", .in = "NEVER,DELAY" },
	{ .name = "twice", .in = "DELAY,DELAY" },
	{ .name = "empty", .in = "" },
	{ .name = "empty element", .in = "DELAY," },
	{ .name = "other", .in = "SOMETIMES" },
};

TEST(dsn_notify)
{
	EACH_CASE(t, c, notify_cases) {
		CLEANUP(str_fini) struct str out = { .max = 100 };
		unsigned bits = 0;

		T_INT(t, dsn_notify_parse(t_exact(t, c->in), &bits),
		    c->bits != 0 ? PARSE_OK : PARSE_BAD);
		T_INT(t, bits, c->bits);
		T_TRUE(t, dsn_notify_add(&out, bits));
		if (bits != 0)
			T_TRUE(t, span_eq_str_ci(str_span(&out), c->in));
	}
}

static const struct orcpt_case {
	const char *name, *in, *want, *again;
} orcpt_cases[] = {
	{ .name = "plain", .in = "rfc822;a@b", .want = "rfc822;a@b", .again = "rfc822;a@b" },
	{ .name = "plus", .in = "rfc822;a+2Bx@b", .want = "rfc822;a+x@b",
	  .again = "rfc822;a+2Bx@b" },
	{ .name = "utf-8", .in = "utf-8;\xc3\xa9@b", .want = "utf-8;\xc3\xa9@b",
	  .again = "utf-8;+C3+A9@b" },
	{ .name = "no type", .in = ";a@b" },
	{ .name = "no address", .in = "rfc822;" },
	{ .name = "no semicolon", .in = "a@b" },
	{ .name = "line end", .in = "rfc822;a+0Ab" },
	{ .name = "bad type", .in = "rfc 822;a" },
	{ .name = "bad xtext", .in = "rfc822;a+b" },
};

TEST(dsn_orcpt)
{
	EACH_CASE(t, c, orcpt_cases) {
		CLEANUP(str_fini) struct str out = { .max = 100 }, again = { .max = 100 };

		T_INT(t, dsn_orcpt_decode(t_exact(t, c->in), &out),
		    c->want != NULL ? PARSE_OK : PARSE_BAD);
		if (c->want == NULL)
			continue;
		T_STR(t, str_cstr(&out), c->want);
		T_TRUE(t, dsn_orcpt_encode(&again, str_span(&out)));
		T_STR(t, str_cstr(&again), c->again);
	}
}
