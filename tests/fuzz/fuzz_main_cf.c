/* SPDX-License-Identifier: ISC */
/* main.cf of any bytes: refused with a place, or readable again from what it was understood as. */
#include "fuzz.h"

#include "lib/base/str.h"
#include "lib/sys/main_cf.h"

/* The settings as a file would have them. */
static void
write_settings(const struct main_cf *cf, struct str *out)
{
	const char *name, *value;

	for (size_t it = 0; main_cf_next(cf, &it, &name, &value);)
		(void) str_addf(out, "%s = %s\n", name, value);
}

static void
walk_list(const char *value)
{
	struct span rest = span_of(value), item;
	struct err err;

	while (main_cf_list_next(&rest, &item, &err))
		FUZZ_CHECK(item.p >= value && item.p + item.len <= value + strlen(value));
}

FUZZ_TARGET(main_cf, in)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("fuzz", (size_t) 64 << 20);
	struct str once CLEANUP(str_fini), twice CLEANUP(str_fini);
	struct err err = { 0 };
	struct main_cf *cf = main_cf_parse(in, "main.cf", "/dir", arena, &err);
	const char *name, *value;

	str_init(&once, (size_t) 16 << 20);
	str_init(&twice, (size_t) 16 << 20);
	if (cf == NULL) {
		FUZZ_CHECK(strncmp(err.text, "main.cf, line ", 14) == 0);
		return;
	}
	for (size_t it = 0; main_cf_next(cf, &it, &name, &value);)
		walk_list(value);

	write_settings(cf, &once);
	cf = main_cf_parse(str_span(&once), "main.cf", "/dir", arena, &err);
	FUZZ_CHECK(cf != NULL);
	write_settings(cf, &twice);
	FUZZ_CHECK(span_eq(str_span(&once), str_span(&twice)));
}
