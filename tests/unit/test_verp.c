/* SPDX-License-Identifier: ISC */

#include "tests/unit/t.h"

#include "lib/mail/verp.h"

static const struct verp_case {
	const char *name, *sender, *recipient, *delimiters, *want;
} verp_cases[] = {
	{ .name = "both domains", .sender = "owner-list@x.example", .recipient = "user@y.example", .delimiters = "+=",
	  .want = "owner-list+user=y.example@x.example" },
	{ .name = "sender without domain", .sender = "owner", .recipient = "u@y", .delimiters = "-=", .want = "owner-u=y" },
	{ .name = "null sender", .sender = "", .recipient = "u@y", .delimiters = "+=", .want = "" },
	{ .name = "not asked for", .sender = "o@x", .recipient = "u@y", .delimiters = "", .want = "o@x" },
};

TEST(verp_sender)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 10000);

	EACH_CASE(t, c, verp_cases)
		T_SPAN(t, verp_sender(t_exact(t, c->sender), t_exact(t, c->recipient), t_exact(t, c->delimiters), arena),
		    c->want);
}

static const struct delimiters_case {
	const char *name, *in;
	bool is_good;
} delimiters_cases[] = {
	{ .name = "good", .in = "+=", .is_good = true },
	{ .name = "the same twice", .in = "--", .is_good = true },
	{ .name = "not in the filter", .in = "+#" },
	{ .name = "one", .in = "+" },
	{ .name = "three", .in = "+=-" },
	{ .name = "none", .in = "" },
};

TEST(verp_is_good)
{
	EACH_CASE(t, c, delimiters_cases)
		T_INT(t, verp_is_good(t_exact(t, c->in), "-=+"), c->is_good);
}
