/* SPDX-License-Identifier: ISC */
/*
 * File systems by what they promise. Only what is known of a file system counts: one that is not
 * named here gets its directories flushed.
 */
#define _GNU_SOURCE 1

#include "lib/sys/durable.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "lib/sys/file.h"

bool
durable_names_are_ordered(int dir_fd)
{
	struct statfs fs;
	int fd CLEANUP(fd_close) = -1;

	if (fstatfs(dir_fd, &fs) != 0)
		return false;
	if (fs.f_type == XFS_SUPER_MAGIC)
		return true;
	if (fs.f_type != EXT4_SUPER_MAGIC)
		return false;
	/* ext2 has the same number, but its driver cannot reserve space. */
	fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 && fallocate(fd, 0, 0, 1) == 0;
}

bool
durable_recall(struct durable_memory *memory, dev_t device, const char *dir)
{
	if (!memory->is_set || memory->device != device) {
		int fd CLEANUP(fd_close) = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		*memory = (struct durable_memory){ device, true, fd >= 0 && durable_names_are_ordered(fd) };
	}
	return memory->names_are_ordered;
}
