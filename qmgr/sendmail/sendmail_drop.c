/* SPDX-License-Identifier: ISC */
/* The way to postdrop: a pipe to it for the message, a pipe from it for its answer. */
#include "qmgr/sendmail/sendmail_int.h"

#include "lib/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* The child's side of the pipes. */
NORETURN static void
become_postdrop(struct sendmail *s, int in, int out)
{
	const char *program = arena_printf(s->arena, "%s/postdrop", s->mail.command_directory);

	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0) {
		(void) signal(SIGPIPE, SIG_DFL);
		execl(program, "postdrop", "-r", s->has_config_directory ? "-c" : NULL,
		    s->config_directory, NULL);
	}
	fprintf(stderr, "sendmail: cannot run %s: %s\n", program, strerror(errno));
	_exit(EX_TEMPFAIL);
}

void
drop_start(struct drop *d, struct sendmail *s, const struct maildrop *message)
{
	int in[2], out[2];

	*d = (struct drop){ .s = s };
	str_init(&d->out, (size_t) 1 << 30);
	if (!maildrop_print(message, &d->out))
		sendmail_fatal(
		    s, "an address or option holds characters that it may not, or is too long");
	(void) signal(SIGPIPE, SIG_IGN);
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		sendmail_fatal(s, "make a pipe: %s", strerror(errno));
	d->pid = fork();
	if (d->pid < 0)
		sendmail_fatal(s, "start postdrop: %s", strerror(errno));
	if (d->pid == 0)
		become_postdrop(s, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	d->to = in[1];
	d->from = out[0];
}

void
drop_flush(struct drop *d)
{
	struct err err = { 0 };

	if (!d->is_gone && !fd_write_all(d->to, str_span(&d->out), "postdrop", &err)) {
		if (err.errnum != EPIPE)
			sendmail_fatal(d->s, "%s", err.text);
		d->is_gone = true;
	}
	str_clear(&d->out);
}

static void
drop_reap(struct drop *d)
{
	fd_close(&d->to);
	fd_close(&d->from);
	while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR)
		;
	str_fini(&d->out);
}

void
drop_cancel(struct drop *d)
{
	(void) kill(d->pid, SIGTERM);
	drop_reap(d);
}

int
drop_finish(struct drop *d, char reply[DROP_REPLY_MAX])
{
	char *text = reply;
	size_t len = 0;
	ssize_t got;
	long status;

	maildrop_print_end(&d->out);
	drop_flush(d);
	fd_close(&d->to);
	while (len < DROP_REPLY_MAX - 1 &&
	    (got = read(d->from, reply + len, DROP_REPLY_MAX - 1 - len)) > 0)
		len += (size_t) got;
	drop_reap(d);
	reply[len] = '\0';
	reply[strcspn(reply, "\n")] = '\0';
	status = strtol(reply, &text, 10);
	if (text == reply) {
		snprintf(reply, DROP_REPLY_MAX, "postdrop failed; the mail was not queued");
		return EX_TEMPFAIL;
	}
	memmove(reply, text + (*text == ' '), strlen(text) + (*text != ' '));
	return (int) status;
}
