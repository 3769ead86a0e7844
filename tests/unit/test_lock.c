/* SPDX-License-Identifier: ISC */
/* Locks in three styles, each against itself. */
#include "tests/unit/t.h"

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>

static const struct style_case {
	const char *name, *in, *error;
	unsigned want;
} styles[] = {
	{ "one", "flock", NULL, LOCK_STYLE_FLOCK },
	{ "two", "fcntl, dotlock", NULL, LOCK_STYLE_FCNTL | LOCK_STYLE_DOTLOCK },
	{ "all", "flock fcntl,dotlock", NULL,
	    LOCK_STYLE_FLOCK | LOCK_STYLE_FCNTL | LOCK_STYLE_DOTLOCK },
	{ "none", "", NULL, 0 },
	{ "unknown", "fcntl lockf",
	    "unknown lock method \"lockf\": expected flock, fcntl or dotlock", 0 },
};

TEST(parse_styles)
{
	EACH_CASE(t, c, styles) {
		struct err err = { 0 };
		unsigned got = 0;

		T_INT(t, lock_parse_styles(span_of(c->in), &got, &err), c->error == NULL);
		if (c->error != NULL)
			T_STR(t, err.text, c->error);
		else
			T_INT(t, got, c->want);
	}
}

/* Two descriptors of one file, as two processes would have them. */
static void
check_style(struct t *t, enum lock_style style)
{
	char path[] = "/tmp/carteiro-test.XXXXXX";
	int a CLEANUP(fd_close) = mkstemp(path), b CLEANUP(fd_close) = open(path, O_RDWR);
	struct err err = { 0 };

	T_NEED(t, a >= 0 && b >= 0);
	T_TRUE(t, lock_fd(a, style, LOCK_KIND_SHARED, 0, &err));
	T_TRUE(t, lock_fd(b, style, LOCK_KIND_SHARED, 0, &err));
	T_FALSE(t, lock_fd(b, style, LOCK_KIND_EXCLUSIVE, 0, &err));
	T_INT(t, err.errnum, EAGAIN);
	T_INT(t, err.class, ERR_TEMP);
	T_TRUE(t, lock_fd_release(a, style) && lock_fd_release(b, style));
	T_TRUE(t, lock_fd(b, style, LOCK_KIND_EXCLUSIVE, 0, &err));

	int64_t start = clock_now_us();
	T_FALSE(t, lock_fd(a, style, LOCK_KIND_SHARED, clock_deadline(50000), &err));
	T_TRUE(t, clock_now_us() - start >= 50000);
	(void) unlink(path);
}

TEST(flock)
{
	check_style(t, LOCK_STYLE_FLOCK);
}

TEST(fcntl)
{
	check_style(t, LOCK_STYLE_FCNTL);
}

TEST(dot)
{
	char dir[] = "/tmp/carteiro-test.XXXXXX", path[64], lock[80];
	struct err err = { 0 };
	struct stat st;

	T_NEED(t, mkdtemp(dir) != NULL);
	(void) snprintf(path, sizeof(path), "%s/box", dir);
	(void) snprintf(lock, sizeof(lock), "%s.lock", path);
	T_TRUE(t, lock_dot(path, 1, 0, 100, &err) && stat(lock, &st) == 0);
	T_FALSE(t, lock_dot(path, 2, 1000, 100, &err));
	T_INT(t, err.errnum, EEXIST);

	/* Who touched it last counts; a stale time of -1 s makes any lock an old one. */
	T_TRUE(t, lock_dot(path, 2, 1000, -1, &err));
	lock_dot_release(path);
	T_TRUE(t, stat(lock, &st) < 0);

	/* Nothing else is left behind. */
	T_TRUE(t, rmdir(dir) == 0);
	T_FALSE(t, lock_dot("/no/such/dir/box", 1, 0, 100, &err));
	T_INT(t, err.errnum, ENOENT);
}
