/* SPDX-License-Identifier: ISC */
#include "tests/unit/t.h"

#include "lib/sys/durable.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Memory is not a disk: nothing is promised of it. */
TEST(unknown_file_system)
{
	int fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	T_NEED(t, fd >= 0);
	T_TRUE(t, !durable_names_are_ordered(fd));
	(void) close(fd);
	T_TRUE(t, !durable_names_are_ordered(-1));
}

/* The file system of the build tree, when it is one that is known. */
TEST(known_file_system)
{
	struct statfs fs;
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	T_NEED(t, fd >= 0 && fstatfs(fd, &fs) == 0);
	T_INT(t, durable_names_are_ordered(fd), fs.f_type == XFS_SUPER_MAGIC || fs.f_type == EXT4_SUPER_MAGIC);
	(void) close(fd);
}

/* Who asked once does not ask again, until it is about another device. */
TEST(recall)
{
	struct durable_memory memory = { .device = 5, .is_set = true, .names_are_ordered = true };

	T_TRUE(t, durable_recall(&memory, 5, "/nonexistent"));
	T_TRUE(t, !durable_recall(&memory, 6, "/nonexistent"));
	T_TRUE(t, memory.is_set && memory.device == 6 && !memory.names_are_ordered);
	T_TRUE(t, !durable_recall(&memory, 6, "."));
}
