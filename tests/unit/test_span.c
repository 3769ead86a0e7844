/* SPDX-License-Identifier: ISC */
/* Views of bytes. */
#include "t.h"

#include "lib/base/span.h"

static const struct search_case {
	const char *name, *in, *needle;
	size_t exact, folded;
} search_cases[] = {
	{ .name = "empty needle", .in = "abc", .needle = "", .exact = 0, .folded = 0 },
	{ .name = "at the start", .in = "abcabc", .needle = "abc", .exact = 0, .folded = 0 },
	{ .name = "at the end", .in = "xxabc", .needle = "abc", .exact = 2, .folded = 2 },
	{ .name = "other case", .in = "xxABCabc", .needle = "abc", .exact = 5, .folded = 2 },
	{ .name = "needle too long", .in = "ab", .needle = "abc", .exact = 2, .folded = 2 },
	{ .name = "half a needle at the end", .in = "xab", .needle = "abc", .exact = 3,
	  .folded = 3 },
	{ .name = "empty input", .in = "", .needle = "a", .exact = 0, .folded = 0 },
};

TEST(span_search)
{
	EACH_CASE(t, c, search_cases) {
		T_INT(t, span_search(t_exact(t, c->in), t_exact(t, c->needle)), c->exact);
		T_INT(t, span_search_ci(t_exact(t, c->in), t_exact(t, c->needle)), c->folded);
	}
}

static const struct number_case {
	const char *name, *in;
	uint64_t max;
	bool ok;
	uint64_t want;
} number_cases[] = {
	{ .name = "zero", .in = "0", .max = 0, .ok = true, .want = 0 },
	{ .name = "leading zeros", .in = "007", .max = 7, .ok = true, .want = 7 },
	{ .name = "largest", .in = "18446744073709551615", .max = UINT64_MAX, .ok = true,
	  .want = UINT64_MAX },
	{ .name = "one too many", .in = "18446744073709551616", .max = UINT64_MAX },
	{ .name = "past the limit", .in = "11", .max = 10 },
	{ .name = "digit past the limit", .in = "9", .max = 5 },
	{ .name = "empty", .in = "", .max = 10 },
	{ .name = "sign", .in = "+1", .max = 10 },
	{ .name = "blank", .in = " 1", .max = 10 },
	{ .name = "letter", .in = "1a", .max = 100 },
};

TEST(span_to_u64)
{
	EACH_CASE(t, c, number_cases) {
		uint64_t value = 0;

		T_INT(t, span_to_u64(t_exact(t, c->in), c->max, &value), c->ok);
		if (c->ok)
			T_TRUE(t, value == c->want);
	}
}

TEST(span_to_i64)
{
	int64_t value;

	T_TRUE(t, span_to_i64(SPAN("-9223372036854775808"), INT64_MIN, INT64_MAX,
	    &value) && value == INT64_MIN);
	T_TRUE(t, span_to_i64(SPAN("+5"), 0, 5, &value) && value == 5);
	T_TRUE(t, span_to_i64(SPAN("-0"), 0, 5, &value) && value == 0);
	T_FALSE(t, span_to_i64(SPAN("9223372036854775808"), INT64_MIN, INT64_MAX, &value));
	T_FALSE(t, span_to_i64(SPAN("-6"), -5, 5, &value));
	T_FALSE(t, span_to_i64(SPAN("-"), -5, 5, &value));
	T_FALSE(t, span_to_i64(SPAN("+-1"), -5, 5, &value));
}

TEST(span_compare)
{
	T_TRUE(t, span_eq_str_ci(SPAN("AbC"), "aBc"));
	T_FALSE(t, span_eq_str(SPAN("AbC"), "aBc"));
	T_TRUE(t, span_eq(span_of(NULL), SPAN("")));
	T_TRUE(t, span_cmp(SPAN("ab"), SPAN("abc")) < 0);
	T_TRUE(t, span_cmp(SPAN("b"), SPAN("abc")) > 0);
	T_TRUE(t, span_cmp_ci(SPAN("ABC"), SPAN("abc")) == 0);
	T_TRUE(t, span_cmp_ci(SPAN("\xff"), SPAN("a")) > 0);
	T_TRUE(t, span_starts_with_ci(SPAN("Subject: x"), SPAN("subject:")));
	T_TRUE(t, span_ends_with(SPAN("a.example"), SPAN(".example")));
	T_FALSE(t, span_ends_with(SPAN("e"), SPAN(".example")));
}

TEST(span_pieces)
{
	struct span rest = SPAN("a,,b,"), part;
	const char *want[] = { "a", "", "b", "" };

	for (size_t i = 0; i < COUNT_OF(want); i++) {
		T_NEED(t, span_cut(&rest, ',', &part));
		T_TRUE(t, span_eq_str(part, want[i]));
	}
	T_FALSE(t, span_cut(&rest, ',', &part));
	rest = SPAN(", a ,b,,");
	T_NEED(t, span_token(&rest, ", ", &part));
	T_SPAN(t, part, "a");
	T_NEED(t, span_token(&rest, ", ", &part));
	T_SPAN(t, part, "b");
	T_FALSE(t, span_token(&rest, ", ", &part));
}

TEST(span_sets)
{
	T_INT(t, span_find_any(t_exact(t, "abc;d"), ";,"), 3);
	T_INT(t, span_find_any(t_exact(t, "abc"), ";,"), 3);
	T_INT(t, span_run(t_exact(t, "  \tx"), " \t"), 3);
	T_INT(t, span_rfind(SPAN("a@b@c"), '@'), 3);
	T_INT(t, span_find(SPAN("abc"), '@'), 3);
	T_SPAN(t, span_trim(SPAN(" \r\n a b \t\n")), "a b");
	T_INT(t, span_trim(SPAN(" \n")).len, 0);
	T_INT(t, span_find_any(span_make("a\0b", 3), "b"), 2);
	T_TRUE(t, span_has_nul(span_make("a\0b", 3)));
	T_FALSE(t, span_is_printable(SPAN("a\tb")));
	T_SPAN(t, span_slice(SPAN("abc"), 1, 99), "bc");
	T_INT(t, span_slice(SPAN("abc"), 3, 1).len, 0);
	T_INT(t, span_from(span_of(NULL), 5).len, 0);
}
