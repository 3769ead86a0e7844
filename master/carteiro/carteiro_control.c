/* SPDX-License-Identifier: ISC */
/* Start, stop and the rest: signals to the master that holds the lock on pid/master.pid. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/master_cf.h"
#include "lib/sys/param.h"
#include "master/carteiro/carteiro_int.h"

#define LEVEL_NEWEST  "3.11"    /* the last one at which a default changed */

enum { STOP_WAIT_S = 30, POLL_US = 20000 };

/* The running master's process number, or 0: it runs while its lock is held. */
static pid_t
running_master(struct command *command)
{
	const char *path = path_under(command->arena, command->mail.queue_directory, "pid/master.pid");
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[32] = "";
	uint64_t pid = 0;

	if (fd < 0) {
		if (errno != ENOENT)
			fatal_errno("open %s", path);
		return 0;
	}
	if (flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0 || !span_to_u64(span_trim(span_of(text)), INT32_MAX, &pid))
		fatal("%s: expected a process number, found \"%s\"", path, text);
	return (pid_t) pid;
}

/* The running master, or the end of this command. */
static pid_t
require_master(struct command *command)
{
	pid_t pid = running_master(command);

	if (pid == 0)
		fatal("the mail system is not running");
	return pid;
}

int
control_run_program(const char *path, const char *const *args)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(path, (char *const *) (uintptr_t) args);
		log_error("run %s: %s", path, strerror(errno));
		_exit(126);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		fatal_errno("run %s", path);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The note on one table's row, or NULL. */
static const char *
old_default(struct command *command, const struct param_table *table, const struct param *row)
{
	if (row->since_level == NULL || table->prefix[0] == '$' || param_is_removed(table, row))
		return NULL;
	return param_backwards_note(command->cf, arena_printf(command->arena, "%s%s", table->prefix, row->name), command->arena);
}

/* Settings that are as they were in an old version because compatibility_level says so: that they are, or which. */
static void
log_old_defaults(struct command *command, bool names_all)
{
	size_t count = 0;

	for (const struct param_table *const *table = param_registry; *table != NULL; table++)
		for (size_t i = 0; i < (*table)->count; i++) {
			const char *note = old_default(command, *table, &(*table)->rows[i]);

			if (note != NULL && names_all)
				log_info("%s", note);
			count += note != NULL;
		}
	if (count == 0)
		return;
	log_info("running with backwards-compatible default settings (compatibility_level is %s)%s",
	    command->mail.compatibility_level, names_all ? "" : "; \"carteiro check\" names them");
	log_info("to disable backwards compatibility use \"postconf compatibility_level=" LEVEL_NEWEST "\" and \"carteiro reload\"");
}

/* Files lie where the hash directories of today's configuration want them: elsewhere nobody would see them. */
static void
mend_queue(struct command *command)
{
	const char *path = path_under(command->arena, command->mail.command_directory, "postsuper");
	const char *args[] = { "postsuper", "-s", NULL };

	if (control_run_program(path, args) != 0)
		log_warn("%s -s failed: mail whose file lies in the wrong directory waits unseen", path);
}

/* Directories and files in order, and no other master. */
static void
prepare_start(struct command *command)
{
	if (running_master(command) != 0)
		fatal("the mail system is already running");
	if (!layout_check(command, false))
		fatal("the mail system cannot start; see above");
	mend_queue(command);
	log_old_defaults(command, false);
}

/* In the background: back when the sockets listen. */
int
control_start(struct command *command)
{
	const char *path = path_under(command->arena, command->mail.daemon_directory, "master");
	const char *args[] = { "master", "-w", command->verbose ? "-v" : NULL, NULL };
	int status;

	prepare_start(command);
	log_info("starting the Carteiro mail system");
	status = control_run_program(path, args);
	if (status != 0)
		fatal("the mail system did not start; see the log");
	return 0;
}

/* In the foreground: this process becomes master. */
int
control_start_foreground(struct command *command)
{
	const char *path = path_under(command->arena, command->mail.daemon_directory, "master");
	const char *args[] = { "master", getpid() == 1 ? "-i" : "-s", command->verbose ? "-v" : NULL, NULL };

	prepare_start(command);
	log_info("starting the Carteiro mail system in the foreground");
	execv(path, (char *const *) (uintptr_t) args);
	fatal_errno("run %s", path);
}

/* Wait for the lock to be given back. */
static bool
wait_stopped(struct command *command, int seconds)
{
	int64_t deadline = clock_deadline(seconds * CLOCK_SECOND_US);

	while (running_master(command) != 0) {
		if (clock_now_us() > deadline)
			return false;
		usleep(POLL_US);
	}
	return true;
}

/* Stop with one signal. */
static int
stop_by(struct command *command, int signum, const char *doing)
{
	pid_t pid = require_master(command);

	log_info("%s the Carteiro mail system", doing);
	if (kill(pid, signum) < 0)
		fatal_errno("signal master, process %ld", (long) pid);
	if (!wait_stopped(command, STOP_WAIT_S))
		fatal("master, process %ld, did not end within %d seconds", (long) pid, STOP_WAIT_S);
	return 0;
}

int
control_stop(struct command *command)
{
	return stop_by(command, SIGTERM, "stopping");
}

int
control_abort(struct command *command)
{
	return stop_by(command, SIGQUIT, "aborting");
}

/*
 * A configuration that cannot be read is refused here, where somebody reads the answer. A bad value
 * of one program is told and no reason to withhold the rest from the others.
 */
int
control_reload(struct command *command)
{
	const struct master_cf *services;
	struct err err = { 0 };

	(void) require_master(command);
	services = master_cf_load(command->cf, command->config_directory, command->arena, &err);
	if (services == NULL)
		fatal("%s", err.text);
	if (!layout_check(command, false))
		fatal("the mail system was not reloaded; see above");
	(void) params_check(command, services);
	log_old_defaults(command, false);
	log_info("refreshing the Carteiro mail system");
	return control_signal_reload(command) ? 0 : 1;
}

bool
control_signal_reload(struct command *command)
{
	pid_t pid = running_master(command);

	if (pid != 0 && kill(pid, SIGHUP) < 0)
		fatal_errno("signal master, process %ld", (long) pid);
	return pid != 0;
}

/* Deliver now: postqueue knows how. */
int
control_flush(struct command *command)
{
	const char *path = path_under(command->arena, command->mail.command_directory, "postqueue");
	const char *args[] = { "postqueue", "-f", NULL };

	require_master(command);
	return control_run_program(path, args);
}

/* Directories, both configuration files, every value in them, and what postconf has to say of the settings. */
int
control_check(struct command *command)
{
	const char *path = path_under(command->arena, command->mail.command_directory, "postconf");
	const char *args[] = { "postconf", "-n", NULL };
	const struct master_cf *services;
	struct err err = { 0 };
	bool ok = layout_check(command, false) && layout_check_commands(command, false);

	services = master_cf_load(command->cf, command->config_directory, command->arena, &err);
	if (services == NULL) {
		log_error("%s", err.text);
		ok = false;
	} else
		upgrade_report(command, services);
	ok = params_check(command, services) && ok;
	log_old_defaults(command, true);
	if (access(path, X_OK) == 0) {
		fflush(stdout);
		if (freopen("/dev/null", "w", stdout) != NULL)
			ok = control_run_program(path, args) == 0 && ok;
	}
	return ok ? 0 : 1;
}

int
control_status(struct command *command)
{
	pid_t pid = running_master(command);

	if (pid == 0)
		log_info("the Carteiro mail system is not running");
	else
		log_info("the Carteiro mail system is running: PID: %ld", (long) pid);
	return pid == 0 ? 1 : 0;
}

int
control_set_permissions(struct command *command)
{
	if (geteuid() != 0)
		fatal("only root can set owners");
	return layout_check(command, true) && layout_check_commands(command, true) ? 0 : 1;
}

/* Accounts are a program of their own, since it links what this one has no use for. */
int
control_run_user(struct command *command)
{
	const char *path = arena_printf(command->arena, "%s/carteiro-user", command->mail.daemon_directory);
	size_t count = 0;
	char **args;

	while (command->args[count] != NULL)
		count++;
	args = ARENA_ARRAY(command->arena, char *, count + 2);
	args[0] = arena_strdup(command->arena, "carteiro-user");
	for (size_t i = 0; i < count; i++)
		args[i + 1] = arena_strdup(command->arena, command->args[i]);
	execv(path, args);
	log_error("run %s: %s", path, strerror(errno));
	return 1;
}
