/* SPDX-License-Identifier: ISC */
/*
 * Commands. The launcher has no filter, no Landlock and may gain privileges, since what it forks here
 * inherits that, and procmail or sendmail need them. What is shed: ids, groups, descriptors,
 * environment.
 */
#define _GNU_SOURCE 1

#include "local/local/local_exec.h"

#include "lib/base/array.h"
#include "lib/base/encode.h"
#include "lib/queue/agent.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "local/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum { OUTPUT_SHOWN = 400 };

/* For a feeder whose command has ended: time to find out that nobody reads any more. */
static const int64_t feeder_grace_us = 1 * CLOCK_SECOND_US;

static const struct exit_row {
	int status;
	const char *dsn, *text;
} exit_rows[] = {
	{ EX_USAGE, "5.3.0", "command line usage error" },
	{ EX_DATAERR, "5.6.0", "data format error" },
	{ EX_NOINPUT, "5.3.0", "cannot open input" },
	{ EX_NOUSER, "5.1.1", "user unknown" },
	{ EX_NOHOST, "5.1.2", "host name unknown" },
	{ EX_UNAVAILABLE, "5.3.0", "service unavailable" },
	{ EX_SOFTWARE, "5.3.0", "internal software error" },
	{ EX_OSERR, "4.3.0", "system resource problem" },
	{ EX_OSFILE, "5.3.0", "critical OS file missing" },
	{ EX_CANTCREAT, "5.2.0", "can't create user output file" },
	{ EX_IOERR, "5.3.0", "input/output error" },
	{ EX_TEMPFAIL, "4.3.0", "temporary failure" },
	{ EX_PROTOCOL, "5.5.0", "remote error in protocol" },
	{ EX_NOPERM, "5.7.0", "permission denied" },
	{ EX_CONFIG, "5.3.5", "local configuration error" },
};

static bool
fail_with(struct err *err, const char *dsn, const char *text, struct span output)
{
	return err_set(err, dsn[0] == '4' ? ERR_TEMP : ERR_PERM, dsn, "%s%s%.*s", text,
	    output.len > 0 ? ". Command output: " : "", SPAN_ARG(output));
}

/* Output on one line that a report can hold. What it has of 8-bit bytes stays when it is UTF-8. */
static struct span
flatten(struct span output, char *room, size_t size)
{
	bool is_utf8;

	output = span_slice(span_trim(output), 0, size);
	is_utf8 = utf8_is_valid(output);
	for (size_t i = 0; i < output.len; i++) {
		char c = output.p[i];

		room[i] = ascii_is_space(c)                       ? ' '
		    : ascii_is_print(c) || (is_utf8 && (c & 0x80)) ? c
								   : '_';
	}
	return span_make(room, output.len);
}

/* The output, or else what the status means. */
static void
add_diagnostic(struct str *out, int status, struct span output)
{
	size_t i = 0;

	str_addf(out, "x-unix; ");
	while (i < COUNT_OF(exit_rows) && exit_rows[i].status != status)
		i++;
	if (output.len > 0)
		str_add(out, output);
	else if (i < COUNT_OF(exit_rows))
		str_addf(out, "%s", exit_rows[i].text);
	else
		str_addf(out, "unknown mail system error %d", status);
}

bool
local_exec_judge(const char *command, int status, struct span output, struct str *diagnostic,
    struct err *err)
{
	struct span dsn, text;
	char reason[300], code[12], line[OUTPUT_SHOWN];

	output = flatten(output, line, sizeof(line));
	if (WIFSIGNALED(status)) {
		(void) snprintf(reason, sizeof(reason), "Command died with signal %d: \"%.200s\"",
		    WTERMSIG(status), command);
		add_diagnostic(diagnostic, EX_SOFTWARE, output);
		return fail_with(err, "4.3.0", reason, output);
	}
	if (WEXITSTATUS(status) == EX_OK)
		return true;
	agent_split_dsn(output, SPAN(""), &dsn, &text);
	if (dsn.len > 0 && dsn.p[0] != '2') {
		(void) snprintf(code, sizeof(code), "%.*s", SPAN_ARG(dsn));
		add_diagnostic(diagnostic, WEXITSTATUS(status), text);
		return err_set(
		    err, code[0] == '4' ? ERR_TEMP : ERR_PERM, code, "%.*s", SPAN_ARG(text));
	}
	add_diagnostic(diagnostic, WEXITSTATUS(status), output);
	for (size_t i = 0; i < COUNT_OF(exit_rows); i++)
		if (exit_rows[i].status == WEXITSTATUS(status))
			return fail_with(err, exit_rows[i].dsn, exit_rows[i].text, output);
	(void) snprintf(reason, sizeof(reason), "Command died with status %d: \"%.200s\"",
	    WEXITSTATUS(status), command);
	return fail_with(err, "5.3.0", reason, output);
}

bool
local_exec_needs_shell(const char *command)
{
	static const char plain[] =
	    "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \t";
	static const char *const builtins[] = { "exit", "exec", "cd", "if", "for", "while", "test",
		"set", "umask", "eval", "export", "trap", "ulimit", ".", ":", "!" };
	struct span rest = span_of(command), word;

	if (span_run(rest, plain) != rest.len || !span_token(&rest, " \t", &word))
		return true;
	for (size_t i = 0; i < COUNT_OF(builtins); i++)
		if (span_eq_str(word, builtins[i]))
			return true;
	return span_find(word, '=') < word.len;
}

/* Words, and then one more argument that may be NULL. */
static char **
make_arguments(const char *text, const char *last, struct arena *arena)
{
	ARRAY(char *) words = { 0 };
	struct span rest = span_of(text), word;

	while (span_token(&rest, " \t\r\n", &word))
		*ARRAY_ADD(arena, &words) = arena_cstr(arena, word);
	if (last != NULL)
		*ARRAY_ADD(arena, &words) = arena_strdup(arena, last);
	*ARRAY_ADD(arena, &words) = NULL;
	return words.v;
}

static char **
arguments_of(const struct local_exec *exec, struct arena *arena)
{
	if (exec->shell[0] != '\0')
		return make_arguments(exec->shell, exec->command, arena);
	if (local_exec_needs_shell(exec->command))
		return make_arguments("/bin/sh -c", exec->command, arena);
	return make_arguments(exec->command, NULL, arena);
}

/* In the child: say why, so that the mail waits. */
NORETURN static void
give_up(const char *what, const char *name)
{
	(void) dprintf(STDERR_FILENO, "4.3.0 %s %s: %s\n", what, name, strerror(errno));
	_exit(EX_TEMPFAIL);
}

/* In the child: nothing of the launcher is left when the command begins. */
NORETURN static void
become_command(const struct local_exec *exec, char **arguments, int input, int output)
{
	struct err err = { 0 };
	sigset_t none;

	(void) setsid();
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		_exit(EX_TEMPFAIL);
	(void) close_range(STDERR_FILENO + 1, ~0U, 0);
	for (int number = 1; number < NSIG; number++)
		(void) signal(number, SIG_DFL);
	(void) sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
	(void) umask(077);
	if (priv_is_root() && !priv_become(&exec->user, &err))
		give_up("change to the user for command", exec->command);
	if (chdir(exec->directory) < 0)
		give_up("cannot change directory to", exec->directory);
	(void) execvpe(arguments[0], arguments, exec->environment);
	if (errno == ENOENT && strchr(arguments[0], '/') == NULL)
		(void) execle(
		    "/bin/sh", "sh", "-c", exec->command, (char *) NULL, exec->environment);
	give_up("execute", arguments[0]);
}

/* What is fed and what is read while the command runs. */
struct running {
	pid_t pid, feeder;
	int output;      /* our end; -1 when closed */
	struct str text; /* of its output, as much as is kept */
};

/*
 * The command's output up to its end; what does not fit is read and dropped. returns false at
 * the deadline.
 */
static bool
read_output(struct running *run, int64_t deadline_us)
{
	char block[4096];

	while (run->output >= 0) {
		struct pollfd wait = { .fd = run->output, .events = POLLIN };
		ssize_t got;

		if (poll(&wait, 1, clock_left_ms(deadline_us)) == 0)
			return false;
		got = read(run->output, block, sizeof(block));
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			fd_close(&run->output);
		else
			str_add(&run->text,
			    span_slice(
				span_make(block, (size_t) got), 0, run->text.max - run->text.len));
	}
	return true;
}

/* In the child: a command need not read all of its input. */
NORETURN static void
feed(const struct local_exec *exec, int input)
{
	struct err err = { 0 };

	_exit(store_content_copy(exec->content, input, "command", &err) || err.errnum == EPIPE ? 0
											 : 1);
}

/*
 * The feeder's end, when the command has ended. One that still feeds somebody whom the command left
 * behind is stopped in mid-sentence. returns false when the input was cut short.
 */
static bool
end_feeder(pid_t feeder)
{
	int status = 0;

	if (child_wait(feeder, &status, clock_deadline(feeder_grace_us)))
		return WIFEXITED(status) && WEXITSTATUS(status) == 0;
	(void) kill(feeder, SIGKILL);
	while (waitpid(feeder, NULL, 0) < 0 && errno == EINTR)
		continue;
	return true;
}

/* The feeder comes first: no command begins that would take an empty input for the mail. */
static bool
fork_both(const struct local_exec *exec, char **arguments, const int in[2], const int out[2],
    struct running *run, struct err *err)
{
	run->feeder = fork();
	if (run->feeder == 0) {
		close(in[0]);
		close(out[0]);
		close(out[1]);
		feed(exec, in[1]);
	}
	if (run->feeder < 0)
		return err_temp_errno(err, "fork for a command's input");
	run->pid = fork();
	if (run->pid == 0)
		become_command(exec, arguments, in[0], out[1]);
	return run->pid > 0 || err_temp_errno(err, "fork for a command");
}

static bool
start_command(
    const struct local_exec *exec, struct arena *arena, struct running *run, struct err *err)
{
	char **arguments = arguments_of(exec, arena);
	int in[2], out[2];
	bool ok;

	if (arguments[0] == NULL)
		return err_set(err, ERR_PERM, "5.3.5", "empty command");
	if (pipe2(in, O_CLOEXEC) < 0)
		return err_temp_errno(err, "make a pipe");
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return err_temp_errno(err, "make a pipe");
	}
	ok = fork_both(exec, arguments, in, out, run, err);
	close(in[0]);
	close(in[1]);
	close(out[1]);
	run->output = out[0];
	return ok;
}

/* Let it run to its end or to its time limit. returns false for the latter. */
static bool
attend(const struct local_exec *exec, struct running *run, int *status)
{
	int64_t deadline = clock_deadline(exec->limit_us);

	if (read_output(run, deadline) && child_wait(run->pid, status, deadline))
		return true;
	(void) kill(-run->pid, SIGKILL);
	(void) kill(run->pid, SIGKILL);
	while (waitpid(run->pid, status, 0) < 0 && errno == EINTR)
		continue;
	return false;
}

bool
local_exec_run(
    const struct local_exec *exec, struct arena *arena, struct str *diagnostic, struct err *err)
{
	struct running run = { .feeder = -1, .output = -1, .text = { .max = LOCAL_OUTPUT_MAX } };
	bool ok = start_command(exec, arena, &run, err);
	int status = 0;

	if (ok && !attend(exec, &run, &status))
		ok = err_set(err, ERR_PERM, "5.3.0", "Command time limit exceeded: \"%.200s\"",
		    exec->command);
	if (run.feeder > 0 && !end_feeder(run.feeder) && ok)
		ok = err_set(err, ERR_TEMP, "4.3.0", "Command input was cut short: \"%.200s\"",
		    exec->command);
	if (ok)
		ok = local_exec_judge(exec->command, status, str_span(&run.text), diagnostic, err);
	fd_close(&run.output);
	str_fini(&run.text);
	return ok;
}
