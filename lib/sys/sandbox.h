/* SPDX-License-Identifier: ISC */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "lib/base/err.h"
#include "lib/sys/manifest.h"

/*
 * What a process may ask of the kernel: a system call filter (seccomp), rules for files, network and
 * signals (Landlock), resource limits. All are inherited and none can be taken back.
 */

/* One place in the file system that stays reachable, by a descriptor opened with O_PATH. */
struct sandbox_path {
	int fd;
	unsigned rights;                /* mask of path_right */
};

/* Parts of the sandbox that this kernel has, for the log and for `carteiro topology`. */
enum sandbox_part { SANDBOX_PART_FILTER = 1, SANDBOX_PART_LANDLOCK = 2, SANDBOX_PART_LANDLOCK_NET = 4,
	SANDBOX_PART_LANDLOCK_SCOPE = 8 };

/* No core dumps, not dumpable, no new privileges, at most memory_bytes of address space (0: no limit) and files descriptors. */
MUST_USE bool sandbox_limit(size_t memory_bytes, size_t files, struct err *err);

/*
 * Landlock: nothing in the file system but paths, no network unless rights has SANDBOX_SOCKETS,
 * no signals to and no abstract sockets of processes outside. A kernel without it is no error.
 */
MUST_USE bool sandbox_restrict_files(const struct sandbox_path *paths, size_t count, unsigned rights, unsigned *parts,
    struct err *err);

/* seccomp: calls outside rights (mask of sandbox_right) fail with EPERM. A kernel without it is no error. */
MUST_USE bool sandbox_filter_calls(unsigned rights, unsigned *parts, struct err *err);

#endif
