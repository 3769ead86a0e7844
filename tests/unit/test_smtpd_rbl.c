/* SPDX-License-Identifier: ISC */
#include "tests/unit/t.h"

#include "smtpd/smtpd/smtpd_rbl.h"

static const struct filter_case {
	const char *name, *filter, *address;
	bool is_good, matches;
} filter_cases[] = {
	{ "plain", "127.0.0.2", "127.0.0.2", true, true },
	{ "plain, other", "127.0.0.2", "127.0.0.3", true, false },
	{ "range", "127.0.0.[1..4]", "127.0.0.4", true, true },
	{ "range, outside", "127.0.0.[1..4]", "127.0.0.5", true, false },
	{ "set", "127.0.[0;2].[1;4..7]", "127.0.2.6", true, true },
	{ "set, outside", "127.0.[0;2].[1;4..7]", "127.0.1.6", true, false },
	{ "short", "127.0.0", "127.0.0.2", false, false },
	{ "long", "127.0.0.2.3", "127.0.0.2", false, false },
	{ "open bracket", "127.0.0.[1", "127.0.0.1", false, false },
	{ "empty bracket", "127.0.0.[]", "127.0.0.1", false, false },
	{ "range backwards", "127.0.0.[4..1]", "127.0.0.2", false, false },
	{ "too large", "127.0.0.256", "127.0.0.2", false, false },
	{ "empty", "", "127.0.0.2", false, false },
	{ "no address", "127.0.0.2", "2001:db8::1", true, false },
	{ "short address", "127.0.0.2", "127.0.0", true, false },
};

TEST(rbl_filter)
{
	EACH_CASE(t, c, filter_cases) {
		T_INT(t, rbl_filter_is_good(t_exact(t, c->filter)), c->is_good);
		T_INT(t, rbl_filter_matches(t_exact(t, c->filter), t_exact(t, c->address)), c->matches);
	}
}
