/* SPDX-License-Identifier: ISC */
/* Any stored value with cheap limits: no scheme reads past it, and what matches once matches again. */
#include "fuzz.h"

#include "lib/auth/password.h"

static const struct password_policy policy = { .memory_max_kib = 64, .rounds_max = 3 };

/* crypt(3) and Argon2 with many passes take their time by design. */
static bool
is_costly(struct span stored)
{
	return span_search_ci(stored, SPAN("crypt")) < stored.len || span_search_ci(stored, SPAN("argon")) < stored.len ||
	    (span_search_ci(stored, SPAN("{md5}$")) < stored.len);
}

FUZZ_TARGET(password, in)
{
	size_t lf = span_find(in, '\n');
	struct span stored = span_slice(in, 0, lf), password = span_from(in, lf + 1);
	enum password_result first;
	struct err err = { 0 };

	if (is_costly(stored))
		return;
	first = password_check(stored, "PLAIN", SPAN("joe@example.org"), password, &policy, &err);
	FUZZ_CHECK((first > PASSWORD_DIFFERS) == (err.class != ERR_NONE));
	FUZZ_CHECK(password_check(stored, "PLAIN", SPAN("joe@example.org"), password, &policy, &err) == first);
}
