/* SPDX-License-Identifier: ISC */
/* Header fields and the recipients in them. */
#include "t.h"

#include "lib/mail/header.h"
#include "lib/mail/header_rcpt.h"

TEST(header_table_is_sorted)
{
	for (unsigned id = HEADER_OTHER + 1; id < HEADER_ID_COUNT; id++) {
		unsigned flags;

		T_INT(t, header_lookup(span_of(header_name((enum header_id) id)), &flags), id);
	}
}

static const struct split_case {
	const char *name, *in;
	enum parse want;
	enum header_id id;
	const char *value;
} split_cases[] = {
	{ .name = "plain", .in = "Subject: x", .id = HEADER_SUBJECT, .value = " x" },
	{ .name = "case", .in = "sUBJECT:x", .id = HEADER_SUBJECT, .value = "x" },
	{ .name = "blank before colon", .in = "To \t: a", .id = HEADER_TO, .value = " a" },
	{ .name = "empty value", .in = "X-Y:", .id = HEADER_OTHER, .value = "" },
	{ .name = "folded", .in = "To: a,\n b", .id = HEADER_TO, .value = " a,\n b" },
	{ .name = "no colon", .in = "Subject", .want = PARSE_BAD },
	{ .name = "blank inside", .in = "From a: b", .want = PARSE_BAD },
	{ .name = "blank first", .in = " X: b", .want = PARSE_BAD },
	{ .name = "no name", .in = ": b", .want = PARSE_BAD },
	{ .name = "8-bit name", .in = "X\xe9: b", .want = PARSE_BAD },
	{ .name = "empty", .in = "", .want = PARSE_BAD },
};

TEST(header_split)
{
	EACH_CASE(t, c, split_cases) {
		struct header_field field;

		T_INT(t, header_split(t_exact(t, c->in), &field), c->want);
		if (c->want != PARSE_OK)
			continue;
		T_INT(t, field.id, c->id);
		T_TRUE(t, span_eq_str(field.value, c->value));
	}
}

TEST(header_next)
{
	struct span block = t_exact(t, "A: 1\nB: 2\n 3\n\t4\n\nbody\n");
	struct header_field field;

	T_NEED(t, header_next(&block, &field) == PARSE_OK);
	T_SPAN(t, field.raw, "A: 1");
	T_NEED(t, header_next(&block, &field) == PARSE_OK);
	T_SPAN(t, field.raw, "B: 2\n 3\n\t4");
	T_INT(t, header_next(&block, &field), PARSE_MORE);
	T_SPAN(t, block, "body\n");
	T_INT(t, header_next(&block, &field), PARSE_BAD);
	block = t_exact(t, "A: 1");
	T_NEED(t, header_next(&block, &field) == PARSE_OK);
	T_INT(t, header_next(&block, &field), PARSE_MORE);
	T_INT(t, block.len, 0);
}

static const struct fold_case {
	const char *name, *in, *want;
} fold_cases[] = {
	{ .name = "short", .in = "A: b", .want = "A: b" },
	{ .name = "at a blank", .in = "A: 23456789 123456789",
	  .want = "A:\n 23456789\n 123456789" },
	{ .name = "later blank", .in = "A:2345678901 34", .want = "A:2345678901\n 34" },
	{ .name = "no blank", .in = "A:234567890123456789012345",
	  .want = "A:234567890123456789\n 012345" },
	{ .name = "kept fold", .in = "A: b\n c", .want = "A: b\n c" },
	{ .name = "many", .in = "A: 1 2 3 4 5 6 7 8 9 0", .want = "A: 1 2 3 4\n 5 6 7 8 9\n 0" },
	{ .name = "blanks only", .in = "A:                         ",
	  .want = "A:        \n                 " },
};

TEST(header_fold)
{
	EACH_CASE(t, c, fold_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 }, flat = { .max = 1000 },
		    again = { .max = 1000 };

		T_TRUE(t, header_fold(&out, t_exact(t, c->in), 10, 20));
		T_STR(t, str_cstr(&out), c->want);
		T_TRUE(t, header_unfold(&flat, str_span(&out)));
	}
}

static const struct rcpt_case {
	const char *name, *block, *want;
} rcpt_cases[] = {
	{ .name = "three fields", .block = "To: a, b\nFrom: x\nCc: c\nBcc: (d) <d@e>\n",
	  .want = "a b c d@e " },
	{ .name = "resent", .block = "To: a\nResent-To: b\nResent-Bcc: c\n", .want = "b c " },
	{ .name = "resent without recipients", .block = "To: a\nResent-From: b\n", .want = "a " },
	{ .name = "group", .block = "To: undisclosed:;\nCc: G: a, b;\n", .want = "a b " },
	{ .name = "null", .block = "To: <>\n", .want = "" },
};

TEST(header_rcpt)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE(t, c, rcpt_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };
		struct header_rcpt rcpt = { .max = 100 };
		struct span block = t_exact(t, c->block);
		struct header_field field;
		const struct addr *addrs;
		size_t count;

		while (header_next(&block, &field) == PARSE_OK)
			header_rcpt_add(&rcpt, &field, pool);
		addrs = header_rcpt_get(&rcpt, &count);
		for (size_t i = 0; i < count; i++) {
			(void) addr_add_internal(&out, addrs[i]);
			(void) str_add_char(&out, ' ');
		}
		T_STR(t, str_cstr(&out), c->want);
	}
}
