/* SPDX-License-Identifier: ISC */
/* The standard form of addresses. */
#include "t.h"

#include "lib/mail/rewrite.h"

static const struct rewrite_options defaults = {
	.swap_bangpath = true, .allow_percent_hack = true, .append_at_myorigin = true,
	.append_dot_mydomain = true,
	.origin = SPAN_INIT("origin.example"), .domain = SPAN_INIT("dom.example"),
};

static const struct rewrite_options none = { .origin = SPAN_INIT("origin.example"),
    .domain = SPAN_INIT("dom.example") };

static const struct rewrite_case {
	const char *name, *in, *all_on, *all_off;
} rewrite_cases[] = {
	{ .name = "null", .in = "", .all_on = "", .all_off = "" },
	{ .name = "full", .in = "a@b.c", .all_on = "a@b.c", .all_off = "a@b.c" },
	{ .name = "origin", .in = "a", .all_on = "a@origin.example", .all_off = "a" },
	{ .name = "domain", .in = "a@b", .all_on = "a@b.dom.example", .all_off = "a@b" },
	{ .name = "bang", .in = "b.c!a", .all_on = "a@b.c", .all_off = "b.c!a" },
	{ .name = "two bangs", .in = "b.c!d!a", .all_on = "d!a@b.c", .all_off = "b.c!d!a" },
	{ .name = "bang with domain", .in = "b!a@c.d", .all_on = "b!a@c.d", .all_off = "b!a@c.d" },
	{ .name = "bang alone", .in = "b!", .all_on = "b!@origin.example", .all_off = "b!" },
	{ .name = "percent", .in = "a%b.c", .all_on = "a@b.c", .all_off = "a%b.c" },
	{ .name = "two percents", .in = "a%b%c.d", .all_on = "a%b@c.d", .all_off = "a%b%c.d" },
	{ .name = "bang before percent", .in = "b.c!a%d", .all_on = "a%d@b.c",
	  .all_off = "b.c!a%d" },
	{ .name = "percent with domain", .in = "a%b@c.d", .all_on = "a%b@c.d",
	  .all_off = "a%b@c.d" },
	{ .name = "trailing dot", .in = "a@b.c.", .all_on = "a@b.c", .all_off = "a@b.c" },
	{ .name = "two trailing dots", .in = "a@b.c..", .all_on = "a@b.c..", .all_off = "a@b.c.." },
	{ .name = "absolute host", .in = "a@b.", .all_on = "a@b", .all_off = "a@b" },
	{ .name = "literal", .in = "a@[192.0.2.1]", .all_on = "a@[192.0.2.1]",
	  .all_off = "a@[192.0.2.1]" },
	{ .name = "route", .in = "@x,@y:a@b.c", .all_on = "a@b.c", .all_off = "a@b.c" },
	{ .name = "lone at", .in = "a@", .all_on = "a@origin.example", .all_off = "a" },
	{ .name = "nothing but at", .in = "@", .all_on = "", .all_off = "" },
	{ .name = "percent hides a short host", .in = "a%b", .all_on = "a@b.dom.example",
	  .all_off = "a%b" },
};

TEST(rewrite_internal)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE(t, c, rewrite_cases) {
		T_SPAN(t, rewrite_internal(t_exact(t, c->in), &defaults, pool), c->all_on);
		T_SPAN(t, rewrite_internal(t_exact(t, c->in), &none, pool), c->all_off);
	}
}
