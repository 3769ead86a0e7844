/* SPDX-License-Identifier: ISC */
/* Arenas and the arrays in them. */
#include "t.h"

#include "lib/base/arena.h"
#include "lib/base/array.h"

TEST(arena_limit_is_sticky)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 1000);
	struct arena_mark mark = arena_mark(arena);

	T_TRUE(t, arena_zalloc(arena, 1000 - 16) != NULL);
	T_FALSE(t, arena_is_over(arena));
	T_TRUE(t, arena_alloc(arena, 100) != NULL);
	T_TRUE(t, arena_is_over(arena));
	arena_reset(arena, mark);
	T_INT(t, arena_used(arena), 0);
	T_TRUE(t, arena_is_over(arena));
	arena_clear(arena);
	T_FALSE(t, arena_is_over(arena));
}

TEST(arena_mark_and_reset)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 10000000);
	char *kept = arena_strdup(arena, "kept");
	struct arena_mark mark = arena_mark(arena);
	size_t used = arena_used(arena);

	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 3000; size++) {
			char *p = arena_alloc(arena, size);

			T_INT(t, (uintptr_t) p % _Alignof(max_align_t), 0);
			memset(p, 'x', size);
		}
		arena_reset(arena, mark);
		T_INT(t, arena_used(arena), used);
		T_STR(t, kept, "kept");
	}
}

TEST(arena_copies)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 100000);

	T_STR(t, arena_cstr(arena, span_make("abcdef", 3)), "abc");
	T_STR(t, arena_printf(arena, "%s-%d", "x", 7), "x-7");
	T_SPAN(t, arena_dup(arena, SPAN("dup")), "dup");
	T_TRUE(t, arena_dup(arena, span_of(NULL)).p != NULL);
	T_INT(t, ARENA_ARRAY(arena, int, 100)[99], 0);
}

TEST(array_grows)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 1000000);
	ARRAY(int) numbers = { 0 };

	for (int i = 0; i < 1000; i++) {
		int *place = ARRAY_ADD(arena, &numbers);

		T_INT(t, *place, 0);
		*place = i;
	}
	T_INT(t, numbers.count, 1000);
	for (int i = 0; i < 1000; i++)
		T_INT(t, numbers.v[i], i);
}
