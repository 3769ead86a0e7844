/* SPDX-License-Identifier: ISC */
#ifndef SENDMAIL_INT_H
#define SENDMAIL_INT_H

#include "lib/queue/maildrop.h"
#include "lib/sys/mail_conf.h"

#include <sys/types.h>

/* What the command line asks for. */
enum sendmail_mode {
	MODE_ENQUEUE,    /* -bm, and no -b */
	MODE_DAEMON,     /* -bd, -bl */
	MODE_ALIASES,    /* -bi, -I, newaliases */
	MODE_MAILQ,      /* -bp, mailq */
	MODE_SMTP,       /* -bs */
	MODE_VERIFY,     /* -bv */
	MODE_FLUSH,      /* -q */
	MODE_FLUSH_ID,   /* -qI */
	MODE_FLUSH_SITE, /* -qR */
	MODE_IGNORE,     /* accepted and without effect */
};

struct sendmail {
	struct arena *arena;
	struct main_cf *cf;
	struct mail_conf mail;
	const char *fix_line_endings; /* sendmail_fix_line_endings */
	const char *config_directory; /* of -C, or the default */
	bool has_config_directory;
	const char *user; /* login name */

	enum sendmail_mode mode;
	const char *site;               /* of -qR, -qI */
	const char *alias_file;         /* of -oA */
	const char *sender, *full_name; /* of -f, -F; NULL: not given */
	const char *verp;               /* of -XV; NULL: not given */
	bool ignores_dots;              /* -i */
	int verbose;
	struct maildrop message;
	const char *const *args; /* what follows the options; ends with NULL */
};

/* End with a message that names the user: "fatal: joe(1000): text", status 75. */
NORETURN void sendmail_fatal(struct sendmail *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Read the command line; argv[0] may be mailq or newaliases. */
void sendmail_options(struct sendmail *s, int argc, char **argv);

/* Take a message from standard input to postdrop. Returns the exit status. */
int sendmail_enqueue(struct sendmail *s);

/* -bs: take messages by SMTP on standard input and output. Returns the exit status. */
int sendmail_smtp(struct sendmail *s);

enum { DROP_REPLY_MAX = 1000 };

/* postdrop at work on one message. */
struct drop {
	struct sendmail *s;
	pid_t pid;
	int to, from;
	struct str out; /* what is to be sent: maildrop_print_chunk appends */
	bool is_gone;   /* it does not read any more: its answer says why */
};

/* Start it and give it the envelope; ends the process when that cannot be. */
void drop_start(struct drop *drop, struct sendmail *s, const struct maildrop *message);

/* Send what has gathered. */
void drop_flush(struct drop *drop);

/* Nothing is queued. */
void drop_cancel(struct drop *drop);

/* The end of the message: 0 and the file's name in reply, or an exit status and the reason. */
int drop_finish(struct drop *drop, char reply[DROP_REPLY_MAX]);

/* Become another program of ours. */
NORETURN void sendmail_become(
    struct sendmail *s, const char *dir, const char *program, const char *const *args);

#endif
