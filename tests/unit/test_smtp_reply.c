/* SPDX-License-Identifier: ISC */
/* Replies of an SMTP server. */
#include "t.h"

#include "lib/mail/smtp_reply.h"

static const struct reply_case {
	const char *name;
	const char *lines[4];
	enum parse want;
	int code;
	const char *dsn, *print;
} reply_cases[] = {
	{ .name = "plain",
	    .lines = { "250 2.1.0 Ok" },
	    .code = 250,
	    .dsn = "2.1.0",
	    .print = "250 2.1.0 Ok" },
	{ .name = "code only", .lines = { "354" }, .code = 354, .dsn = "", .print = "354" },
	{ .name = "many lines",
	    .lines = { "550-5.7.1 no", "550-5.7.1 really", "550 5.7.1 no" },
	    .code = 550,
	    .dsn = "5.7.1",
	    .print = "550-5.7.1 no 550-5.7.1 really 550 5.7.1 no" },
	{ .name = "code of another class",
	    .lines = { "450 5.7.1 no" },
	    .code = 450,
	    .dsn = "",
	    .print = "450 5.7.1 no" },
	{ .name = "last code wins",
	    .lines = { "250-a", "251 b" },
	    .code = 251,
	    .dsn = "",
	    .print = "250-a 251 b" },
	{ .name = "class changes", .lines = { "250-a", "550 b" }, .want = PARSE_BAD },
	{ .name = "goes on", .lines = { "250-a" }, .want = PARSE_MORE },
	{ .name = "no code", .lines = { "hello" }, .want = PARSE_BAD },
	{ .name = "two digits", .lines = { "25" }, .want = PARSE_BAD },
	{ .name = "four digits", .lines = { "2500 a" }, .want = PARSE_BAD },
	{ .name = "class 1", .lines = { "150 a" }, .want = PARSE_BAD },
	{ .name = "class 6", .lines = { "650 a" }, .want = PARSE_BAD },
	{ .name = "empty", .lines = { "" }, .want = PARSE_BAD },
	{ .name = "control characters",
	    .lines = { "250 a\001b\tc" },
	    .code = 250,
	    .dsn = "",
	    .print = "250 a b c" },
};

TEST(smtp_reply_add)
{
	EACH_CASE (t, c, reply_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };
		struct smtp_reply reply;
		enum parse result = PARSE_MORE;

		smtp_reply_init(&reply, 500);
		for (size_t i = 0; i < COUNT_OF(c->lines) && c->lines[i] != NULL; i++)
			result = smtp_reply_add(&reply, t_exact(t, c->lines[i]));
		T_INT(t, result, c->want);
		if (c->want == PARSE_OK) {
			T_INT(t, reply.code, c->code);
			T_STR(t, reply.dsn, c->dsn);
			T_TRUE(t, smtp_reply_print(&reply, &out));
			T_STR(t, str_cstr(&out), c->print);
		}
		smtp_reply_fini(&reply);
	}
}

TEST(smtp_reply_long)
{
	struct smtp_reply reply;

	smtp_reply_init(&reply, 20);
	for (int i = 0; i < 1000; i++)
		T_INT(t, smtp_reply_add(&reply, SPAN("250-0123456789")), PARSE_MORE);
	T_INT(t, smtp_reply_add(&reply, SPAN("250 2.0.0 end")), PARSE_OK);
	T_STR(t, str_cstr(&reply.text), "250-0123456789\n250-0");
	T_STR(t, reply.dsn, "2.0.0");
	smtp_reply_clear(&reply);
	T_INT(t, smtp_reply_add(&reply, SPAN("421 bye")), PARSE_OK);
	T_STR(t, str_cstr(&reply.text), "421 bye");
	smtp_reply_fini(&reply);
}
