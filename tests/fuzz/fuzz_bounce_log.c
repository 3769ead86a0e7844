/* SPDX-License-Identifier: ISC */

#include "tests/fuzz/fuzz.h"

#include "lib/queue/bounce_log.h"

/* Whatever can be read is written and read back the same. */
FUZZ_TARGET(bounce_log, in)
{
	struct bounce_rcpt rcpt, again;

	while (bounce_log_next(&in, &rcpt) == PARSE_OK) {
		CLEANUP(str_fini) struct str text = { .max = 1 << 20 };
		struct span rest;

		if (!bounce_log_add(&text, &rcpt))
			continue;
		rest = str_span(&text);
		FUZZ_CHECK(bounce_log_next(&rest, &again) == PARSE_OK);
		FUZZ_CHECK(again.address.len == rcpt.address.len);
		FUZZ_CHECK(again.text.len == rcpt.text.len);
		FUZZ_CHECK(again.offset == rcpt.offset);
	}
}
