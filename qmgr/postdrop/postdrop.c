/* SPDX-License-Identifier: ISC */
/*
 * postdrop(1), set-gid: puts a message that a user submits into maildrop. It trusts nobody who
 * calls it: the environment is dropped, another configuration must be allowed by the installed one,
 * every byte of the envelope is checked, and the content is copied chunk by chunk. The file is
 * complete when its ready mark is set; until then a signal removes it.
 */
#include "lib/mail/addr.h"
#include "lib/queue/maildrop.h"
#include "lib/queue/queue_id.h"
#include "lib/sys/clock.h"
#include "lib/sys/durable.h"
#include "lib/sys/file.h"
#include "lib/sys/mail_log.h"
#include "lib/sys/trigger.h"
#include "lib/table/maps.h"
#include "lib/table/match_list.h"
#include "lib/table/table_conf.h"
#include "qmgr/sendmail/submit_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { ARENA_BYTES = 64 << 20, OUT_BYTES = 1 << 20, NAME_TRIES = 100, TRIGGER_US = 1000000 };

struct postdrop {
	struct arena *arena;
	struct main_cf *cf;
	struct mail_conf mail;
	struct submit_conf conf;
	struct table_conf table_conf;
	struct table_env tables;
	const char *user; /* login name, or "unknown" */
	bool replies;     /* -r: status on standard output */
	int fd;           /* of the file that is written; -1: none */
	char path[64];
	int64_t bytes; /* of content */
};

/* --- the file goes away with a signal --- */

/* All that the handler touches: set before it is installed, never changed while it is. */
static char unfinished_path[64];

static void
remove_unfinished(int signum)
{
	if (unfinished_path[0] != '\0')
		(void) unlink(unfinished_path);
	_exit(128 + signum);
}

static void
watch_signals(const char *path)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ, SIGXCPU };
	struct sigaction action = { .sa_handler = remove_unfinished }, old;

	snprintf(unfinished_path, sizeof(unfinished_path), "%s", path);
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void) sigaction(signals[i], &action, NULL);
}

/* --- ending --- */

/* Tell sendmail and the log, remove what was begun, end. */
NORETURN static void
give_up(struct postdrop *p, int status, const char *text)
{
	if (p->path[0] != '\0')
		(void) unlink(p->path);
	if (p->replies) {
		printf("%d %s\n", status, text);
		(void) fflush(stdout);
		log_warn("%s(%ld): %s", p->user, (long) getuid(), text);
		exit(status);
	}
	fatal_status(status, "%s(%ld): %s", p->user, (long) getuid(), text);
}

/* The status for an error: what the user did wrong, or what may pass. */
NORETURN static void
give_up_err(struct postdrop *p, const struct err *err)
{
	give_up(p, err->class == ERR_PERM ? EX_DATAERR : EX_TEMPFAIL, err->text);
}

/* --- start --- */

static bool
is_privileged(void)
{
	return geteuid() != getuid() || getegid() != getgid();
}

static bool
list_has(const char *list, const char *want)
{
	struct span rest = span_of(list), word;

	while (span_token(&rest, ", \t\r\n", &word))
		if (span_eq_str(word, want))
			return true;
	return false;
}

/* Only root chooses freely whose rights a privileged program uses. */
static void
check_directory(struct postdrop *p, const char *dir)
{
	const char *installed;
	struct mail_conf mail;
	struct main_cf *cf;
	struct err err = { 0 };

	(void) unsetenv("MAIL_CONFIG");
	installed = main_cf_default_dir();
	if (!is_privileged() || getuid() == 0 || strcmp(dir, installed) == 0)
		return;
	cf = main_cf_load(installed, p->arena, &err);
	if (cf == NULL || !mail_conf_load(cf, &mail, p->arena, &err))
		fatal_status(EX_TEMPFAIL, "%s", err.text);
	if (!list_has(mail.alternate_config_directories, dir))
		fatal_status(EX_NOPERM,
		    "unauthorized configuration directory name: %s (see alternate_config_directories)",
		    dir);
}

static void
load(struct postdrop *p, const char *dir)
{
	struct log_setup setup;
	struct err err = { 0 };

	p->cf = main_cf_load(dir, p->arena, &err);
	if (p->cf == NULL || !mail_conf_load(p->cf, &p->mail, p->arena, &err) ||
	    !param_load(p->cf, &submit_params, NULL, &p->conf, p->arena, &err) ||
	    !param_load(p->cf, &table_params, NULL, &p->table_conf, p->arena, &err))
		fatal_status(EX_TEMPFAIL, "%s", err.text);
	setup = mail_log_setup(&p->mail, "postdrop", p->arena);
	setup.to_stderr = !p->replies;
	log_init(&setup);
	table_env_init(&p->tables, &p->table_conf, p->cf, NULL);
	if (chdir(p->mail.queue_directory) != 0)
		fatal_status(
		    EX_TEMPFAIL, "chdir to %s: %s", p->mail.queue_directory, strerror(errno));
}

static void
find_user(struct postdrop *p)
{
	const struct passwd *pw = getpwuid(getuid());

	p->user = arena_strdup(p->arena, pw != NULL ? pw->pw_name : "unknown");
}

/* --- may he? --- */

static void
check_submitter(struct postdrop *p)
{
	struct err err = { 0 };
	struct match_list *list = match_list_open(&p->tables, "authorized_submit_users",
	    p->mail.authorized_submit_users, MATCH_STRING, 0, &err);
	enum lookup result;

	if (list == NULL)
		give_up(p, EX_TEMPFAIL, err.text);
	result = match_list_has(list, span_of(p->user), (struct span){ NULL, 0 }, &err);
	match_list_close(&list);
	if (result == LOOKUP_NONE)
		give_up(p, EX_NOPERM,
		    arena_printf(p->arena, "User %s(%ld) is not allowed to submit mail", p->user,
			(long) getuid()));
	if (result != LOOKUP_FOUND)
		give_up(p, EX_TEMPFAIL, err.text);
}

/* "*", "<>", "user", "user@domain" or "@domain". */
static bool
pattern_allows(struct postdrop *p, struct span pattern, struct span sender)
{
	struct span key = span_of(p->conf.empty_address_local_login_sender_maps_lookup_key);
	size_t at = span_rfind(sender, '@');

	if (span_eq_str(pattern, "*"))
		return true;
	if (sender.len == 0)
		return span_eq(pattern, key);
	if (span_starts_with(pattern, SPAN("@")))
		return span_eq_ci(span_from(sender, at), pattern);
	return span_eq_ci(sender, pattern);
}

/*
 * local_login_sender_maps: which senders a login name may use. A sender without domain is at
 * myorigin too.
 */
static void
check_sender(struct postdrop *p, struct span sender)
{
	struct err err = { 0 };
	struct maps *maps = maps_open(
	    &p->tables, "local_login_sender_maps", p->conf.local_login_sender_maps, 0, &err);
	struct str value CLEANUP(str_fini);
	struct span rest, pattern, full = sender;
	enum lookup result;

	str_init(&value, 1 << 16);
	if (maps == NULL)
		give_up(p, EX_TEMPFAIL, err.text);
	result = maps_get(maps, span_of(p->user), 0, &value, &err);
	maps_close(&maps);
	if (result == LOOKUP_TEMP || result == LOOKUP_CONFIG)
		give_up(p, EX_TEMPFAIL, err.text);
	if (sender.len > 0 && span_find(sender, '@') == sender.len)
		full = span_of(
		    arena_printf(p->arena, "%.*s@%s", SPAN_ARG(sender), p->mail.myorigin));
	rest = str_span(&value);
	while (result == LOOKUP_FOUND && span_token(&rest, ", \t\r\n", &pattern))
		if (pattern_allows(p, pattern, sender) || pattern_allows(p, pattern, full))
			return;
	give_up(p, EX_NOPERM,
	    arena_printf(p->arena, "-f option: sender <%.*s> is not allowed for this user",
		SPAN_ARG(sender)));
}

/* --- the file --- */

/* pickup may read it from the start: it must be able to tell a file that grows from one that was left. */
static void
create_file(struct postdrop *p)
{
	struct queue_id_source ids = { .slot = (unsigned) getpid() & 0xfff };
	char id[QUEUE_ID_MAX];

	for (int i = 0; i < NAME_TRIES && p->fd < 0; i++) {
		queue_id_next(&ids, clock_wall_us(), id, NULL);
		snprintf(p->path, sizeof(p->path), "maildrop/%s", id);
		watch_signals(p->path);
		p->fd = open(p->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (p->fd < 0) {
			unfinished_path[0] = p->path[0] = '\0';
			if (errno != EEXIST)
				break;
		}
	}
	if (p->fd < 0)
		give_up(p, EX_TEMPFAIL,
		    arena_printf(p->arena, "create file in maildrop: %s", strerror(errno)));
}

static void
write_out(struct postdrop *p, struct str *out)
{
	struct err err = { 0 };

	if (!fd_write_all(p->fd, str_span(out), p->path, &err))
		give_up(p, EX_TEMPFAIL, err.text);
	str_clear(out);
}

static void
copy_content(struct postdrop *p, struct maildrop_reader *reader, struct str *out)
{
	struct err err = { 0 };
	struct span bytes;
	enum parse result;

	while ((result = maildrop_reader_content(reader, &bytes, &err)) == PARSE_OK) {
		p->bytes += (int64_t) bytes.len;
		if (p->mail.message_size_limit > 0 && p->bytes > p->mail.message_size_limit)
			give_up(p, EX_UNAVAILABLE, "message file too big");
		maildrop_print_chunk(bytes, out);
		if (out->len >= OUT_BYTES / 2)
			write_out(p, out);
	}
	if (result == PARSE_BAD)
		give_up_err(p, &err);
	maildrop_print_end(out);
	write_out(p, out);
}

/* The file, its mark and its name; maildrop is not readable for us, so that it cannot be flushed alone. */
static bool
flush_file(int fd)
{
	CLEANUP(fd_close) int dir = open("maildrop", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fsync(fd) == 0 && ((dir >= 0 && durable_names_are_ordered(dir)) || syncfs(fd) == 0);
}

/*
 * With the mark it is mail. Nobody else marks it after a loss of power, so the mark is durable before
 * we say that all is well; a file with a mark that is not whole pickup sets aside.
 */
static void
finish_file(struct postdrop *p)
{
	if (fchmod(p->fd, 0744) != 0 || !flush_file(p->fd))
		give_up(p, EX_TEMPFAIL,
		    arena_printf(p->arena, "finish %s: %s", p->path, strerror(errno)));
	unfinished_path[0] = '\0';
	fd_close(&p->fd);
}

static void
take_message(struct postdrop *p)
{
	struct maildrop_reader *reader = maildrop_reader_new(STDIN_FILENO, "input");
	struct maildrop mail;
	struct str out CLEANUP(str_fini);
	struct err err = { 0 };

	str_init(&out, MAILDROP_ENVELOPE_MAX + OUT_BYTES);
	if (maildrop_reader_envelope(reader, p->arena, &mail, &err) != PARSE_OK)
		give_up_err(p, &err);
	check_sender(p, mail.sender);
	if (mail.recipients.count == 0 && !mail.extract)
		give_up(p, EX_DATAERR, "no recipients specified");
	if (!maildrop_print(&mail, &out))
		give_up(p, EX_DATAERR, "the envelope is too long");
	create_file(p);
	copy_content(p, reader, &out);
	finish_file(p);
	maildrop_reader_free(&reader);
}

/* The file is mail now; that nobody could be woken only delays it. */
static void
announce(struct postdrop *p)
{
	struct err err = { 0 };

	if (p->replies) {
		printf("0 %s\n", strrchr(p->path, '/') + 1);
		(void) fflush(stdout);
	}
	if (!trigger_send(
		p->mail.queue_directory, p->mail.pickup_service_name, SPAN("W"), TRIGGER_US, &err))
		log_debug("%s", err.text);
}

/* Descriptors 0 to 2 are open, so that no file of ours gets one of these numbers. */
static void
open_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

NORETURN static void
usage(void)
{
	fatal_status(EX_USAGE, "usage: postdrop [-c config_dir] [-rv]");
}

int
main(int argc, char **argv)
{
	struct postdrop p = { .fd = -1 };
	const char *dir = main_cf_default_dir();
	int c;

	open_standard_files();
	umask(0);
	(void) signal(SIGPIPE, SIG_IGN);
	p.arena = arena_new("postdrop", ARENA_BYTES);
	p.user = "unknown";
	while ((c = getopt(argc, argv, "c:rv")) != -1) {
		switch (c) {
		case 'c':
			dir = optarg;
			break;
		case 'r':
			p.replies = true;
			break;
		case 'v':
			break; /* the log says all there is */
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	dir = arena_strdup(p.arena, dir);
	check_directory(&p, dir);
	(void) clearenv();
	(void) setenv("PATH", "/usr/bin:/bin", 1);
	load(&p, dir);
	find_user(&p);
	check_submitter(&p);
	take_message(&p);
	announce(&p);
	return EX_OK;
}
