/* SPDX-License-Identifier: ISC */
/*
 * Landlock and resource limits. Constants of newer kernels than the build machine's headers know
 * are given here by value; the kernel's own version number decides which are used.
 */
#include "lib/sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sys/file.h"

/* The kernel's interface (linux/landlock.h), up to version 6. */
enum {
	ACCESS_EXECUTE = 1 << 0, ACCESS_WRITE_FILE = 1 << 1, ACCESS_READ_FILE = 1 << 2, ACCESS_READ_DIR = 1 << 3,
	ACCESS_REMOVE_DIR = 1 << 4, ACCESS_REMOVE_FILE = 1 << 5, ACCESS_MAKE_CHAR = 1 << 6, ACCESS_MAKE_DIR = 1 << 7,
	ACCESS_MAKE_REG = 1 << 8, ACCESS_MAKE_SOCK = 1 << 9, ACCESS_MAKE_FIFO = 1 << 10, ACCESS_MAKE_BLOCK = 1 << 11,
	ACCESS_MAKE_SYM = 1 << 12,
	ACCESS_REFER = 1 << 13,         /* version 2 */
	ACCESS_TRUNCATE = 1 << 14,      /* version 3 */
	ACCESS_IOCTL_DEV = 1 << 15,     /* version 5 */

	ACCESS_ALL_V1 = (1 << 13) - 1,
	ACCESS_FILE_READ = ACCESS_READ_FILE,
	ACCESS_FILE_WRITE = ACCESS_WRITE_FILE | ACCESS_TRUNCATE,
	ACCESS_DIR_WRITE = ACCESS_REMOVE_DIR | ACCESS_REMOVE_FILE | ACCESS_MAKE_DIR | ACCESS_MAKE_REG | ACCESS_REFER,

	NET_BIND_TCP = 1, NET_CONNECT_TCP = 2,          /* version 4 */
	SCOPE_ABSTRACT_UNIX = 1, SCOPE_SIGNAL = 2,      /* version 6 */

	RULE_PATH_BENEATH = 1,
	CREATE_VERSION = 1,
};

struct ruleset_attr {
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
};

struct path_beneath_attr {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

/* Resource limits and process flags. */
bool
sandbox_limit(size_t memory_bytes, size_t files, struct err *err)
{
	struct rlimit none = { 0, 0 }, memory = { memory_bytes, memory_bytes }, open_files = { files, files };

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return err_temp_errno(err, "limit core dumps");
#ifndef __SANITIZE_ADDRESS__
	if (memory_bytes > 0 && setrlimit(RLIMIT_AS, &memory) < 0)
		return err_temp_errno(err, "limit memory to %zu bytes", memory_bytes);
#else
	(void) memory;          /* the sanitizer reserves terabytes of address space */
#endif
	if (files > 0 && setrlimit(RLIMIT_NOFILE, &open_files) < 0)
		return err_temp_errno(err, "limit open files to %zu", files);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_temp_errno(err, "forbid dumps and tracing");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_temp_errno(err, "set no_new_privs");
	return true;
}

/* What this version of the kernel can handle. */
static struct ruleset_attr
handled_by(long version, unsigned rights)
{
	struct ruleset_attr attr = { .handled_fs = ACCESS_ALL_V1 };

	if (version >= 2)
		attr.handled_fs |= ACCESS_REFER;
	if (version >= 3)
		attr.handled_fs |= ACCESS_TRUNCATE;
	if (version >= 4 && !(rights & SANDBOX_SOCKETS))
		attr.handled_net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (version >= 5)
		attr.handled_fs |= ACCESS_IOCTL_DEV;
	if (version >= 6)
		attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	return attr;
}

/* The structure's size as this version knows it. */
static size_t
attr_size(long version)
{
	if (version >= 6)
		return sizeof(struct ruleset_attr);
	return version >= 4 ? offsetof(struct ruleset_attr, scoped) : offsetof(struct ruleset_attr, handled_net);
}

/* Allow one path. Rights that only make sense for directories are left out for files, as the kernel demands. */
static bool
allow_path(int ruleset, const struct sandbox_path *path, uint64_t handled, struct err *err)
{
	struct path_beneath_attr rule = { .parent_fd = path->fd };
	struct stat st;

	if (fstat(path->fd, &st) < 0)
		return err_temp_errno(err, "landlock: examine a path");
	if (path->rights & PATH_READ)
		rule.allowed |= ACCESS_FILE_READ | (S_ISDIR(st.st_mode) ? (uint64_t) ACCESS_READ_DIR : 0);
	if (path->rights & PATH_WRITE)
		rule.allowed |= ACCESS_FILE_WRITE | (S_ISDIR(st.st_mode) ? (uint64_t) ACCESS_DIR_WRITE : 0);
	rule.allowed &= handled;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_temp_errno(err, "landlock: add a rule");
	return true;
}

/* Build and enforce the rules. */
bool
sandbox_restrict_files(const struct sandbox_path *paths, size_t count, unsigned rights, unsigned *parts, struct err *err)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	struct ruleset_attr attr;
	CLEANUP(fd_close) int ruleset = -1;

	if (version < 1)
		return true;
	attr = handled_by(version, rights);
	ruleset = (int) syscall(SYS_landlock_create_ruleset, &attr, attr_size(version), 0);
	if (ruleset < 0)
		return err_temp_errno(err, "landlock: create the rules");
	for (size_t i = 0; i < count; i++)
		if (!allow_path(ruleset, &paths[i], attr.handled_fs, err))
			return false;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_temp_errno(err, "landlock: enforce the rules");
	*parts |= SANDBOX_PART_LANDLOCK | (version >= 4 ? SANDBOX_PART_LANDLOCK_NET : 0)
	    | (version >= 6 ? SANDBOX_PART_LANDLOCK_SCOPE : 0);
	return true;
}
