/* SPDX-License-Identifier: ISC */
/*
 * The process's log: postlogd's datagram socket, else the log file, else syslog's socket, else
 * standard error. Sockets are opened by hand, not by syslog(3), so that they stay usable in any
 * root directory and several lines leave in one system call. Not async-signal-safe.
 */
#include "lib/sys/log.h"

#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/base/str.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX    8000u           /* one line; longer ones are cut */
#define LOG_HELD_MAX    4096u           /* what log_hold gathers */
#define LOG_STUCK_US    (10 * CLOCK_SECOND_US)
#define LOG_HELD_LINES  32              /* datagrams of one sendmmsg(2) */
#define LOG_SYSLOG_PATH "/dev/log"

static struct log_state {
	char tag[128];
	char host[64];
	char socket_path[108];          /* "" for none, as the next */
	char file_path[256];
	int facility;
	bool to_stderr;
	int verbose;
	bool is_set_up;
	bool holds;
	pid_t pid;                      /* 0: ask; a child forgets it */

	int socket;                     /* postlogd or syslog, -1 */
	bool is_syslog;                 /* of the socket */
	bool never_waits;               /* for a peer that does not read */
	int64_t stuck_until_us;         /* the peer did not read; until then we do not wait for it either */
	int file;                       /* maillog_file, -1 */
	unsigned lost;                  /* lines that nobody took */

	time_t stamp_time;              /* second that stamp shows */
	char stamp[32];                 /* "Nov 20 09:18:25" */

	char held[LOG_HELD_MAX + LOG_LINE_MAX];  /* finished lines, each without its end */
	size_t held_len;
	size_t line_end[LOG_HELD_LINES];        /* where each ends in held */
	size_t line_count;
} log_state = { .socket = -1, .file = -1, .to_stderr = true };

static const struct log_word {
	const char *word;
	int priority;
} log_words[] = {
	[LOG_LEVEL_DEBUG] = { "", LOG_INFO },
	[LOG_LEVEL_INFO]  = { "", LOG_INFO },
	[LOG_LEVEL_WARN]  = { "warning: ", LOG_WARNING },
	[LOG_LEVEL_ERROR] = { "error: ", LOG_ERR },
	[LOG_LEVEL_FATAL] = { "fatal: ", LOG_CRIT },
	[LOG_LEVEL_PANIC] = { "panic: ", LOG_CRIT },
};

static const struct log_facility {
	const char *name;
	int value;
} log_facilities[] = {
	{ "auth", LOG_AUTH },
	{ "authpriv", LOG_AUTHPRIV },
	{ "cron", LOG_CRON },
	{ "daemon", LOG_DAEMON },
	{ "ftp", LOG_FTP },
	{ "kern", LOG_KERN },
	{ "lpr", LOG_LPR },
	{ "mail", LOG_MAIL },
	{ "news", LOG_NEWS },
	{ "security", LOG_AUTH },
	{ "syslog", LOG_SYSLOG },
	{ "user", LOG_USER },
	{ "uucp", LOG_UUCP },
	{ "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 },
	{ "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 },
};

bool
log_parse_facility(const char *name, int *facility_out)
{
	for (size_t i = 0; i < COUNT_OF(log_facilities); i++) {
		if (strcasecmp(name, log_facilities[i].name) != 0)
			continue;
		*facility_out = log_facilities[i].value;
		return true;
	}
	return false;
}

/* Length of the well-formed UTF-8 sequence that begins s, 0 when none does. */
static size_t
log_utf8_length(struct span s)
{
	for (size_t len = 2; len <= 4 && len <= s.len; len++)
		if (utf8_is_valid(span_slice(s, 0, len)))
			return len;
	return 0;
}

/* Make text safe for one line, in place. Control characters of Latin-1 (U+0080..U+009F) go too. */
static void
log_clean(char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		if (ascii_is_print(text[i])) {
			i++;
			continue;
		}

		size_t run = (unsigned char) text[i] < 0x80
		    ? 0
		    : log_utf8_length(span_make(text + i, len - i));
		bool is_c1 = run == 2 && (unsigned char) text[i] == 0xc2 &&
		    (unsigned char) text[i + 1] < 0xa0;
		if (run == 0)
			text[i++] = '?';
		else if (is_c1)
			text[i] = text[i + 1] = '?';
		else
			i += run;
	}
}

static void
log_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 2 };
	const char *path = log_state.socket_path[0] != '\0' ? log_state.socket_path
	                                                    : LOG_SYSLOG_PATH;

	log_state.is_syslog = log_state.socket_path[0] == '\0';
	(void) snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);

	int fd CLEANUP(fd_close) = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *) &to, sizeof(to)) < 0)
		return;
	(void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	fd_close(&log_state.socket);
	log_state.socket = fd_take(&fd);
}

/* Syslog is wanted only where the administrator named no place of his own. */
static bool
log_wants_socket(void)
{
	return log_state.socket_path[0] != '\0' || log_state.file_path[0] == '\0';
}

void
log_open(void)
{
	tzset();
	if (!log_state.is_set_up)
		return;
	if (log_state.socket < 0 && log_wants_socket())
		log_connect();
	if (log_state.file < 0 && log_state.file_path[0] != '\0')
		log_state.file = open(log_state.file_path,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
}

/* The time is formatted once per second. */
static const char *
log_stamp(void)
{
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm local;

	if (now == log_state.stamp_time)
		return log_state.stamp;
	log_state.stamp_time = now;
	(void) localtime_r(&now, &local);
	(void) snprintf(log_state.stamp, sizeof(log_state.stamp), "%s %2d %02d:%02d:%02d",
	    months[local.tm_mon % 12], local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
	return log_state.stamp;
}

static void
log_forget_pid(void)
{
	log_state.pid = 0;
}

/* Our process number, without a system call per line. */
static long
log_pid(void)
{
	if (log_state.pid == 0)
		log_state.pid = getpid();
	return (long) log_state.pid;
}

/* One line as its destination wants it, without a line end. */
static size_t
log_format_head(char *line, size_t room, enum log_level level)
{
	const struct log_word *word = &log_words[level];
	int len;

	if (log_state.socket >= 0 && log_state.is_syslog)
		len = snprintf(line, room, "<%d>%s %s[%ld]: %s",
		    log_state.facility | word->priority, log_stamp(), log_state.tag,
		    log_pid(), word->word);
	else
		len = snprintf(line, room, "%s %s %s[%ld]: %s", log_stamp(), log_state.host,
		    log_state.tag, log_pid(), word->word);
	return len < 0 ? 0 : (size_t) len;
}

/* A peer that did not read for one whole patience is not waited for again soon: one that died would hold up every line. */
static int
log_send_flags(void)
{
	bool waits = !log_state.never_waits &&
	    (log_state.stuck_until_us == 0 || clock_now_us() >= log_state.stuck_until_us);

	return MSG_NOSIGNAL | (waits ? 0 : MSG_DONTWAIT);
}

/* Note whether the peer reads. */
static void
log_note_sent(bool sent)
{
	if (sent)
		log_state.stuck_until_us = 0;
	else if (errno == EAGAIN || errno == EWOULDBLOCK)
		log_state.stuck_until_us = clock_deadline(LOG_STUCK_US);
}

/* Send what is held as one datagram per line (syslog). returns lines that were taken. */
static size_t
log_send_lines(void)
{
	struct iovec parts[LOG_HELD_LINES];
	struct mmsghdr messages[LOG_HELD_LINES];
	size_t start = 0, sent = 0;

	memset(messages, 0, sizeof(messages));
	for (size_t i = 0; i < log_state.line_count; i++) {
		parts[i] = (struct iovec){ .iov_base = log_state.held + start,
			.iov_len = log_state.line_end[i] - start };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		start = log_state.line_end[i];
	}
	while (sent < log_state.line_count) {
		int taken = sendmmsg(log_state.socket, messages + sent,
		    (unsigned) (log_state.line_count - sent), log_send_flags());
		log_note_sent(taken > 0);
		if (taken <= 0 && errno != EINTR)
			break;
		sent += taken > 0 ? (size_t) taken : 0;
	}
	return sent;
}

/* The held lines with their ends, for files and postlogd. */
static struct span
log_join_lines(char *out)
{
	size_t start = 0, len = 0;

	for (size_t i = 0; i < log_state.line_count; i++) {
		size_t line = log_state.line_end[i] - start;

		memcpy(out + len, log_state.held + start, line);
		len += line;
		out[len++] = '\n';
		start = log_state.line_end[i];
	}
	return span_make(out, len);
}

/* postlogd takes everything in one datagram. */
static bool
log_send_joined(struct span lines)
{
	ssize_t done;

	do {
		done = send(log_state.socket, lines.p, lines.len, log_send_flags());
	} while (done < 0 && errno == EINTR);
	log_note_sent(done >= 0);
	return done == (ssize_t) lines.len;
}

/* Socket first; a restarted peer needs a new connection (which fails in another root directory). */
static bool
log_deliver_socket(struct span lines)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		if (log_state.socket >= 0) {
			if (log_state.is_syslog ? log_send_lines() == log_state.line_count
			                        : log_send_joined(lines))
				return true;
			if (errno == EAGAIN)
				return false;
		}
		if (!log_wants_socket())
			return false;
		if (attempt == 0)
			log_connect();
	}
	return false;
}

static bool
log_deliver(struct span lines)
{
	struct err err;

	if (log_deliver_socket(lines))
		return true;
	if (log_state.file >= 0 && fd_write_all(log_state.file, lines, log_state.file_path, &err))
		return true;

	/* The last resort; commands have shown the line there already. */
	return !log_state.to_stderr && fd_write_all(STDERR_FILENO, lines, "standard error", &err);
}

void
log_flush(void)
{
	char joined[sizeof(log_state.held) + LOG_HELD_LINES];

	log_state.holds = false;
	if (log_state.line_count == 0)
		return;

	int saved = errno;
	if (!log_deliver(log_join_lines(joined)))
		log_state.lost += (unsigned) log_state.line_count;
	log_state.line_count = 0;
	log_state.held_len = 0;
	errno = saved;
}

void
log_hold(void)
{
	log_state.holds = true;
}

/* On standard error lines are short: "postmap: warning: text"; so they are before the log is set up. */
static void
log_show(enum log_level level, const char *text)
{
	const char *tag = log_state.tag[0] == '\0' ? program_invocation_short_name : log_state.tag;
	const char *slash = strrchr(tag, '/');
	const char *name = slash == NULL ? tag : slash + 1;
	char line[LOG_LINE_MAX + 200];
	struct err err;
	int len = snprintf(line, sizeof(line), "%s%s%s%s\n", name, name[0] == '\0' ? "" : ": ",
	    log_words[level].word, text);

	if (len > 0 &&
	    fd_write_all(STDERR_FILENO, span_make(line, (size_t) len), "standard error", &err))
		return;
}

/* Add one finished line to what is held, and let it go when its time has come. */
static void
log_add_line(enum log_level level, const char *text)
{
	bool holds = log_state.holds;

	if (log_state.line_count == LOG_HELD_LINES || log_state.held_len >= LOG_HELD_MAX)
		log_flush();

	char *line = log_state.held + log_state.held_len;
	size_t head = log_format_head(line, 512, level);
	size_t len = strlen(text), room = LOG_LINE_MAX - 512;
	memcpy(line + head, text, len < room ? len : room);
	log_state.held_len += head + (len < room ? len : room);
	log_state.line_end[log_state.line_count++] = log_state.held_len;

	if (!holds || level >= LOG_LEVEL_WARN || log_state.held_len >= LOG_HELD_MAX)
		log_flush();
	log_state.holds = holds;
}

/* Every line passes here. */
static void
log_emit(enum log_level level, const char *text)
{
	if (log_state.to_stderr)
		log_show(level, text);
	if (!log_state.is_set_up)
		return;
	if (log_state.socket < 0 && log_state.file < 0)
		log_open();
	if (log_state.lost > 0) {
		char note[80];

		(void) snprintf(note, sizeof(note), "%u lines could not be logged", log_state.lost);
		log_state.lost = 0;
		log_add_line(LOG_LEVEL_WARN, note);
	}
	log_add_line(level, text);
}

static void
log_vprint(enum log_level level, int errnum, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);

static void
log_vprint(enum log_level level, int errnum, const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX - 512];
	int saved = errno;
	int len = vsnprintf(text, sizeof(text), fmt, ap);
	size_t used = len < 0 ? 0 : (size_t) len < sizeof(text) ? (size_t) len : sizeof(text) - 1;

	if (errnum != 0)
		(void) snprintf(text + used, sizeof(text) - used, ": %s", strerror(errnum));
	log_clean(text, strlen(text));
	log_emit(level, text);
	errno = saved;
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (log_state.verbose == 0)
		return;
	va_start(ap, fmt);
	log_vprint(LOG_LEVEL_DEBUG, 0, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vprint(LOG_LEVEL_INFO, 0, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vprint(LOG_LEVEL_WARN, 0, fmt, ap);
	va_end(ap);
}

void
log_warn_errno(const char *fmt, ...)
{
	int errnum = errno;
	va_list ap;

	va_start(ap, fmt);
	log_vprint(LOG_LEVEL_WARN, errnum, fmt, ap);
	va_end(ap);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vprint(LOG_LEVEL_ERROR, 0, fmt, ap);
	va_end(ap);
}

void
log_warn_err(const char *what, const struct err *err)
{
	if (what == NULL || what[0] == '\0')
		log_warn("%s", err->text);
	else
		log_warn("%s: %s", what, err->text);
}

void
log_text(enum log_level level, const char *text)
{
	log_emit(level, text);
}

/* A daemon waits before it ends, so that a fault that repeats does not keep the machine busy. */
static NORETURN void
log_end(int status)
{
	log_flush();
	if (log_state.is_set_up && !log_state.to_stderr)
		(void) sleep(1);
	exit(status);
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vprint(LOG_LEVEL_FATAL, 0, fmt, ap);
	va_end(ap);
	log_end(1);
}

void
fatal_errno(const char *fmt, ...)
{
	int errnum = errno;
	va_list ap;

	va_start(ap, fmt);
	log_vprint(LOG_LEVEL_FATAL, errnum, fmt, ap);
	va_end(ap);
	log_end(1);
}

void
fatal_status(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vprint(LOG_LEVEL_FATAL, 0, fmt, ap);
	va_end(ap);
	log_end(status);
}

/* panic() has written to standard error itself. */
static void
log_panic(const char *text)
{
	char line[LOG_LINE_MAX - 512];

	log_state.to_stderr = false;
	(void) snprintf(line, sizeof(line), "%s", text);
	log_clean(line, strlen(line));
	log_emit(LOG_LEVEL_PANIC, line);
}

static void
log_copy(char *to, size_t room, const char *from)
{
	(void) snprintf(to, room, "%s", from == NULL ? "" : from);
}

void
log_init(const struct log_setup *setup)
{
	log_flush();
	if (log_state.tag[0] == '\0')
		(void) pthread_atfork(NULL, NULL, log_forget_pid);
	log_state.never_waits = setup->never_waits;
	log_copy(log_state.tag, sizeof(log_state.tag), setup->tag);
	log_copy(log_state.host, sizeof(log_state.host), setup->host);
	log_copy(log_state.socket_path, sizeof(log_state.socket_path), setup->socket_path);
	log_copy(log_state.file_path, sizeof(log_state.file_path), setup->file_path);
	log_clean(log_state.tag, strlen(log_state.tag));
	log_clean(log_state.host, strlen(log_state.host));
	log_state.facility = setup->facility != 0 ? setup->facility : LOG_MAIL;
	log_state.to_stderr = setup->to_stderr;
	log_state.verbose = setup->verbose;
	log_state.is_set_up = !(setup->to_stderr && setup->is_stderr_only);

	/* The old destination, if any, is given up. */
	fd_close(&log_state.socket);
	fd_close(&log_state.file);
	panic_set_hook(log_panic);
}

int
log_verbose(void)
{
	return log_state.verbose;
}

void
log_set_verbose(int level)
{
	log_state.verbose = level;
}
