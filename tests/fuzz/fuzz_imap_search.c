/* SPDX-License-Identifier: ISC */
/* Search commands: a tree comes out or an error, never both; no tree is deeper than the limit. */
#include "fuzz.h"

#include "lib/mail/imap_search.h"

static void
check_key(const struct search_key *key, int depth)
{
	FUZZ_CHECK(depth <= IMAP_DEPTH_MAX + 1);
	FUZZ_CHECK(key->kind == SEARCH_AND || key->kind == SEARCH_OR || key->keys.count == 0);
	FUZZ_CHECK(key->kind != SEARCH_OR || key->keys.count == 2);
	for (size_t i = 0; i < key->keys.count; i++)
		check_key(key->keys.v[i], depth + 1);
}

FUZZ_TARGET(imap_search, in)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("fuzz", 100000000);
	struct search_sets sets = { .messages = 9, .uid_max = 100 };
	struct imap_args args = { .in = in, .pool = pool };
	struct search_key *key = NULL;
	struct span charset;
	unsigned returns;

	if (search_parse_return(&args, &returns))
		key = search_parse(&args, &sets, &charset);
	FUZZ_CHECK((key == NULL) == (args.error != NULL));
	if (key != NULL) {
		check_key(key, 0);
		FUZZ_CHECK(search_cost(key) <= SEARCH_COST_BODY);
	}
}
