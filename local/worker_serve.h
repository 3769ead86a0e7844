/* SPDX-License-Identifier: ISC */
#ifndef WORKER_SERVE_H
#define WORKER_SERVE_H

#include "lib/base/attr.h"
#include "lib/sys/priv.h"

/* What a worker is to become. */
struct worker_role {
	struct priv_user owner;
	const char *tree; /* the one directory that stays reachable */
	bool sandbox;     /* filter and Landlock (parameter sandbox) */
	int64_t idle_us;  /* ends after so long without a request */
};

/*
 * The life of a worker, from right after fork(2): gives up all that was inherited but the socket,
 * becomes the owner, enters the sandbox, answers requests until the launcher closes the socket.
 */
NORETURN void worker_serve(int socket, const struct worker_role *role);

#endif
