/* SPDX-License-Identifier: ISC */
/* Any text as a value: refused with a reason, or expanded; a text without dollars stays as it is. */
#include "fuzz.h"

#include "lib/sys/main_cf.h"

static const char settings[] =
    "compatibility_level = 3.6\nmyhostname = a.example\nmynetworks = 127.0.0.1\na = 1\nb =\nc = $a$a\nd = $d\n"
    "e = ${b:$c}\n";

FUZZ_TARGET(expand, in)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("fuzz", (size_t) 256 << 20);
	struct err err = { 0 };
	struct main_cf *cf = main_cf_parse(span_of(settings), "main.cf", "/dir", arena, &err);
	const char *text = arena_cstr(arena, in);
	const char *got = main_cf_expand(cf, text, arena, &err);

	FUZZ_CHECK(got != NULL || err.text[0] != '\0');
	if (strchr(text, '$') == NULL)
		FUZZ_CHECK(got != NULL && strcmp(got, text) == 0);
}
