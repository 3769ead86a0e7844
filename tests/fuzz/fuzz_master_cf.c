/* SPDX-License-Identifier: ISC */
/* master.cf of any bytes: refused with a place, or entries that keep their promises. */
#include "fuzz.h"

#include "lib/sys/master_cf.h"

static void
check_entry(const struct master_cf *mcf, const struct master_entry *entry)
{
	FUZZ_CHECK(master_cf_find(mcf, entry->name, entry->type) == entry);
	FUZZ_CHECK(entry->line > 0 && entry->wakeup_s >= 0 && entry->max_processes >= 0);
	FUZZ_CHECK(strchr(entry->command, '/') == NULL);
	FUZZ_CHECK(entry->args[entry->arg_count] == NULL);
	FUZZ_CHECK(entry->type != MASTER_INET || !entry->is_private);
}

FUZZ_TARGET(master_cf, in)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("fuzz", (size_t) 64 << 20);
	struct err err = { 0 };
	struct main_cf *cf = main_cf_parse((struct span){ 0 }, "main.cf", "/dir", arena, &err);
	struct master_cf *mcf = master_cf_parse(cf, in, "master.cf", arena, &err);

	if (mcf == NULL) {
		FUZZ_CHECK(strncmp(err.text, "master.cf, line ", 16) == 0);
		return;
	}
	for (size_t i = 0; i < mcf->count; i++)
		check_entry(mcf, &mcf->entries[i]);
}
