/* SPDX-License-Identifier: ISC */
/*
 * Children from fork to wait. Between fork and exec only descriptors are moved: the program gets
 * its link to master, its shared page and the listening sockets at fixed numbers, and everything
 * else is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "master/master/master_int.h"

enum { LINK_FRAME_MAX = 4096, HIGH_FD = 256, ARGS_ARENA_BYTES = 1 << 20, SETTLED_US = 2000000 };

/* A free slot number, not one that was just given back. */
static int
free_slot(struct master *master)
{
	for (unsigned i = 0; i < SLOTS_MAX; i++) {
		unsigned slot = (master->next_slot + i) % SLOTS_MAX;

		if (master->slots[slot] == NULL) {
			master->next_slot = slot + 1;
			return (int) slot;
		}
	}
	return -1;
}

/* The page that the child writes and master reads. */
static int
make_page(struct slot **page_out)
{
	CLEANUP(fd_close) int fd = memfd_create("carteiro slot", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, sizeof(struct slot)) < 0)
		return -1;
	*page_out = mmap(NULL, sizeof(struct slot), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return *page_out == MAP_FAILED ? -1 : fd_take(&fd);
}

/* The argument vector: what the skeleton needs, then master.cf's own words. */
static const char *const *
make_args(struct service_entry *service, int slot_number, bool stressed, struct arena *arena)
{
	const struct master_entry *entry = service->entry;
	ARRAY(const char *) args = { 0 };

	*ARRAY_ADD(arena, &args) = entry->command;
	*ARRAY_ADD(arena, &args) = "-n";
	*ARRAY_ADD(arena, &args) = entry->name;
	*ARRAY_ADD(arena, &args) = "-t";
	*ARRAY_ADD(arena, &args) = master_type_name(entry->type);
	*ARRAY_ADD(arena, &args) = "-s";
	*ARRAY_ADD(arena, &args) = arena_printf(arena, "%zu", service->endpoint_count);
	*ARRAY_ADD(arena, &args) = "-l";
	*ARRAY_ADD(arena, &args) = arena_printf(arena, "%d", entry->max_processes);
	*ARRAY_ADD(arena, &args) = "-i";
	*ARRAY_ADD(arena, &args) = arena_printf(arena, "%d", slot_number);
	for (int i = 0; i < service->master->verbose; i++)
		*ARRAY_ADD(arena, &args) = "-v";
	if (service->master->wants_debugger)
		*ARRAY_ADD(arena, &args) = "-D";
	if (entry->type == MASTER_INET) {
		*ARRAY_ADD(arena, &args) = "-o";
		*ARRAY_ADD(arena, &args) = stressed ? "stress=yes" : "stress=";
	}
	for (size_t i = 0; i < entry->arg_count; i++)
		*ARRAY_ADD(arena, &args) = entry->args[i];
	*ARRAY_ADD(arena, &args) = NULL;
	return args.v;
}

/* In the child: put descriptors where the skeleton looks for them. */
static bool
place_descriptors(const struct service_entry *service, int link_fd, int page_fd)
{
	int source[LISTEN_MAX + 2];
	size_t count = 0;

	source[count++] = link_fd;
	source[count++] = page_fd;
	for (size_t i = 0; i < service->endpoint_count; i++)
		source[count++] = service->endpoints[i]->fd;
	for (size_t i = 0; i < count; i++)
		if ((source[i] = fcntl(source[i], F_DUPFD, HIGH_FD)) < 0)
			return false;
	for (size_t i = 0; i < count; i++)
		if (dup2(source[i], CHILD_FD_MASTER + (int) i) < 0)
			return false;
	return syscall(SYS_close_range, CHILD_FD_MASTER + (unsigned) count, ~0U, 0) == 0;
}

/* In the child: become the program. */
NORETURN static void
exec_child(struct service_entry *service, const char *path, const char *const *args, int link_fd, int page_fd)
{
	static const int caught[] = { SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGCHLD, SIGPIPE, SIGALRM };
	sigset_t none;

	sigemptyset(&none);
	for (size_t i = 0; i < COUNT_OF(caught); i++)
		signal(caught[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void) prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);       /* until its ids change; then it asks again */
	if (place_descriptors(service, link_fd, page_fd))
		execve(path, (char *const *) (uintptr_t) args,
		    (char *const *) (uintptr_t) service->master->conf->environment);
	fprintf(stderr, "master: fatal: run %s: %s\n", path, strerror(errno));
	_exit(126);
}

/* Record a living child. */
static void
add_child(struct service_entry *service, pid_t pid, int slot_number, struct slot *slot, int link_fd)
{
	struct child *child = xcalloc(1, sizeof(*child));
	char name[64];

	child->service = service;
	child->master = service->master;
	child->manifest = service->manifest;
	child->pid = pid;
	child->slot_number = (unsigned) slot_number;
	child->slot = slot;
	child->started_us = child->alive_us = clock_now_us();
	snprintf(name, sizeof(name), "process %ld", (long) pid);
	child->link_peer = peer_new(link_fd, name, LINK_FRAME_MAX);
	peer_attach(child->link_peer, service->master->loop, &introduce_events, child);
	service->master->slots[slot_number] = child;
	service->master->child_count++;
	list_append(&service->children, &child->link);
}

/* Start one more process of a service. */
bool
child_start(struct service_entry *service)
{
	struct master *master = service->master;
	CLEANUP(arena_free) struct arena *arena = arena_new("child arguments", ARGS_ARENA_BYTES);
	const char *path = path_under(arena, master->conf->mail.daemon_directory, service->entry->command);
	bool stressed = service->stress_until_us > clock_now_us();
	int slot_number = free_slot(master), pair[2] = { -1, -1 };
	CLEANUP(fd_close) int page_fd = -1;
	const char *const *args;
	struct slot *slot = NULL;
	pid_t pid;

	if (slot_number < 0 || (page_fd = make_page(&slot)) < 0
	    || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		log_warn_errno("service %s: prepare a process", service->entry->name);
		return false;
	}
	args = make_args(service, slot_number, stressed, arena);
	log_flush();
	pid = fork();
	if (pid == 0)
		exec_child(service, path, args, pair[1], page_fd);
	close(pair[1]);
	if (pid < 0) {
		log_warn_errno("service %s: fork", service->entry->name);
		close(pair[0]);
		munmap(slot, sizeof(*slot));
		dispatch_throttle(service, "fork failed");
		return false;
	}
	add_child(service, pid, slot_number, slot, pair[0]);
	return true;
}

/* Forget a child that has ended. */
static void
remove_child(struct child *child)
{
	struct service_entry *service = child->service;

	list_remove(&child->link);
	service->master->slots[child->slot_number] = NULL;
	service->master->child_count--;
	peer_free(&child->link_peer);
	munmap(child->slot, sizeof(*child->slot));
	free(child);
	dispatch_child_gone(service);
	services_forget_ended(service);
}

/*
 * It did not come as far as its first client; or it is the only one of its kind, and its work made it
 * fail at once, and would again. (SIGKILL comes from outside.)
 */
static bool
cannot_work(const struct child *child, int status)
{
	bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;

	if (child->slot->state == SLOT_STARTING)
		return true;
	return child->manifest->is_solitary && !was_killed && clock_now_us() - child->started_us < SETTLED_US;
}

/* Say how a child ended, when that is worth a word; hold back a program that cannot even start. */
static void
report_end(struct child *child, int status)
{
	struct service_entry *service = child->service;
	const char *dir = service->master->conf->mail.daemon_directory, *command = child->manifest->program;
	bool was_asked = child->is_retiring || service->master->is_stopping;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (WIFEXITED(status))
		log_warn("process %s/%s pid %ld exit status %d", dir, command, (long) child->pid, WEXITSTATUS(status));
	else if (WIFSIGNALED(status) && !was_asked)
		log_warn("process %s/%s pid %ld killed by signal %d", dir, command, (long) child->pid, WTERMSIG(status));
	if (!was_asked)
		wakeup_soon(service);
	if (!was_asked && cannot_work(child, status))
		dispatch_throttle(service, "bad command startup");
}

/* Find a child by its process number. */
static struct child *
find_child(struct master *master, pid_t pid)
{
	for (unsigned i = 0; i < SLOTS_MAX; i++)
		if (master->slots[i] != NULL && master->slots[i]->pid == pid)
			return master->slots[i];
	return NULL;
}

/* Collect all that ended. */
void
children_reap(struct master *master)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = find_child(master, pid);

		if (child == NULL)
			continue;       /* as process 1 we also inherit orphans */
		report_end(child, status);
		remove_child(child);
	}
}

/* Ask a child to end, or to read its configuration again. */
void
child_retire(struct child *child, bool reload, bool now)
{
	struct retire retire = { .reload = reload, .now = now };
	struct err err = { 0 };

	if (!reload || !child->manifest->reloads_in_place)
		child->is_retiring = true;
	if (child->link_peer == NULL)
		return;
	if (!peer_send(child->link_peer, &retire_desc, &retire, &err))
		log_warn("process %ld: %s", (long) child->pid, err.text);
}

/* Signal one child. */
void
child_signal(struct child *child, int signum)
{
	if (kill(child->pid, signum) < 0 && errno != ESRCH)
		log_warn_errno("signal process %ld", (long) child->pid);
}

/* Processes that can take a client now, or soon. Anything out of range counts as busy. */
size_t
children_ready(const struct service_entry *service)
{
	size_t count = 0;

	LIST_EACH(cursor, &service->children) {
		const struct child *child = LIST_ENTRY(cursor, struct child, link);

		if (!child->is_retiring && (child->slot->state == SLOT_IDLE || child->slot->state == SLOT_STARTING))
			count++;
	}
	return count;
}

/*
 * Processes that the limit of master.cf counts: of all generations, since each takes memory and a
 * client's place; but one by events that retires serves what it has beside its successor.
 */
size_t
children_counted(const struct service_entry *service)
{
	size_t count = 0;

	LIST_EACH(cursor, &service->children) {
		const struct child *child = LIST_ENTRY(cursor, struct child, link);
		enum manifest_model model = child->manifest->model;

		if (!child->is_retiring || (model != MODEL_EVENTS && model != MODEL_DATAGRAM))
			count++;
	}
	return count;
}
