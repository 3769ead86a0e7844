/* SPDX-License-Identifier: ISC */

/* The frame of unit tests tested by itself: its checks must be able to fail. */

#include "tests/unit/t.h"

static const struct span_case {
	const char *name;
	struct span got, want;
	bool same;
} span_cases[] = {
	{ .name = "equal",          .got = SPAN_INIT("ab"),   .want = SPAN_INIT("ab"), .same = true },
	{ .name = "shorter",        .got = SPAN_INIT("a"),    .want = SPAN_INIT("ab") },
	{ .name = "NUL counts",     .got = SPAN_INIT("a\0"),  .want = SPAN_INIT("a") },
	{ .name = "empty is empty", .got = { NULL, 0 },       .want = SPAN_INIT(""),   .same = true },
};

/* A check is made against a test that is not this one, so that its failure can be looked at. */
static struct t *
probe_new(struct t *t)
{
	return t_own(t, calloc(1, sizeof(struct t)));
}

TEST(check_span)
{
	EACH_CASE(t, c, span_cases) {
		struct t *probe = probe_new(t);

		probe->row = "meant to differ";
		T_INT(t, T_BYTES(probe, c->got, c->want), c->same);
		T_INT(t, probe->failures, !c->same);
	}
}

TEST(check_others)
{
	struct t *probe = probe_new(t);

	T_TRUE(probe, probe == t);
	T_FALSE(probe, probe != t);
	T_INT(probe, 1, 2);
	T_STR(probe, NULL, "");
	T_STR(probe, "a\n", "a");
	T_INT(t, probe->failures, 5);
	T_STR(probe, NULL, NULL);
	T_INT(t, probe->failures, 5);
}

TEST(each_case_visits_every_row)
{
	unsigned seen = 0;

	EACH_CASE(t, c, span_cases) {
		T_STR(t, t->row, c->name);
		seen++;
	}
	T_INT(t, seen, COUNT_OF(span_cases));
	T_TRUE(t, t->row == NULL);
}

TEST(exact_copies_have_no_nul)
{
	struct span s = t_exact(t, "abc");

	T_SPAN(t, s, "abc");
	T_INT(t, t_exact(t, "").len, 0);
}
