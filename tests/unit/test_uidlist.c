/* SPDX-License-Identifier: ISC */
/* The text of dovecot-uidlist. */
#include "t.h"

#include "lib/store/uidlist.h"

static const struct list_case {
	const char *name, *in;
	const char *want; /* what printing it again gives; NULL: bad header */
	const char *rest; /* what was not understood */
} list_cases[] = {
	{ .name = "of Dovecot", .in = "3 V1700000000 N3 G0a1b2c3d4e5f60718293a4b5c6d7e8f9\n1 W478 :1700000000.M1P2.host,S=460,W=478\n2 :x\n",
	  .want = "3 V1700000000 N3 G0a1b2c3d4e5f60718293a4b5c6d7e8f9\n1 W478 :1700000000.M1P2.host,S=460,W=478\n2 :x\n" },
	{ .name = "unknown keys are kept", .in = "3 V1 N2 P%08Xu%08Xv Zz\n1 Gabc Q7 :a\n", .want = "3 V1 N2 P%08Xu%08Xv Zz\n1 Gabc Q7 :a\n" },
	{ .name = "keys in another order", .in = "3 N2 Gab V1\n", .want = "3 V1 N2 Gab\n" },
	{ .name = "version 1", .in = "1 1700000000 4\n1 a\n3 b,S=1\n", .want = "3 V1700000000 N4\n1 :a\n3 :b,S=1\n" },
	{ .name = "flags behind the name", .in = "3 V1 N2\n1 :a:2,S\n", .want = "3 V1 N2\n1 :a\n" },
	{ .name = "next UID too low", .in = "3 V1 N1\n5 :a\n", .want = "3 V1 N6\n5 :a\n" },
	{ .name = "highest UID", .in = "3 V1 N1\n4294967295 :a\n", .want = "3 V1 N1\n4294967295 :a\n" },
	{ .name = "torn line", .in = "3 V1 N3\n1 :a\n2 :b", .want = "3 V1 N3\n1 :a\n", .rest = "2 :b" },
	{ .name = "UIDs that fall", .in = "3 V1 N3\n2 :a\n1 :b\n", .want = "3 V1 N3\n2 :a\n", .rest = "1 :b\n" },
	{ .name = "UID twice", .in = "3 V1 N3\n2 :a\n2 :b\n", .want = "3 V1 N3\n2 :a\n", .rest = "2 :b\n" },
	{ .name = "no name", .in = "3 V1 N3\n1 S1\n", .want = "3 V1 N3\n", .rest = "1 S1\n" },
	{ .name = "empty name", .in = "3 V1 N3\n1 ::2,S\n", .want = "3 V1 N3\n", .rest = "1 ::2,S\n" },
	{ .name = "path", .in = "3 V1 N3\n1 :../a\n", .want = "3 V1 N3\n", .rest = "1 :../a\n" },
	{ .name = "UID zero", .in = "3 V1 N3\n0 :a\n", .want = "3 V1 N3\n", .rest = "0 :a\n" },
	{ .name = "UID too high", .in = "3 V1 N3\n4294967296 :a\n", .want = "3 V1 N3\n", .rest = "4294967296 :a\n" },
	{ .name = "empty file", .in = "" },
	{ .name = "header without line end", .in = "3 V1 N1" },
	{ .name = "version 2", .in = "2 V1 N1\n" },
	{ .name = "no validity", .in = "3 N1\n" },
	{ .name = "validity zero", .in = "3 V0 N1\n" },
	{ .name = "old header cut", .in = "1 5\n" },
};

static void
print_list(const struct uidlist *list, struct str *out)
{
	(void) uidlist_print_header(out, list);
	for (size_t i = 0; i < list->entries.count; i++)
		(void) uidlist_print_entry(out, &list->entries.v[i]);
}

TEST(uidlist_parse)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE (t, c, list_cases) {
		CLEANUP(str_fini) struct str out = { .max = 10000 };
		struct span in = t_exact(t, c->in);
		struct uidlist list;

		T_INT(t, uidlist_parse(in, pool, &list), c->want != NULL ? PARSE_OK : PARSE_BAD);
		if (c->want == NULL)
			continue;
		print_list(&list, &out);
		T_STR(t, str_cstr(&out), c->want);
		T_SPAN(t, span_from(in, list.good), c->rest != NULL ? c->rest : "");
	}
}

/* However a file grows, reading on gives what reading all gives. */
TEST(uidlist_parse_more)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);
	struct span all = SPAN("3 V7 N1\n1 S1 :a\n2 :b\n30 W2 S1 :c\n");

	for (size_t cut = 8; cut <= all.len; cut++) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };
		struct uidlist list;

		T_INT(t, uidlist_parse(span_slice(all, 0, cut), pool, &list), PARSE_OK);
		uidlist_parse_more(&list, span_from(all, list.good), pool);
		print_list(&list, &out);
		T_STR(t, str_cstr(&out), "3 V7 N31\n1 S1 :a\n2 :b\n30 W2 S1 :c\n");
		T_INT(t, list.good, all.len);
	}
}

TEST(uidlist_key)
{
	struct span value;

	T_TRUE(t, uidlist_key(SPAN("S20 W25"), 'W', &value));
	T_SPAN(t, value, "25");
	T_TRUE(t, !uidlist_key(SPAN("S20 W25"), 'P', &value));
	T_TRUE(t, !uidlist_key(SPAN(""), 'P', &value));
}
