/* SPDX-License-Identifier: ISC */
/*
 * Time limits of sockets against absolute deadlines. Invariant: a call never blocks past the
 * deadline by more than the kernel's clock tick, because the limit in force is at most the time
 * left; it may be up to an eighth shorter, and then the call is repeated.
 */
#include "lib/sys/sock_wait.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/sys/clock.h"

enum { SOCK_UNSET = -1 };

/* Below this the limit is set exactly. */
#define SHORT_WAIT_US  INT64_C(50000)

void
sock_wait_init(struct sock_wait *wait, int fd)
{
	*wait = (struct sock_wait){ .fd = fd, .in_force_us = { SOCK_UNSET, SOCK_UNSET } };
}

bool
sock_wait_is_armed(const struct sock_wait *wait, enum sock_side side)
{
	return wait->in_force_us[side] != SOCK_UNSET;
}

/* The limit in force ends by the deadline, and not so early that calls must be repeated often. */
static bool
is_fitting(int64_t in_force_us, int64_t left_us)
{
	return in_force_us != SOCK_UNSET && in_force_us <= left_us &&
	    in_force_us >= left_us - left_us / 8;
}

static bool
set_limit(struct sock_wait *wait, enum sock_side side, int64_t left_us)
{
	int64_t limit_us = left_us > SHORT_WAIT_US ? left_us - left_us / 16 : left_us;
	int option = side == SOCK_RECV ? SO_RCVTIMEO : SO_SNDTIMEO;
	struct timeval limit = { 0 };

	if (left_us == CLOCK_NEVER)
		limit_us = CLOCK_NEVER;
	else
		limit = (struct timeval){ limit_us / CLOCK_SECOND_US, limit_us % CLOCK_SECOND_US };
	if (setsockopt(wait->fd, SOL_SOCKET, option, &limit, sizeof(limit)) < 0)
		return false;
	wait->in_force_us[side] = limit_us;
	return true;
}

/* Wait by poll(2). */
static bool
poll_until(const struct sock_wait *wait, enum sock_side side, int64_t deadline_us)
{
	struct pollfd pfd = { .fd = wait->fd, .events = side == SOCK_RECV ? POLLIN : POLLOUT };
	int ready;

	do
		ready = poll(&pfd, 1, clock_left_ms(deadline_us));
	while (ready < 0 && errno == EINTR);
	if (ready == 0)
		errno = ETIMEDOUT;
	return ready > 0;
}

bool
sock_wait_arm(struct sock_wait *wait, enum sock_side side, int64_t deadline_us)
{
	int64_t now_us = clock_now_us();
	int64_t left_us = deadline_us == CLOCK_NEVER ? CLOCK_NEVER : deadline_us - now_us;

	if (left_us <= 0) {
		errno = ETIMEDOUT;
		return false;
	}
	wait->armed_us = now_us;
	if (!wait->polls && !is_fitting(wait->in_force_us[side], left_us) &&
	    !set_limit(wait, side, left_us)) {
		if (errno != ENOTSOCK)
			return false;
		wait->polls = true;
	}
	return !wait->polls || poll_until(wait, side, deadline_us);
}

bool
sock_wait_rearm(struct sock_wait *wait, enum sock_side side, int64_t deadline_us)
{
	/* Back long before the limit: the descriptor does not block, and trying again would spin. */
	if (clock_now_us() - wait->armed_us < wait->in_force_us[side] / 2)
		wait->polls = true;
	return sock_wait_arm(wait, side, deadline_us);
}

bool
sock_wait_has_input(const struct sock_wait *wait)
{
	struct pollfd pfd = { .fd = wait->fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}
