/* SPDX-License-Identifier: ISC */

#include "tests/unit/t.h"

#include "lib/queue/verp.h"

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
