/* SPDX-License-Identifier: ISC */
/* The bounded buffer. */
#include "t.h"

#include "lib/base/str.h"

TEST(str_limit)
{
	CLEANUP(str_fini) struct str s;

	str_init(&s, 5);
	T_STR(t, str_cstr(&s), "");
	T_TRUE(t, str_add_str(&s, "abc"));
	T_FALSE(t, str_add_str(&s, "def"));
	T_TRUE(t, s.overflowed);
	T_TRUE(t, str_add_str(&s, "de"));
	T_FALSE(t, str_add_char(&s, 'f'));
	T_STR(t, str_cstr(&s), "abcde");
	T_TRUE(t, s.overflowed);
	str_clear(&s);
	T_FALSE(t, s.overflowed);
	T_TRUE(t, str_addf(&s, "%d", 12345));
	T_FALSE(t, str_addf(&s, "%d", 1));
	T_STR(t, str_cstr(&s), "12345");
}

TEST(str_huge_request)
{
	CLEANUP(str_fini) struct str s;

	str_init(&s, SIZE_MAX / 2);
	T_TRUE(t, str_add_str(&s, "abc"));
	T_TRUE(t, str_reserve(&s, SIZE_MAX - 1) == NULL);
	T_TRUE(t, s.overflowed);
}

TEST(str_growth)
{
	CLEANUP(str_fini) struct str s;

	str_init(&s, 100000);
	for (int i = 0; i < 100000; i++)
		T_NEED(t, str_add_char(&s, (char) ('a' + i % 26)));
	T_FALSE(t, str_add_char(&s, 'x'));
	T_INT(t, s.len, 100000);
	T_INT(t, s.p[s.len], 0);
	T_INT(t, s.p[99999], 'a' + 99999 % 26);
}

TEST(str_edit)
{
	CLEANUP(str_fini) struct str s;

	str_init(&s, 100);
	T_TRUE(t, str_add(&s, span_make("ab\0cd", 5)));
	str_consume(&s, 1);
	T_BYTES(t, str_span(&s), span_make("b\0cd", 4));
	str_truncate(&s, 9);
	T_INT(t, s.len, 4);
	str_truncate(&s, 1);
	T_STR(t, str_cstr(&s), "b");
	str_consume(&s, 100);
	T_STR(t, str_cstr(&s), "");
	T_TRUE(t, str_add_str(&s, "secret"));
	str_wipe(&s);
	for (size_t i = 0; i < s.cap; i++)
		T_INT(t, s.p[i], 0);
}
