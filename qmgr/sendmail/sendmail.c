/* SPDX-License-Identifier: ISC */
/*
 * sendmail(1), mailq(1), newaliases(1): the command that programs know. It has no rights of its
 * own; postdrop, postqueue and postalias do what needs some.
 */
#include "qmgr/sendmail/sendmail_int.h"

#include "lib/sys/mail_log.h"
#include "qmgr/sendmail/submit_conf.h"

#include <errno.h>
#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

enum { ARENA_BYTES = 64 << 20, ARGS_MAX = 64 };

void
sendmail_fatal(struct sendmail *s, const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fatal_status(EX_TEMPFAIL, "%s(%ld): %s", s->user, (long) getuid(), text);
}

void
sendmail_become(struct sendmail *s, const char *dir, const char *program, const char *const *args)
{
	const char *path = arena_printf(s->arena, "%s/%s", dir, program);
	char *argv[ARGS_MAX + 4];
	size_t count = 0;

	argv[count++] = arena_strdup(s->arena, program);
	for (; args[0] != NULL && count < ARGS_MAX; args++)
		argv[count++] = arena_strdup(s->arena, args[0]);
	argv[count] = NULL;
	if (s->has_config_directory)
		(void) setenv("MAIL_CONFIG", s->config_directory, 1);
	execv(path, argv);
	sendmail_fatal(s, "run %s: %s", path, strerror(errno));
}

/* newaliases: rebuild alias_database, or what -oA names. */
NORETURN static void
rebuild_aliases(struct sendmail *s)
{
	const char *args[ARGS_MAX + 1];
	struct span rest = span_of(s->alias_file != NULL ? s->alias_file : s->mail.alias_database),
		    word;
	size_t count = 0;

	while (count < ARGS_MAX && span_token(&rest, ", \t\r\n", &word))
		args[count++] = arena_cstr(s->arena, word);
	args[count] = NULL;
	if (count == 0)
		exit(EX_OK);
	sendmail_become(s, s->mail.command_directory, "postalias", args);
}

/* What a mode that submits nothing is called, for those who name recipients all the same. */
static const char *
idle_mode(enum sendmail_mode mode)
{
	switch (mode) {
	case MODE_ALIASES:
		return "alias initialization mode";
	case MODE_MAILQ:
		return "display queue mode";
	case MODE_FLUSH:
	case MODE_FLUSH_ID:
	case MODE_FLUSH_SITE:
		return "flush queue mode";
	case MODE_DAEMON:
		return "daemon mode";
	case MODE_SMTP:
		return "stand-alone SMTP mode";
	case MODE_ENQUEUE:
	case MODE_VERIFY:
	case MODE_IGNORE:
		break;
	}
	return NULL;
}

static void
check_usage(struct sendmail *s)
{
	const char *mode = idle_mode(s->mode);

	if (mode != NULL && s->args[0] != NULL)
		sendmail_fatal(s, "%s requires no recipient", mode);
	if (mode != NULL && s->message.extract)
		sendmail_fatal(s, "-t can be used only in delivery mode");
	if (s->mode == MODE_VERIFY && s->message.extract)
		sendmail_fatal(s, "-t option cannot be used with -bv");
}

static int
run(struct sendmail *s)
{
	const char *const list[] = { "-p", NULL }, *const flush[] = { "-f", NULL },
			  *const start[] = { "start", NULL };
	const char *const flush_id[] = { "-i", s->site, NULL },
			  *const flush_site[] = { "-s", s->site, NULL };

	switch (s->mode) {
	case MODE_ENQUEUE:
	case MODE_VERIFY:
		return sendmail_enqueue(s);
	case MODE_DAEMON:
		sendmail_become(s, s->mail.command_directory, "carteiro", start);
	case MODE_ALIASES:
		rebuild_aliases(s);
	case MODE_MAILQ:
		sendmail_become(s, s->mail.command_directory, "postqueue", list);
	case MODE_SMTP:
		return sendmail_smtp(s);
	case MODE_FLUSH:
		sendmail_become(s, s->mail.command_directory, "postqueue", flush);
	case MODE_FLUSH_ID:
		sendmail_become(s, s->mail.command_directory, "postqueue", flush_id);
	case MODE_FLUSH_SITE:
		sendmail_become(s, s->mail.command_directory, "postqueue", flush_site);
	case MODE_IGNORE:
		return EX_OK;
	}
	return EX_OK;
}

static void
load(struct sendmail *s)
{
	struct submit_conf conf;
	struct log_setup setup;
	struct err err = { 0 };

	s->cf = main_cf_load(s->config_directory, s->arena, &err);
	if (s->cf == NULL || !mail_conf_load(s->cf, &s->mail, s->arena, &err) ||
	    !param_load(s->cf, &submit_params, NULL, &conf, s->arena, &err))
		sendmail_fatal(s, "%s", err.text);
	s->fix_line_endings = conf.sendmail_fix_line_endings;
	setup = mail_log_setup(&s->mail, "sendmail", s->arena);
	setup.to_stderr = true;
	log_init(&setup);
}

/* The login name of whoever runs this; a number where there is no name. */
static const char *
login_name(struct arena *arena)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw != NULL ? arena_strdup(arena, pw->pw_name)
			  : arena_printf(arena, "%ld", (long) getuid());
}

int
main(int argc, char **argv)
{
	struct sendmail s = { .mode = MODE_ENQUEUE };

	log_init(&(struct log_setup){ .tag = "sendmail", .to_stderr = true });
	s.arena = arena_new("sendmail", ARENA_BYTES);
	s.user = login_name(s.arena);
	s.config_directory = main_cf_default_dir();
	sendmail_options(&s, argc, argv);
	load(&s);
	check_usage(&s);
	return run(&s);
}
