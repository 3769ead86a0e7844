/* SPDX-License-Identifier: ISC */
/* The two clocks and the arithmetic of deadlines. */
#include "lib/sys/clock.h"

#include <limits.h>
#include <time.h>

static int64_t
clock_read_us(clockid_t which)
{
	struct timespec now;

	(void) clock_gettime(which, &now);
	return (int64_t) now.tv_sec * CLOCK_SECOND_US + now.tv_nsec / 1000;
}

int64_t
clock_now_us(void)
{
	return clock_read_us(CLOCK_MONOTONIC);
}

int64_t
clock_wall_us(void)
{
	return clock_read_us(CLOCK_REALTIME);
}

int64_t
clock_deadline(int64_t after_us)
{
	int64_t now = clock_now_us();

	return after_us >= CLOCK_NEVER - now ? CLOCK_NEVER : now + after_us;
}

int
clock_left_ms(int64_t deadline_us)
{
	if (deadline_us == CLOCK_NEVER)
		return -1;

	int64_t now = clock_now_us();
	if (deadline_us <= now)
		return 0;

	int64_t left_ms = (deadline_us - now - 1) / 1000 + 1;
	return left_ms > INT_MAX ? INT_MAX : (int) left_ms;
}
