/* SPDX-License-Identifier: ISC */
/*
 * The supervisor: start, signals, reload, stop. It is the only process that stays root, so it reads
 * nothing that a stranger wrote: configuration files of the administrator, and small frames of its
 * own children.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/mail_log.h"
#include "lib/sys/priv.h"
#include "master/master/master_int.h"

enum { KILL_AFTER_US = 3000000, EX_USAGE_STATUS = 64 };

struct options {
	bool test_lock;                 /* -t */
	bool wait_ready;                /* -w */
};

/* --- the lock that makes master the only one ------------------------------------------------- */

/* Open and lock the pid file. -1 with *err when another master has it. */
static int
lock_pid_file(const struct master *master, struct err *err)
{
	CLEANUP(fd_close) int fd = open("pid/master.pid", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		err_temp_errno(err, "open %s/pid/master.pid", master->conf->mail.queue_directory);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		err_temp_errno(err, "another master is running: %s/pid/master.pid is locked",
		    master->conf->mail.queue_directory);
		return -1;
	}
	return fd_take(&fd);
}

/* Write our number, padded as Postfix's tools expect it. The descriptor stays open for the lock. */
static bool
write_pid(int fd, struct err *err)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%10ld\n", (long) getpid());

	return ftruncate(fd, 0) == 0 && fd_pwrite_all(fd, span_make(text, (size_t) len), 0, "pid/master.pid", err);
}

/* --- stop ------------------------------------------------------------------------------------ */

/* Do something to every child; postlogd, which writes what the others say, comes when it is alone. */
static void
each_child(struct master *master, void (*act)(struct child *child, int arg), int arg)
{
	size_t last = 0;

	for (unsigned i = 0; i < SLOTS_MAX; i++)
		if (master->slots[i] != NULL && master->slots[i]->service->manifest->may_be_last_to_stop)
			last++;
	for (unsigned i = 0; i < SLOTS_MAX; i++) {
		struct child *child = master->slots[i];

		if (child != NULL && (!child->service->manifest->may_be_last_to_stop || last == master->child_count))
			act(child, arg);
	}
}

/* Ask nicely. */
static void
stop_child(struct child *child, int arg UNUSED)
{
	if (!child->is_retiring)
		child_retire(child, false, true);
}

/* Ask less nicely. */
static void
signal_child(struct child *child, int signum)
{
	child_signal(child, signum);
}

/* The next step of a stop: asked, SIGTERM, SIGKILL. */
static void
on_stop_timer(void *ctx)
{
	struct master *master = ctx;

	master->stop_stage++;
	each_child(master, signal_child, master->stop_stage == 1 ? SIGTERM : SIGKILL);
	loop_timer_set(&master->stop_timer, KILL_AFTER_US);
}

/*
 * No new process. Strangers are refused at once, so that they try elsewhere; our own sockets stay as long
 * as a process is there that may still take who waits, and then those who wait are let go.
 */
static void
stop_service(struct service_entry *service)
{
	struct err err = { 0 };

	dispatch_stop(service);
	if (service->entry->type != MASTER_INET && !list_is_empty(&service->children))
		return;
	if (!listen_update(service, "", &err))
		log_warn("%s", err.text);
}

/* All children gone: the end. */
static void
check_stopped(struct master *master)
{
	if (!master->is_stopping)
		return;
	LIST_EACH(cursor, &master->services)
		stop_service(LIST_ENTRY(cursor, struct service_entry, link));
	if (master->child_count == 0)
		loop_stop(master->loop);
	else
		each_child(master, stop_child, 0);
}

/* Begin to stop. */
static void
begin_stop(struct master *master, int signum)
{
	if (master->is_stopping)
		return;
	master->is_stopping = true;
	log_info("terminating on signal %d", signum);
	notify_system("STOPPING=1\n");
	each_child(master, stop_child, 0);
	loop_timer_set(&master->stop_timer, master->conf->master.stop_grace_time.us);
	check_stopped(master);
}

static void
on_terminate(void *ctx)
{
	begin_stop(ctx, SIGTERM);
}

static void
on_interrupt(void *ctx)
{
	begin_stop(ctx, SIGINT);
}

/* Abort: everything ends at once. */
static void
on_quit(void *ctx)
{
	struct master *master = ctx;

	begin_stop(master, SIGQUIT);
	master->stop_stage = 1;
	loop_timer_set(&master->stop_timer, 0);
}

/* --- children and reload ---------------------------------------------------------------------- */

static void
on_child(void *ctx)
{
	children_reap(ctx);
	check_stopped(ctx);
}

/* Log as all others do, but until we serve nobody reads postlogd's socket: straight into the file. */
static void
open_log(const struct master *master, bool to_stderr, bool is_serving)
{
	struct log_setup setup = mail_log_setup(&master->conf->mail, "master", master->conf->arena);

	if (!is_serving)
		setup.socket_path = NULL;
	setup.to_stderr = to_stderr;
	setup.never_waits = true;
	setup.verbose = master->verbose;
	log_init(&setup);
	log_open();
}

/* The new configuration, or NULL. The queue cannot move under a running system. */
static struct configuration *
load_again(const struct master *master, struct err *err)
{
	struct configuration *conf = configuration_load(master->config_directory, err);
	const char *queue = master->conf->mail.queue_directory;

	if (conf != NULL && strcmp(conf->mail.queue_directory, queue) != 0) {
		err_config(err, "queue_directory was %s and is now %s: that needs a stop and a start", queue,
		    conf->mail.queue_directory);
		configuration_release(&conf);
	}
	return conf;
}

/* Read everything anew; a configuration that cannot be read leaves the old one in force. */
static void
on_hangup(void *ctx)
{
	struct master *master = ctx;
	struct configuration *conf, *old = master->conf;
	struct err err = { 0 };

	if (master->is_stopping)
		return;
	notify_system("RELOADING=1\nMONOTONIC_USEC=%lld\n", (long long) clock_now_us());
	conf = load_again(master, &err);
	if (conf == NULL) {
		log_error("reload: %s; the old configuration stays in force", err.text);
		notify_system("READY=1\n");
		return;
	}
	master->conf = conf;
	open_log(master, master->in_foreground, true);
	log_info("reload -- version %s, configuration %s", conf->mail.mail_version, master->config_directory);
	if (!services_apply(master, &err))
		log_error("reload: %s", err.text);
	configuration_release(&old);
	services_log_unsupported(master);
	notify_system("READY=1\n");
}

static void
on_exit_time(void *ctx)
{
	begin_stop(ctx, SIGALRM);
}

/* --- start ------------------------------------------------------------------------------------ */

/* Standard input, output and error exist, so that no socket gets their numbers. */
static void
hold_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fatal_errno("open /dev/null");
	} while (fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == 0);
	close(fd);
}

/* Go to the background. The parent waits, if asked, until the child says that it serves. */
static int
detach(const struct options *options)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		fatal_errno("go to the background");
	if (pid > 0) {
		close(ready[1]);
		if (options->wait_ready && read(ready[0], &byte, 1) != 1)
			_exit(1);
		_exit(0);
	}
	close(ready[0]);
	if (setsid() < 0)
		fatal_errno("start a session");
	return ready[1];
}

/* Many processes, many sockets. */
static void
raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		(void) setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Signals into the loop. */
static void
catch_signals(struct master *master)
{
	signal(SIGPIPE, SIG_IGN);
	loop_signal(master->loop, SIGTERM, on_terminate, master);
	loop_signal(master->loop, SIGINT, on_interrupt, master);
	loop_signal(master->loop, SIGQUIT, on_quit, master);
	loop_signal(master->loop, SIGHUP, on_hangup, master);
	loop_signal(master->loop, SIGCHLD, on_child, master);
}

/* In the background and serving: tell whoever waits, and let go of their terminal. */
static void
leave_terminal(int ready_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void) !write(ready_fd, "", 1);
	close(ready_fd);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void) dup2(null, fd);
	fd_close(&null);
}

/* Listen and say so. */
static void
start_services(struct master *master, int ready_fd)
{
	struct err err = { 0 };

	list_init(&master->services);
	loop_timer_init(&master->stop_timer, master->loop, on_stop_timer, master);
	health_start(master);
	if (!services_apply(master, &err))
		fatal("%s", err.text);
	services_log_unsupported(master);
	log_info("daemon started -- version %s, configuration %s", master->conf->mail.mail_version,
	    master->config_directory);
	if (!priv_is_root())
		log_info("run by an ordinary user: all processes run as that user, without root directories of their own");
	notify_system("READY=1\nMAINPID=%ld\n", (long) getpid());
	if (ready_fd >= 0)
		leave_terminal(ready_fd);
	open_log(master, master->in_foreground, true);
}

/* Serve until stopped. */
static void
run(struct master *master, int ready_fd)
{
	struct loop_timer exit_timer;

	master->loop = loop_new();
	catch_signals(master);
	start_services(master, ready_fd);
	loop_timer_init(&exit_timer, master->loop, on_exit_time, master);
	if (master->exit_after_s > 0)
		loop_timer_set(&exit_timer, master->exit_after_s * CLOCK_SECOND_US);
	loop_run(master->loop);
	services_close_all(master);
	log_flush();
}

/* The same directory whatever the working directory will be. */
static const char *
absolute(const char *dir)
{
	const char *path = realpath(dir, NULL);

	if (path == NULL)
		fatal_errno("configuration directory %s", dir);
	return path;
}

/* The seconds of -e. */
static int
exit_time(const char *text)
{
	uint64_t seconds;

	if (!span_to_u64(span_of(text), INT32_MAX, &seconds) || seconds == 0)
		fatal_status(EX_USAGE_STATUS, "-e %s: expected a number of seconds", text);
	return (int) seconds;
}

/* Command line, as Postfix's master(8). */
static void
parse_options(int argc, char **argv, struct master *master, struct options *options)
{
	int c;

	while ((c = getopt(argc, argv, "c:de:istvwD")) != -1) {
		switch (c) {
		case 'c': setenv("MAIL_CONFIG", optarg, 1); break;
		case 'd':       /* for debugging */
		case 's':       /* start-fg */
		case 'i': master->in_foreground = true; break;  /* process 1; who reaps orphans is children_reap */
		case 'e': master->exit_after_s = exit_time(optarg); break;
		case 't': options->test_lock = true; break;
		case 'v': master->verbose++; break;
		case 'w': options->wait_ready = true; break;
		case 'D': master->wants_debugger = true; break;
		default:
			fatal_status(EX_USAGE_STATUS, "usage: master [-c config_dir] [-D (debug)] [-d (don't detach from "
			    "terminal)] [-e exit_time] [-i] [-s] [-t (test)] [-v] [-w (wait for initialization)]");
		}
	}
}

int
main(int argc, char **argv)
{
	struct master master = { .config_directory = NULL };
	struct options options = { 0 };
	struct err err = { 0 };
	int pid_fd, ready_fd = -1;

	umask(077);
	tzset();
	hold_standard_descriptors();
	parse_options(argc, argv, &master, &options);
	master.config_directory = absolute(main_cf_default_dir());
	master.conf = configuration_load(master.config_directory, &err);
	if (master.conf == NULL)
		fatal("%s", err.text);
	if (chdir(master.conf->mail.queue_directory) < 0)
		fatal_errno("chdir to %s: run \"carteiro check\"", master.conf->mail.queue_directory);
	pid_fd = lock_pid_file(&master, &err);
	if (options.test_lock)
		return pid_fd < 0 ? 1 : 0;
	if (pid_fd < 0)
		fatal("%s", err.text);
	raise_file_limit();
	open_log(&master, true, false);
	if (!master.in_foreground)
		ready_fd = detach(&options);
	if (!write_pid(pid_fd, &err))
		fatal("%s", err.text);
	run(&master, ready_fd);
	return 0;
}
