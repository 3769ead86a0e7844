/* SPDX-License-Identifier: ISC */
/* The concurrency window of one destination. Pure arithmetic: no clock, no I/O. */
#include "qmgr/qmgr/feedback.h"

#include <math.h>

enum { AMOUNT_TEXT_MAX = 30 };

/* Five fifths are one. */
static const double rounding = 1e-6;

/* amount = 1*DIGIT [ "." 1*DIGIT ] ; 0 to 1 */
static bool
parse_amount(struct span text, double *amount_out)
{
	char number[AMOUNT_TEXT_MAX + 1];
	char *end;

	if (text.len == 0 || text.len > AMOUNT_TEXT_MAX || span_run(text, "0123456789.") != text.len)
		return false;
	memcpy(number, text.p, text.len);
	number[text.len] = '\0';
	*amount_out = strtod(number, &end);
	return *end == '\0' && *amount_out >= 0 && *amount_out <= 1;
}

bool
feedback_parse(struct span text, struct feedback *out, struct err *err)
{
	struct span scale, amount;

	*out = (struct feedback){ 0 };
	scale = text;
	span_cut(&scale, '/', &amount);
	if (!parse_amount(span_trim(amount), &out->amount))
		return err_config(err, "bad feedback \"%.*s\": expected a number from 0 to 1", SPAN_ARG(text));
	if (scale.p == NULL)
		return true;
	scale = span_trim(scale);
	if (span_eq_str(scale, "concurrency"))
		out->scale = FEEDBACK_BY_CONCURRENCY;
	else if (span_eq_str(scale, "sqrt_concurrency"))
		out->scale = FEEDBACK_BY_SQRT;
	else
		return err_config(err, "bad feedback \"%.*s\": expected concurrency or sqrt_concurrency after \"/\"",
		    SPAN_ARG(text));
	return true;
}

double
feedback_value(const struct feedback *feedback, int window)
{
	int divisor = window > 0 ? window : 1;

	switch (feedback->scale) {
	case FEEDBACK_FIXED:
		return feedback->amount;
	case FEEDBACK_BY_CONCURRENCY:
		return feedback->amount / divisor;
	case FEEDBACK_BY_SQRT:
		return feedback->amount / sqrt(divisor);
	}
	return 0;
}

void
window_init(struct window *window, const struct window_rules *rules)
{
	*window = (struct window){ .size = rules->initial };
	if (rules->limit > 0 && window->size > rules->limit)
		window->size = rules->limit;
	if (window->size < 1)
		window->size = 1;
}

void
window_succeed(struct window *window, const struct window_rules *rules, int busy)
{
	double value = feedback_value(&rules->positive, window->size);

	window->cohorts = 0;
	if (rules->limit > 0 && window->size >= rules->limit)
		return;
	if (window->size >= busy + rules->initial)
		return;
	window->success += value;
	while (window->success + value / 2 >= 1) {
		window->size++;
		window->success -= 1;
		window->failure = 0;
	}
}

bool
window_fail(struct window *window, const struct window_rules *rules)
{
	double value = feedback_value(&rules->negative, window->size);

	window->cohorts += 1.0 / (window->size > 0 ? window->size : 1);
	if (rules->failed_cohort_limit > 0 && window->cohorts > rules->failed_cohort_limit - rounding) {
		window->size = 0;
		return true;
	}
	window->failure -= value;
	while (window->failure - value / 2 < 0) {
		window->size--;
		window->success = 0;
		window->failure += 1;
	}
	if (window->size < 1)
		window->size = 1;
	return false;
}
