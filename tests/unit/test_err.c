/* SPDX-License-Identifier: ISC */
/* Error values, file names, lists. */
#include "t.h"

#include <errno.h>

#include "lib/base/err.h"
#include "lib/base/list.h"
#include "lib/base/path.h"

TEST(err_texts)
{
	struct err err = { 0 };

	T_FALSE(t, err_set(&err, ERR_PERM, "5.1.1", "no %s", "user"));
	T_STR(t, err.text, "no user");
	T_STR(t, err.dsn, "5.1.1");
	errno = ENOENT;
	T_FALSE(t, err_temp_errno(&err, "open %s", "x"));
	T_STR(t, err.text, "open x: No such file or directory");
	T_INT(t, err.errnum, ENOENT);
	T_INT(t, err.class, ERR_TEMP);
	T_FALSE(t, err_prefix(&err, "queue %d", 1));
	T_STR(t, err.text, "queue 1: open x: No such file or directory");
	T_FALSE(t, err_set(NULL, ERR_TEMP, "4.0.0", "nobody listens"));
	T_FALSE(t, err_prefix(NULL, "x"));
	err_clear(&err);
	T_INT(t, err.class, ERR_NONE);
}

TEST(err_long_text_is_cut)
{
	struct err err = { 0 };
	char text[2000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	errno = EIO;
	T_FALSE(t, err_set_errno(&err, ERR_TEMP, "4.3.000000000000", "%s", text));
	T_INT(t, strlen(err.text), sizeof(err.text) - 1);
	T_INT(t, strlen(err.dsn), sizeof(err.dsn) - 1);
	T_FALSE(t, err_prefix(&err, "%s", text));
	T_INT(t, strlen(err.text), sizeof(err.text) - 1);
}

static const struct path_case {
	const char *name, *in, *want;
} path_cases[] = {
	{ .name = "plain", .in = "abc", .want = "/q/abc" },
	{ .name = "leading dot", .in = ".abc", .want = "/q/.abc" },
	{ .name = "empty", .in = "" },
	{ .name = "dot", .in = "." },
	{ .name = "dot dot", .in = ".." },
	{ .name = "slash", .in = "a/b" },
	{ .name = "climbs", .in = "../x" },
};

TEST(path_join)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 100000);
	char name[257];

	EACH_CASE(t, c, path_cases) {
		const char *got = path_join(arena, "/q", t_exact(t, c->in));

		T_STR(t, got, c->want);
	}
	memset(name, 'n', sizeof(name));
	T_TRUE(t, path_join(arena, "/q", span_make(name, 255)) != NULL);
	T_TRUE(t, path_join(arena, "/q", span_make(name, 256)) == NULL);
	T_TRUE(t, path_join(arena, "/q", span_make("a\0b", 3)) == NULL);
	T_STR(t, path_under(arena, "/q/", "a/b"), "/q/a/b");
	T_STR(t, path_under(arena, "/q", "/a/b"), "/a/b");
}

TEST(list_order)
{
	struct list head, a = { 0 }, b = { 0 }, c = { 0 };
	size_t count = 0;

	list_init(&head);
	T_TRUE(t, list_is_empty(&head));
	list_append(&head, &b);
	list_append(&head, &c);
	list_prepend(&head, &a);
	T_TRUE(t, head.next == &a && a.next == &b && b.next == &c && c.next == &head);
	LIST_EACH_SAFE(at, next, &head) {
		list_remove(at);
		count++;
	}
	T_INT(t, count, 3);
	T_TRUE(t, list_is_empty(&head));
	T_FALSE(t, list_is_linked(&a));
	list_remove(&a);
}
