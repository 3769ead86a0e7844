/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE 1

#include "local/child.h"

#include "lib/sys/clock.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

bool
child_wait(pid_t pid, int *status, int64_t deadline_us)
{
	for (int64_t pause_us = 500;; pause_us = pause_us < 50000 ? pause_us * 2 : pause_us) {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got == pid || (got < 0 && errno != EINTR))
			return true;
		if (clock_now_us() >= deadline_us)
			return false;
		(void) usleep((useconds_t) pause_us);
	}
}
