/* SPDX-License-Identifier: ISC */
#ifndef SOCK_WAIT_H
#define SOCK_WAIT_H

#include "lib/base/attr.h"

/*
 * How sequential code waits on a blocking socket until an absolute deadline: the kernel's own
 * SO_RCVTIMEO and SO_SNDTIMEO stand in for poll(2), and are set anew only when the value in force
 * no longer fits, so that a conversation with equal time limits costs one system call per read.
 * Descriptors that have no such time limits (pipes), or do not block, are polled instead.
 */
enum sock_side { SOCK_RECV, SOCK_SEND };

struct sock_wait {
	int fd;
	bool polls;                     /* time limits do not work here */
	int64_t in_force_us[2];         /* per side; SOCK_UNSET: never set, INT64_MAX: none */
	int64_t armed_us;               /* when the last call was made ready */
};

void sock_wait_init(struct sock_wait *wait, int fd);

/* This side has had to wait before: try a blocking call first. */
bool sock_wait_is_armed(const struct sock_wait *wait, enum sock_side side);

/*
 * Before a blocking call: it will return EAGAIN at the deadline at the latest, perhaps earlier.
 * returns   false with errno ETIMEDOUT: the deadline has passed; other errno: the system refused
 */
MUST_USE bool sock_wait_arm(struct sock_wait *wait, enum sock_side side, int64_t deadline_us);

/* After the call returned EAGAIN: the same, for the time that is left. */
MUST_USE bool sock_wait_rearm(struct sock_wait *wait, enum sock_side side, int64_t deadline_us);

/* Bytes, the end or an error can be read without waiting. */
bool sock_wait_has_input(const struct sock_wait *wait);

#endif
