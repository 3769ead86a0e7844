/* SPDX-License-Identifier: ISC */
#ifndef FEEDBACK_H
#define FEEDBACK_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/*
 * How many deliveries to one destination may run at once: a window that grows with success and
 * shrinks with failure, in whole steps. Feedback is gathered until it is worth a step: upwards at the
 * end of a run of successes, downwards at its beginning, so that a busy destination does not flap.
 */

enum feedback_scale { FEEDBACK_FIXED, FEEDBACK_BY_CONCURRENCY, FEEDBACK_BY_SQRT };

/* "1", "0.5", "1/concurrency", "1/sqrt_concurrency": the amount is 0 to 1. */
struct feedback {
	double amount;
	enum feedback_scale scale;
};

MUST_USE bool feedback_parse(struct span text, struct feedback *out, struct err *err);

/* What one delivery is worth at this window. */
double feedback_value(const struct feedback *feedback, int window);

/* One destination's window. size 0: the destination is dead. */
struct window {
	int size;
	double success, failure;        /* gathered towards the next step */
	double cohorts;                 /* failures in a row, in units of a window full of them */
};

struct window_rules {
	int initial;
	int limit;                      /* 0: none */
	int failed_cohort_limit;        /* 0: never dead */
	struct feedback positive, negative;
};

void window_init(struct window *window, const struct window_rules *rules);

/* A delivery reached the destination. busy: how many are running; the window keeps near to it. */
void window_succeed(struct window *window, const struct window_rules *rules, int busy);

/* The destination could not be reached. returns true when it is dead from now on. */
bool window_fail(struct window *window, const struct window_rules *rules);

#endif
