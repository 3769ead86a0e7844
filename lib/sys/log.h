/* SPDX-License-Identifier: ISC */
#ifndef LOG_H
#define LOG_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/*
 * The process's log. It is the one piece of process-wide state in the library, as standard error is
 * in the C library: everything else hangs from a structure that is passed down.
 *
 * Lines have Postfix's shape: "Nov 20 09:18:25 host postfix/smtpd[1441]: text". Only words in front
 * of the text tell the severity ("warning: ", "error: ", "fatal: ", "panic: ").
 * Every byte outside 32..126 and valid UTF-8 is written as '?', so that no value can forge a line.
 */
enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_FATAL,
	LOG_LEVEL_PANIC
};

struct log_setup {
	const char *tag;             /* "postfix/smtpd" */
	const char *host;            /* first label of myhostname */
	/* postlogd's datagram socket, or NULL: one datagram holds lines, each ended by LF */
	const char *socket_path;
	/* maillog_file: written directly while postlogd cannot be reached, or NULL */
	const char *file_path;
	int facility;                /* of syslog(3), used when neither of the above is given */
	bool to_stderr;              /* lines go to standard error too (commands, foreground) */
	bool is_stderr_only;         /* with to_stderr: nowhere else (commands that only show) */
	bool never_waits;            /* for postlogd: what it does not take at once goes to the file (master, which must start it) */
	int verbose;                 /* number of -v */
};

/* A name of syslog_facility ("mail", "local0") as syslog(3)'s number; false for an unknown one. */
MUST_USE bool log_parse_facility(const char *name, int *facility_out);

/*
 * Strings are copied; a second call changes the destination. Before the first, lines go to
 * standard error.
 */
void log_init(const struct log_setup *setup);

/* Connect and open everything now, so that it works in any root directory and sandbox later. */
void log_open(void);

/*
 * Collect lines from now on and send them with one write at the end of the turn, or when 4 KB have
 * gathered: log_hold at the start of a unit of work, log_flush before waiting for a peer and before
 * handing work on: people's tools rely on it that the lines of one message, from several processes,
 * stand in the order of its way. Warnings and worse go out at once, after what was held. Flush
 * before fork(2), or both processes send what was held.
 */
void log_hold(void);
void log_flush(void);

void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);     /* only with -v */
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn_errno(const char *fmt, ...) PRINTF_LIKE(1, 2);    /* adds ": strerror(errno)" */
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn_err(const char *what, const struct err *err);     /* "what: err->text" */

/* Another program's text at a level of its choice; no level ends this process (postlog). */
void log_text(enum log_level level, const char *text);

/*
 * This process cannot run: log and exit with status 1, after one second when it is a daemon.
 * For start-up and programs' main only, never for bytes from network, queue, tables or peers.
 */
NORETURN void fatal(const char *fmt, ...) PRINTF_LIKE(1, 2);
NORETURN void fatal_errno(const char *fmt, ...) PRINTF_LIKE(1, 2);
NORETURN void fatal_status(int status, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A counter of -v. */
int log_verbose(void);
void log_set_verbose(int level);

#endif
