/* SPDX-License-Identifier: ISC */
/* Any bytes as a UID list: what was understood prints to what is understood as the same. */
#include "fuzz.h"

#include "lib/store/uidlist.h"

static void
print_list(const struct uidlist *list, struct str *out)
{
	FUZZ_CHECK(uidlist_print_header(out, list));
	for (size_t i = 0; i < list->entries.count; i++)
		FUZZ_CHECK(uidlist_print_entry(out, &list->entries.v[i]));
}

FUZZ_TARGET(uidlist, in)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("fuzz", 100000000);
	CLEANUP(str_fini) struct str first = { .max = 10 * in.len + 1000 };
	CLEANUP(str_fini) struct str second = { .max = 10 * in.len + 1000 };
	struct uidlist list, again;

	if (uidlist_parse(in, pool, &list) != PARSE_OK)
		return;
	FUZZ_CHECK(list.good <= in.len && list.uid_validity > 0 && list.next_uid > 0);
	print_list(&list, &first);
	FUZZ_CHECK(uidlist_parse(str_span(&first), pool, &again) == PARSE_OK);
	FUZZ_CHECK(again.good == first.len && again.entries.count == list.entries.count);
	print_list(&again, &second);
	FUZZ_CHECK(span_eq(str_span(&first), str_span(&second)));
}
