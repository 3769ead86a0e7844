/* SPDX-License-Identifier: ISC */

#include "tests/unit/t.h"

#include "lib/queue/agent.h"

static const struct split_case {
	const char *name, *in, *dsn, *text;
} split_cases[] = {
	{ .name = "code and text",  .in = "5.1.1 no such user", .dsn = "5.1.1", .text = "no such user" },
	{ .name = "text only",      .in = "no such user",       .dsn = "5.0.0", .text = "no such user" },
	{ .name = "code only",      .in = "4.2.2",              .dsn = "4.2.2", .text = "" },
	{ .name = "blanks",         .in = "  5.7.1   go away ", .dsn = "5.7.1", .text = "go away" },
	{ .name = "not a class",    .in = "3.1.1 odd",          .dsn = "5.0.0", .text = "3.1.1 odd" },
	{ .name = "four parts",     .in = "5.1.1.1 odd",        .dsn = "5.0.0", .text = "5.1.1.1 odd" },
	{ .name = "long part",      .in = "5.1.1234 odd",       .dsn = "5.0.0", .text = "5.1.1234 odd" },
	{ .name = "empty part",     .in = "5..1 odd",           .dsn = "5.0.0", .text = "5..1 odd" },
	{ .name = "nothing",        .in = "",                   .dsn = "5.0.0", .text = "" },
};

TEST(agent_split_dsn)
{
	EACH_CASE(t, c, split_cases) {
		struct span dsn, text;

		agent_split_dsn(t_exact(t, c->in), SPAN("5.0.0"), &dsn, &text);
		T_SPAN(t, dsn, c->dsn);
		T_SPAN(t, text, c->text);
	}
}
