/* SPDX-License-Identifier: ISC */

#include "tests/unit/t.h"

#include "qmgr/qmgr/feedback.h"

static const struct parse_case {
	const char *name, *in;
	double amount;
	enum feedback_scale scale;
	bool bad;
} parse_cases[] = {
	{ .name = "one",             .in = "1", .amount = 1 },
	{ .name = "fraction",        .in = "0.25", .amount = 0.25 },
	{ .name = "by concurrency",  .in = "1/concurrency", .amount = 1, .scale = FEEDBACK_BY_CONCURRENCY },
	{ .name = "by square root",  .in = "0.5 / sqrt_concurrency", .amount = 0.5, .scale = FEEDBACK_BY_SQRT },
	{ .name = "nothing",         .in = "", .bad = true },
	{ .name = "too much",        .in = "1.1", .bad = true },
	{ .name = "negative",        .in = "-1", .bad = true },
	{ .name = "two points",      .in = "0.1.2", .bad = true },
	{ .name = "unknown divisor", .in = "1/window", .bad = true },
	{ .name = "no divisor",      .in = "1/", .bad = true },
	{ .name = "not a number",    .in = "nan", .bad = true },
};

TEST(feedback_parse)
{
	EACH_CASE(t, c, parse_cases) {
		struct feedback got;
		struct err err = { 0 };

		T_INT(t, feedback_parse(t_exact(t, c->in), &got, &err), !c->bad);
		T_INT(t, err.class == ERR_NONE, !c->bad);
		if (!c->bad) {
			T_TRUE(t, got.amount > c->amount - 1e-9 && got.amount < c->amount + 1e-9);
			T_INT(t, got.scale, c->scale);
		}
	}
}

/* What becomes of a window of `start` after so many deliveries, each while the window is full. */
static const struct window_case {
	const char *name;
	const char *positive, *negative;
	int start, limit, cohort_limit;
	int successes, failures;
	int want;
} window_cases[] = {
	{ .name = "one step up per success", .positive = "1", .negative = "1", .start = 5, .limit = 20, .successes = 3, .want = 8 },
	{ .name = "limit holds", .positive = "1", .negative = "1", .start = 5, .limit = 6, .successes = 9, .want = 6 },
	{ .name = "no limit", .positive = "1", .negative = "1", .start = 5, .successes = 40, .want = 45 },
	{ .name = "a whole window for one step", .positive = "1/concurrency", .negative = "1", .start = 4, .successes = 3, .want = 4 },
	{ .name = "and then it comes", .positive = "1/concurrency", .negative = "1", .start = 4, .successes = 4, .want = 5 },
	{ .name = "square root: two of four", .positive = "1/sqrt_concurrency", .negative = "1", .start = 4, .successes = 2, .want = 5 },
	{ .name = "square root: one of four", .positive = "1/sqrt_concurrency", .negative = "1", .start = 4, .successes = 1, .want = 4 },
	{ .name = "square root: two of five are nearer to one than three", .positive = "1/sqrt_concurrency", .negative = "1", .start = 5, .successes = 2, .want = 6 },
	{ .name = "down at once, by two: the next run has begun", .positive = "1", .negative = "1", .start = 8, .failures = 1, .want = 6 },
	{ .name = "then by one", .positive = "1", .negative = "1", .start = 8, .failures = 2, .want = 5 },
	{ .name = "down at the beginning of a run", .positive = "1", .negative = "1/concurrency", .start = 8, .failures = 1, .want = 7 },
	{ .name = "and then not for a run", .positive = "1", .negative = "1/concurrency", .start = 8, .failures = 6, .want = 7 },
	{ .name = "never below one", .positive = "1", .negative = "1", .start = 3, .failures = 50, .want = 1 },
	{ .name = "no feedback, no change", .positive = "0", .negative = "0", .start = 3, .successes = 20, .failures = 20, .want = 3 },
	{ .name = "dead after one cohort", .positive = "1", .negative = "0", .start = 5, .cohort_limit = 1, .failures = 5, .want = 0 },
	{ .name = "not yet a cohort", .positive = "1", .negative = "0", .start = 5, .cohort_limit = 1, .failures = 4, .want = 5 },
	{ .name = "two cohorts", .positive = "1", .negative = "0", .start = 5, .cohort_limit = 2, .failures = 9, .want = 5 },
	{ .name = "two cohorts full", .positive = "1", .negative = "0", .start = 5, .cohort_limit = 2, .failures = 10, .want = 0 },
};

TEST(window_follows_feedback)
{
	EACH_CASE(t, c, window_cases) {
		struct window_rules rules = { .initial = c->start, .limit = c->limit, .failed_cohort_limit = c->cohort_limit };
		struct window window;
		struct err err = { 0 };

		T_NEED(t, feedback_parse(span_of(c->positive), &rules.positive, &err));
		T_NEED(t, feedback_parse(span_of(c->negative), &rules.negative, &err));
		window_init(&window, &rules);
		for (int i = 0; i < c->successes; i++)
			window_succeed(&window, &rules, window.size);
		for (int i = 0; i < c->failures && window.size > 0; i++)
			window_fail(&window, &rules);
		T_INT(t, window.size, c->want);
	}
}

/* A step in one direction begins the way to the other anew. */
TEST(a_step_forgets_what_was_gathered)
{
	const struct feedback slow = { .amount = 1, .scale = FEEDBACK_BY_CONCURRENCY };
	struct window_rules rules = { .initial = 8, .positive = { .amount = 1 }, .negative = slow };
	struct window window;

	window_init(&window, &rules);
	window_fail(&window, &rules);
	window_succeed(&window, &rules, 8);
	window_fail(&window, &rules);
	T_INT(t, window.size, 7);

	rules.positive = slow;
	window_init(&window, &rules);
	for (int i = 0; i < 4; i++)
		window_succeed(&window, &rules, 8);
	window_fail(&window, &rules);
	for (int i = 0; i < 4; i++)
		window_succeed(&window, &rules, 8);
	T_INT(t, window.size, 7);
}

TEST(success_forgets_failed_cohorts)
{
	struct window_rules rules = { .initial = 2, .limit = 20, .failed_cohort_limit = 1, .positive = { .amount = 0 } };
	struct window window;

	window_init(&window, &rules);
	for (int i = 0; i < 20; i++) {
		T_FALSE(t, window_fail(&window, &rules));
		window_succeed(&window, &rules, 2);
	}
	T_FALSE(t, window_fail(&window, &rules));
	T_TRUE(t, window_fail(&window, &rules));
}

TEST(window_stays_near_what_is_used)
{
	struct window_rules rules = { .initial = 5, .limit = 100, .positive = { .amount = 1 } };
	struct window window;

	window_init(&window, &rules);
	for (int i = 0; i < 50; i++)
		window_succeed(&window, &rules, 2);
	T_INT(t, window.size, 7);
}
