/* SPDX-License-Identifier: ISC */
/* Sets of message numbers. */
#include "t.h"

#include "lib/mail/imap_set.h"

static const struct set_case {
	const char *name, *in;
	uint32_t star;
	const char *want; /* NULL: bad */
	uint64_t count;
} set_cases[] = {
	{ .name = "one", .in = "7", .want = "7", .count = 1 },
	{ .name = "range", .in = "2:4", .want = "2:4", .count = 3 },
	{ .name = "turned round", .in = "4:2", .want = "2:4", .count = 3 },
	{ .name = "unsorted, meeting", .in = "9,1,2:3,8,5", .want = "1:3,5,8:9", .count = 6 },
	{ .name = "overlapping", .in = "1:5,3:9,4", .want = "1:9", .count = 9 },
	{ .name = "star", .in = "*", .star = 10, .want = "10", .count = 1 },
	{ .name = "to the star", .in = "8:*", .star = 10, .want = "8:10", .count = 3 },
	{ .name = "past the star", .in = "12:*", .star = 10, .want = "10:12", .count = 3 },
	{ .name = "star of nothing", .in = "*", .want = "", .count = 0 },
	{ .name = "all of nothing", .in = "1:*", .want = "1", .count = 1 },
	{ .name = "highest", .in = "1:4294967295", .want = "1:4294967295", .count = 4294967295 },
	{ .name = "highest beside another", .in = "4294967295,4294967294", .want = "4294967294:4294967295", .count = 2 },
	{ .name = "too high", .in = "4294967296" },
	{ .name = "zero", .in = "0" },
	{ .name = "leading zero", .in = "01" },
	{ .name = "empty", .in = "" },
	{ .name = "empty part", .in = "1,,2" },
	{ .name = "comma at the end", .in = "1," },
	{ .name = "no end", .in = "1:" },
	{ .name = "three", .in = "1:2:3" },
	{ .name = "sign", .in = "+1" },
	{ .name = "two stars", .in = "**" },
};

TEST(imap_set_parse)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE (t, c, set_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };
		struct imap_set set;

		T_INT(t, imap_set_parse(t_exact(t, c->in), c->star, pool, &set), c->want != NULL ? PARSE_OK : PARSE_BAD);
		if (c->want == NULL)
			continue;
		T_TRUE(t, imap_set_print(&set, &out));
		T_STR(t, str_cstr(&out), c->want);
		T_INT(t, imap_set_count(&set), c->count);
	}
}

/* Against a plain table of what is in it. */
TEST(imap_set_changes)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 10000000);
	struct imap_set set = { .ranges = { 0 } };
	bool in[41] = { false };
	unsigned seed = 1;

	for (unsigned round = 0; round < 5000; round++) {
		unsigned from, to;
		uint64_t count = 0;
		bool add;

		seed = seed * 1103515245 + 12345;
		from = 1 + (seed >> 8) % 40;
		to = from + (seed >> 16) % 6;
		add = (seed >> 20) % 2 == 0;
		if (to > 40)
			to = 40;
		(add ? imap_set_add : imap_set_remove)(&set, from, to, pool);
		for (unsigned i = from; i <= to; i++)
			in[i] = add;
		for (unsigned i = 1; i <= 40; i++) {
			count += in[i];
			T_INT(t, imap_set_contains(&set, i), in[i]);
		}
		T_INT(t, imap_set_count(&set), count);
		for (size_t i = 1; i < set.ranges.count; i++)
			T_TRUE(t, set.ranges.v[i - 1].to + 1 < set.ranges.v[i].from);
	}
}
