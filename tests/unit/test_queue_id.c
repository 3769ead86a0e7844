/* SPDX-License-Identifier: ISC */
/* Queue IDs. */
#include "t.h"

#include "lib/queue/queue_id.h"

static const struct id_case {
	const char *name, *id, *digits;
	bool is_valid, is_long;
} id_cases[] = {
	{ .name = "short", .id = "75885A76C93", .digits = "75885", .is_valid = true },
	{ .name = "long",
	    .id = "4jW9BP50vDz1bgNy",
	    .digits = "AC3D8",
	    .is_valid = true,
	    .is_long = true },
	{ .name = "lower case hexadecimal", .id = "75885a76c93" },
	{ .name = "too short", .id = "75885" },
	{ .name = "empty", .id = "" },
	{ .name = "path", .id = "../../../etc" },
	{ .name = "slash inside", .id = "75885/76C93" },
	{ .name = "vowel in a long one", .id = "4jW9BA50vDz1bgNy" },
	{ .name = "z in the number", .id = "4jW9BP50vDz1bgNz" },
	{ .name = "no number", .id = "4jW9BP50vDz" },
	{ .name = "no microseconds", .id = "4jW9BPz1bgNy" },
	{ .name = "endless",
	    .id = "111111111111111111111111111111111111111111111111111111111111111111" },
};

TEST(queue_id_forms)
{
	EACH_CASE (t, c, id_cases) {
		struct span id = t_exact(t, c->id);
		char digits[6];

		T_INT(t, queue_id_is_valid(id), c->is_valid);
		T_INT(t, queue_id_is_long(id), c->is_long);
		queue_id_hash_digits(id, digits);
		if (c->digits != NULL)
			T_STR(t, digits, c->digits);
	}
}

static const struct make_case {
	const char *name, *id;
	bool wants_long;
	int64_t us;
	unsigned slot;
} make_cases[] = {
	{ .name = "short", .us = 1577836800000001, .slot = 3, .id = "000013" },
	{ .name = "short, later", .us = 1795166305481413, .slot = 0xabc, .id = "75885CF42F61ABC" },
	{ .name = "long", .us = 1795166305481413, .slot = 0xabc, .wants_long = true, .id = NULL },
};

TEST(queue_id_make)
{
	EACH_CASE (t, c, make_cases) {
		struct queue_id_source source = { .slot = c->slot, .wants_long = c->wants_long };
		char id[QUEUE_ID_MAX];
		int64_t when;

		queue_id_next(&source, c->us, id, &when);
		T_INT(t, when, c->us);
		T_TRUE(t, queue_id_is_valid(span_of(id)));
		if (c->id != NULL)
			T_STR(t, id, c->id);
		if (c->wants_long)
			T_INT(t, queue_id_time(span_of(id)), c->us);
	}
}

/* A clock that stands still, or goes back, gives no ID twice. */
TEST(queue_id_never_repeats)
{
	struct queue_id_source source = { .slot = 1 };
	char last[QUEUE_ID_MAX] = "", id[QUEUE_ID_MAX];
	int64_t before = 0, when;

	for (int i = 0; i < 1000; i++) {
		queue_id_next(&source, 1795166305999500 - i / 500, id, &when);
		T_TRUE(t, strcmp(id, last) != 0);
		T_TRUE(t, when > before);
		before = when;
		memcpy(last, id, sizeof(last));
	}
}
