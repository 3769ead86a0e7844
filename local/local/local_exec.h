/* SPDX-License-Identifier: ISC */
#ifndef LOCAL_EXEC_H
#define LOCAL_EXEC_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/store/store_content.h"
#include "lib/sys/priv.h"

/* Running a command for a delivery. */

enum { LOCAL_OUTPUT_MAX = 4000 };

struct local_exec {
	const char *command;
	const char *shell;     /* with its arguments; "": none unless the command needs one */
	const char *directory; /* working directory */
	char *const *environment;
	struct priv_user user;
	int64_t limit_us;
	const struct store_content *content; /* its standard input */
};

/*
 * Run the command to its end, as its user, without supplementary groups, in a session of its own.
 * At the time limit its processes are killed.
 * returns   true: it ended well. false with *err and diagnostic by local_exec_judge, or TEMP when it
 *           could not be started
 */
MUST_USE bool local_exec_run(
    const struct local_exec *exec, struct arena *arena, struct str *diagnostic, struct err *err);

/*
 * What a command's end means: status 0 is success; output that begins with D.D.D decides by itself;
 * then statuses of <sysexits.h>; a signal is a failure for now; everything else is an error for good.
 *
 * status    of waitpid(2)
 * output    what it wrote to standard output and error
 * diagnostic  gets "x-unix; " and what the command said of its failure, for the report to the sender
 */
MUST_USE bool local_exec_judge(const char *command, int status, struct span output,
    struct str *diagnostic, struct err *err);

/* The command has characters or words that mean something to a shell only. */
bool local_exec_needs_shell(const char *command);

#endif
