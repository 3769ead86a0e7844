/* SPDX-License-Identifier: ISC */
/*
 * The system call filter. Rights are lists of names; a name that this machine does not know is
 * skipped. A forbidden call fails with EPERM instead of killing, so that a library's probing ends
 * in its own error path and mail goes on; clone3 fails with ENOSYS so that the C library falls back.
 * Memory is never made executable once the filter stands.
 */
#include "lib/sys/sandbox.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Memory, time, open descriptors, signals to oneself, ending: for everybody. */
static const char *const common_calls[] = {
	"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "lseek", "_llseek", "close",
	"close_range", "fstat", "fstat64", "newfstatat", "fstatat64", "statx", "fstatfs", "fstatfs64", "fadvise64",
	"poll", "ppoll", "select", "_newselect", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "eventfd2", "timerfd_create", "timerfd_settime", "pipe", "pipe2", "dup", "dup2", "dup3",
	"munmap", "mremap", "madvise", "brk", "futex", "membarrier", "rseq", "set_robust_list",
	"clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "alarm", "setitimer", "getitimer",
	"getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getrandom", "uname", "sysinfo",
	"getrlimit", "ugetrlimit", "sched_yield", "sched_getaffinity", "getcpu", "getcwd", "umask", "ftruncate", "ftruncate64",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "rt_sigpending", "restart_syscall",
	"exit", "exit_group",
	"sendto", "sendmsg", "recvfrom", "recvmsg", "send", "recv", "shutdown", "getsockopt", "setsockopt", "getsockname",
	"getpeername", "sendmmsg",
	NULL,
};

static const char *const accept_calls[] = { "accept", "accept4", NULL };
static const char *const read_calls[] = { "open", "openat", "openat2", "getdents", "getdents64", "access", "faccessat",
	"faccessat2", "stat", "stat64", "lstat", "lstat64", "readlink", "readlinkat", "statfs", "statfs64", "fchdir", "chdir",
	"inotify_init1", "inotify_add_watch", "inotify_rm_watch", NULL };
static const char *const write_calls[] = { "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir",
	"link", "linkat", "chmod", "fchmod", "fchmodat", "utime", "utimes", "utimensat", "utimensat_time64", "futimesat",
	"truncate", "fallocate", "copy_file_range", "sendfile", "sendfile64", NULL };
static const char *const lock_calls[] = { "flock", NULL };
static const char *const socket_calls[] = { "bind", "connect", "listen", "recvmmsg", NULL };
static const char *const fork_calls[] = { "clone", "fork", "vfork", "wait4", "waitid", "waitpid", "kill", "tgkill",
	"pidfd_open", "pidfd_send_signal", "setpgid", "setsid", "socketpair", NULL };
static const char *const id_calls[] = { "setuid", "setgid", "setresuid", "setresgid", "setreuid", "setregid", "setgroups",
	"setfsuid", "setfsgid", "capset", "capget", "chroot", "prctl", "seccomp", "landlock_create_ruleset",
	"landlock_add_rule", "landlock_restrict_self", "setrlimit", "prlimit64", "chown", "fchown", "fchownat", "lchown", NULL };
static const char *const sync_calls[] = { "fsync", "fdatasync", "syncfs", "sync_file_range", NULL };

static const struct call_set {
	unsigned right;
	const char *const *names;
} call_sets[] = {
	{ 0, common_calls },
	{ SANDBOX_ACCEPT, accept_calls },
	{ SANDBOX_READ, read_calls },
	{ SANDBOX_WRITE, read_calls },
	{ SANDBOX_WRITE, write_calls },
	{ SANDBOX_LOCK, lock_calls },
	{ SANDBOX_SOCKETS, socket_calls },
	{ SANDBOX_FORK, fork_calls },
	{ SANDBOX_IDS, id_calls },
	{ SANDBOX_SYNC, sync_calls },
};

/* fcntl(2) commands for everybody, and those that lock. */
static const int fcntl_common[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC };
static const int fcntl_locks[] = { F_SETLK, F_SETLKW, F_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_OFD_GETLK };

/* Allow each call of a list whatever its arguments. */
static bool
allow_calls(scmp_filter_ctx filter, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		int call = seccomp_syscall_resolve_name(names[i]);

		if (call == __NR_SCMP_ERROR || call < 0)
			continue;
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) < 0)
			return false;
	}
	return true;
}

/* Allow one call where its argument has one value. */
static bool
allow_value(scmp_filter_ctx filter, int call, unsigned arg, uint64_t value)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_CMP64(arg, SCMP_CMP_EQ, value)) >= 0;
}

/* Allow a call unless a bit of its third argument is set. */
static bool
allow_without_bit(scmp_filter_ctx filter, int call, uint64_t bit)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, bit, 0)) >= 0;
}

/* fcntl by command. */
static bool
allow_fcntl(scmp_filter_ctx filter, const int *commands, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!allow_value(filter, SCMP_SYS(fcntl), 1, (uint64_t) commands[i]))
			return false;
	return true;
}

/* Sockets: of the network and of this host; never raw, packet or netlink. */
static bool
allow_sockets(scmp_filter_ctx filter)
{
	static const int families[] = { AF_INET, AF_INET6, AF_UNIX };

	for (size_t i = 0; i < COUNT_OF(families); i++)
		if (!allow_value(filter, SCMP_SYS(socket), 0, (uint64_t) families[i]))
			return false;
	return true;
}

/* Calls that depend on their arguments. */
static bool
allow_conditional(scmp_filter_ctx filter, unsigned rights)
{
	uint64_t self = (uint64_t) getpid();

	return allow_without_bit(filter, SCMP_SYS(mmap), PROT_EXEC)
	    && allow_without_bit(filter, SCMP_SYS(mprotect), PROT_EXEC)
	    && allow_value(filter, SCMP_SYS(ioctl), 1, FIONREAD)
	    && allow_value(filter, SCMP_SYS(ioctl), 1, TCGETS)
	    && allow_value(filter, SCMP_SYS(prctl), 0, PR_SET_NAME)
	    && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_CMP64(2, SCMP_CMP_EQ, 0)) >= 0
	    && ((rights & SANDBOX_FORK) || allow_value(filter, SCMP_SYS(tgkill), 0, self))
	    && allow_fcntl(filter, fcntl_common, COUNT_OF(fcntl_common))
	    && (!(rights & SANDBOX_LOCK) || allow_fcntl(filter, fcntl_locks, COUNT_OF(fcntl_locks)))
	    && (!(rights & SANDBOX_SOCKETS) || allow_sockets(filter));
}

/* Build and load the filter. */
bool
sandbox_filter_calls(unsigned rights, unsigned *parts, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool ok = filter != NULL;
	int failed = 0;

	for (size_t i = 0; ok && i < COUNT_OF(call_sets); i++)
		if (call_sets[i].right == 0 || (rights & call_sets[i].right))
			ok = allow_calls(filter, call_sets[i].names);
	ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) >= 0;
	ok = ok && allow_conditional(filter, rights);
	if (ok)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	if (!ok)
		return err_temp(err, "system call filter: cannot be built");
	if (failed == -EINVAL || failed == -ENOSYS || failed == -EFAULT)
		return true;
	if (failed < 0) {
		errno = -failed;
		return err_temp_errno(err, "system call filter: load");
	}
	*parts |= SANDBOX_PART_FILTER;
	return true;
}
