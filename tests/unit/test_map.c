/* SPDX-License-Identifier: ISC */
/* The hash table. */
#include "t.h"

#include "lib/base/map.h"

static struct span
number_key(char *text, size_t size, int i)
{
	return span_make(text, (size_t) snprintf(text, size, "key-%d", i));
}

TEST(map_basics)
{
	struct map *map = map_new();
	int one = 1, two = 2;

	T_TRUE(t, map_get(map, SPAN("a")) == NULL);
	T_TRUE(t, map_set(map, SPAN("a"), &one) == NULL);
	T_TRUE(t, map_set(map, SPAN("a"), &two) == &one);
	T_TRUE(t, map_set(map, SPAN(""), &one) == NULL);
	T_TRUE(t, map_set(map, span_make("a\0b", 3), &one) == NULL);
	T_INT(t, map_count(map), 3);
	T_TRUE(t, map_get(map, span_of(NULL)) == &one);
	T_TRUE(t, map_remove(map, SPAN("a")) == &two);
	T_TRUE(t, map_remove(map, SPAN("a")) == NULL);
	T_TRUE(t, map_get(map, span_make("a\0b", 3)) == &one);
	T_INT(t, map_count(map), 2);
	map_free(&map, NULL);
	T_TRUE(t, map == NULL);
	map_free(&map, NULL);
}

/* Ten rounds of fill and empty, so that gaps and rebuilds are met in every order. */
TEST(map_churn)
{
	struct map *map = map_new();
	static int values[5000];
	char text[32];

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 5000; i++)
			T_TRUE(t, map_set(map, number_key(text, sizeof(text), i),
			    &values[i]) == NULL);
		T_INT(t, map_count(map), 5000);
		for (int i = 0; i < 5000; i += 2)
			T_TRUE(t, map_remove(map, number_key(text, sizeof(text), i)) == &values[i]);
		for (int i = 0; i < 5000; i++)
			T_TRUE(t, map_get(map, number_key(text, sizeof(text),
			    i)) == (i % 2 ? &values[i] : NULL));
		for (int i = 1; i < 5000; i += 2)
			T_TRUE(t, map_remove(map, number_key(text, sizeof(text), i)) == &values[i]);
		T_INT(t, map_count(map), 0);
	}
	map_free(&map, NULL);
}

TEST(map_walk_and_remove)
{
	struct map *map = map_new();
	char text[32];
	struct span key;
	void *value;
	size_t seen = 0;

	for (int i = 0; i < 100; i++)
		(void) map_set(map, number_key(text, sizeof(text), i), malloc(1));
	for (size_t it = 0; map_next(map, &it, &key, &value);) {
		if (seen++ % 2 == 0)
			free(map_remove(map, key));
	}
	T_INT(t, seen, 100);
	T_INT(t, map_count(map), 50);
	map_free(&map, free);
}
