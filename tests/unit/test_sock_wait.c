/* SPDX-License-Identifier: ISC */
/* Time limits of sockets: set when they must be, left alone when they fit. */
#include "t.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/sys/clock.h"
#include "lib/sys/sock_wait.h"

enum { MS = 1000 };

static int64_t
limit_us(int fd)
{
	struct timeval limit;
	socklen_t len = sizeof(limit);

	if (getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, &len) < 0)
		abort();
	return limit.tv_sec * CLOCK_SECOND_US + limit.tv_usec;
}

static const struct step_case {
	const char *name;
	int64_t before_us, after_us;    /* time left at the first and at the second call */
	bool is_kept;                   /* the limit stays as the first call made it */
} step_cases[] = {
	{ "the same again", 300 * CLOCK_SECOND_US, 300 * CLOCK_SECOND_US, true },
	{ "a little less", 300 * CLOCK_SECOND_US, 290 * CLOCK_SECOND_US, true },
	{ "a little more", 300 * CLOCK_SECOND_US, 310 * CLOCK_SECOND_US, true },
	{ "much less", 300 * CLOCK_SECOND_US, 10 * CLOCK_SECOND_US, false },
	{ "much more", 10 * CLOCK_SECOND_US, 300 * CLOCK_SECOND_US, false },
	{ "shorter than what is in force", 300 * CLOCK_SECOND_US, 270 * CLOCK_SECOND_US, false },
	{ "for ever", 300 * CLOCK_SECOND_US, CLOCK_NEVER, false },
	{ "no longer for ever", CLOCK_NEVER, 300 * CLOCK_SECOND_US, false },
	{ "for ever again", CLOCK_NEVER, CLOCK_NEVER, true },
};

TEST(limits)
{
	EACH_CASE (t, c, step_cases) {
		struct sock_wait wait;
		struct timeval mark = { .tv_sec = 12345 };
		int fds[2];

		T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
		sock_wait_init(&wait, fds[0]);
		T_FALSE(t, sock_wait_is_armed(&wait, SOCK_RECV));
		T_TRUE(t, sock_wait_arm(&wait, SOCK_RECV, clock_deadline(c->before_us)));
		T_TRUE(t, sock_wait_is_armed(&wait, SOCK_RECV));
		T_FALSE(t, sock_wait_is_armed(&wait, SOCK_SEND));
		T_TRUE(t, limit_us(fds[0]) <= c->before_us);
		/* Whether the option is set again shows by a mark put there behind its back. */
		T_INT(t, setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &mark, sizeof(mark)), 0);
		T_TRUE(t, sock_wait_arm(&wait, SOCK_RECV, clock_deadline(c->after_us)));
		T_INT(t, limit_us(fds[0]) == mark.tv_sec * CLOCK_SECOND_US, c->is_kept);
		if (!c->is_kept && c->after_us != CLOCK_NEVER)
			T_TRUE(t, limit_us(fds[0]) > 0 && limit_us(fds[0]) <= c->after_us);
		close(fds[0]);
		close(fds[1]);
	}
}

TEST(deadline_has_passed)
{
	struct sock_wait wait;

	sock_wait_init(&wait, -1);
	errno = 0;
	T_FALSE(t, sock_wait_arm(&wait, SOCK_RECV, clock_now_us()));
	T_INT(t, errno, ETIMEDOUT);
}

TEST(closed_descriptor)
{
	struct sock_wait wait;

	sock_wait_init(&wait, -1);
	T_FALSE(t, sock_wait_arm(&wait, SOCK_SEND, clock_deadline(MS)));
	T_INT(t, errno, EBADF);
}
