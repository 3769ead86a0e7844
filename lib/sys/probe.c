/* SPDX-License-Identifier: ISC */
/* What a process that was taken over could reach: asked of the kernel, not of the manifest. */
#include "lib/sys/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

#ifdef CARTEIRO_PROBE

/* 0 when it was allowed, else errno. */
static int
try_open(const char *path, int flags)
{
	CLEANUP(fd_close) int fd = open(path, flags | O_CLOEXEC);

	return fd >= 0 ? 0 : errno;
}

static int
try_shadow(struct program *program UNUSED)
{
	return try_open("/etc/shadow", O_RDONLY);
}

static int
try_mail_of_others(struct program *program UNUSED)
{
	const char *path = getenv("CARTEIRO_PROBE_FILE");

	return path ? try_open(path, O_RDONLY) : ENOENT;
}

/* The queue, by its name from outside and by the name it would have inside a queue root. */
static int
try_queue(struct program *program)
{
	const char *outside = path_under(program->arena, program->mail->queue_directory, "incoming");

	return try_open(outside, O_RDONLY | O_DIRECTORY) == 0 ? 0 : try_open("/incoming", O_RDONLY | O_DIRECTORY);
}

static int
try_private_sockets(struct program *program)
{
	const char *outside = path_under(program->arena, program->mail->queue_directory, "private");

	return try_open(outside, O_RDONLY | O_DIRECTORY) == 0 ? 0 : try_open("/private", O_RDONLY | O_DIRECTORY);
}

static int
try_connect(struct program *program UNUSED)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const char *port = getenv("CARTEIRO_PROBE_PORT");
	CLEANUP(fd_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_port = htons((uint16_t) (port ? atoi(port) : 25));
	if (fd < 0)
		return errno;
	return connect(fd, (struct sockaddr *) &to, sizeof(to)) == 0 ? 0 : errno;
}

/* A name that does not exist: the filter answers before the file system does. */
static int
try_exec(struct program *program UNUSED)
{
	char name[] = "/nonexistent/probe";
	char *args[] = { name, NULL };

	execve(name, args, args + 1);
	return errno == ENOENT ? 0 : errno;
}

static int
try_ptrace(struct program *program)
{
	long failed = ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);

	(void) program;
	return failed == 0 ? 0 : errno;
}

static int
try_signal(struct program *program UNUSED)
{
	return kill(getppid(), 0) == 0 ? 0 : errno;
}

static int
try_executable_memory(struct program *program UNUSED)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED ? 0 : errno;
}

static int
try_become_root(struct program *program UNUSED)
{
	if (geteuid() == 0)
		return 0;
	return setresuid(0, 0, 0) == 0 ? 0 : errno;
}

static int
try_write_config(struct program *program)
{
	return try_open(path_under(program->arena, program->config_directory, "main.cf"), O_WRONLY);
}

static const struct attempt {
	const char *what;
	int (*try)(struct program *program);
} attempts[] = {
	{ "read /etc/shadow", try_shadow },
	{ "read another user's mail", try_mail_of_others },
	{ "list the queue", try_queue },
	{ "list private sockets", try_private_sockets },
	{ "write main.cf", try_write_config },
	{ "connect out", try_connect },
	{ "execute a program", try_exec },
	{ "trace master", try_ptrace },
	{ "signal master", try_signal },
	{ "make memory executable", try_executable_memory },
	{ "become root", try_become_root },
};

/* Try all, where it is asked for. */
void
probe_run(struct program *program)
{
	if (getenv("CARTEIRO_PROBE_FILE") == NULL && getenv("CARTEIRO_PROBE_PORT") == NULL)
		return;
	for (size_t i = 0; i < COUNT_OF(attempts); i++) {
		int error = attempts[i].try(program);

		if (error == 0)
			log_info("probe: %s: allowed", attempts[i].what);
		else
			log_info("probe: %s: refused (%s)", attempts[i].what, strerror(error));
	}
}

#endif
