/* SPDX-License-Identifier: ISC */

#include "tests/unit/t.h"

#include "qmgr/qmgr/due.h"

static void
add(struct due *due, int number, int64_t when_us)
{
	char id[QUEUE_ID_MAX];

	snprintf(id, sizeof(id), "%05X%06X", 1, number);
	due_add(due, span_of(id), when_us);
}

/* One scan that finds nothing: from then on everything before the horizon is known. */
static struct due *
scanned(size_t capacity, int64_t horizon_us)
{
	struct due *due = due_new(capacity);

	due_begin_scan(due, horizon_us);
	due_end_scan(due);
	return due;
}

TEST(nothing_is_known_before_the_first_scan)
{
	struct due *due = due_new(10);
	char id[QUEUE_ID_MAX];

	add(due, 1, 100);
	T_INT(t, due_count(due), 0);
	T_INT(t, due_horizon(due), 0);
	T_FALSE(t, due_take(due, 1000, id));
	due_free(&due);
}

TEST(soonest_first_and_not_before_its_time)
{
	static const int64_t times[] = { 50, 10, 40, 30, 20, 60, 15 };
	struct due *due = scanned(100, 1000);
	char id[QUEUE_ID_MAX];
	int64_t last = 0;
	size_t taken = 0;

	for (size_t i = 0; i < COUNT_OF(times); i++)
		add(due, (int) times[i], times[i]);
	for (int64_t now = 0; now <= 100; now++) {
		while (due_take(due, now, id)) {
			T_INT(t, strtol(id + 5, NULL, 16), now);
			T_TRUE(t, now >= last);
			last = now;
			taken++;
		}
		T_TRUE(t, due_next_time(due) > now);
	}
	T_INT(t, taken, COUNT_OF(times));
	T_INT(t, due_next_time(due), INT64_MAX);
	due_free(&due);
}

TEST(what_lies_beyond_the_horizon_is_left_to_the_next_scan)
{
	struct due *due = scanned(100, 500);

	add(due, 1, 499);
	add(due, 2, 500);
	T_INT(t, due_count(due), 1);
	due_begin_scan(due, 2000);
	add(due, 1, 499);
	add(due, 2, 500);
	T_INT(t, due_count(due), 2);
	due_end_scan(due);
	T_INT(t, due_count(due), 2);
	T_INT(t, due_horizon(due), 2000);
	due_free(&due);
}

/* Memory follows the capacity, not the queue; nothing that is due before the new horizon is lost. */
TEST(too_many_bring_the_horizon_nearer)
{
	enum { CAPACITY = 100, MANY = 10000 };
	struct due *due = scanned(CAPACITY, INT64_MAX);
	char id[QUEUE_ID_MAX];
	size_t taken = 0, expected = 0;
	uint32_t seed = 1;

	for (int i = 0; i < MANY; i++) {
		seed = seed * 1664525 + 1013904223;
		add(due, i, 1 + seed / 4096);
		T_TRUE(t, due_count(due) <= 2 * CAPACITY);
	}
	T_TRUE(t, due_horizon(due) < INT64_MAX);
	seed = 1;
	for (int i = 0; i < MANY; i++) {
		seed = seed * 1664525 + 1013904223;
		expected += 1 + seed / 4096 < due_horizon(due) ? 1 : 0;
	}
	while (due_take(due, INT64_MAX - 1, id))
		taken++;
	T_INT(t, taken, expected);
	due_free(&due);
}

TEST(all_due_at_once_do_not_get_lost_from_the_front)
{
	struct due *due = scanned(10, INT64_MAX);
	char id[QUEUE_ID_MAX];

	for (int i = 0; i < 100; i++)
		add(due, i, 7);
	T_TRUE(t, due_take(due, 7, id));
	T_TRUE(t, due_horizon(due) <= 7);
	due_free(&due);
}
