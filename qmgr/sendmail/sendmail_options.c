/* SPDX-License-Identifier: ISC */
/*
 * The command line as Sendmail's users write it. Options that only made sense there are taken and
 * have no effect; each of them stands in a row of its own.
 */
#include "qmgr/sendmail/sendmail_int.h"

#include "lib/mail/dsn.h"
#include "lib/sys/log.h"

#include <getopt.h>

enum { ENVID_MAX = 100 };

static const struct mode_letter {
	char letter;
	enum sendmail_mode mode;
} mode_letters[] = {
	{ 'd', MODE_DAEMON },
	{ 'l', MODE_DAEMON },
	{ 'h', MODE_IGNORE }, /* Sendmail's host status */
	{ 'i', MODE_ALIASES },
	{ 'm', MODE_ENQUEUE },
	{ 'p', MODE_MAILQ },
	{ 's', MODE_SMTP },
	{ 'v', MODE_VERIFY },
};

/* -bX */
static void
take_mode(struct sendmail *s, const char *text)
{
	for (size_t i = 0; i < COUNT_OF(mode_letters); i++) {
		if (text[0] == mode_letters[i].letter) {
			s->mode = mode_letters[i].mode;
			return;
		}
	}
	sendmail_fatal(s, "unsupported: -b%c", text[0]);
}

/* -B */
static void
take_body_type(struct sendmail *s, const char *text)
{
	if (strcasecmp(text, "7BIT") == 0)
		s->message.encoding = SPAN("7bit");
	else if (strcasecmp(text, "8BITMIME") == 0)
		s->message.encoding = SPAN("8bit");
	else
		sendmail_fatal(s, "-B option needs 8BITMIME or 7BIT");
}

/* -N */
static void
take_notify(struct sendmail *s, const char *text)
{
	unsigned notify;

	if (dsn_notify_parse(span_of(text), &notify) == PARSE_OK)
		s->message.dsn_notify = notify;
	else
		log_warn("bad -N option value -- ignored");
}

/* -R */
static void
take_return(struct sendmail *s, const char *text)
{
	enum dsn_ret ret;

	if (dsn_ret_parse(span_of(text), &ret) == PARSE_OK)
		s->message.dsn_ret = span_of(dsn_ret_name(ret));
	else
		log_warn("bad -R option value -- ignored");
}

/* -V envid, as it is: smtp(8) encodes what the protocol wants encoded. */
static void
take_envid(struct sendmail *s, const char *text)
{
	struct span envid = span_of(text);

	if (envid.len > ENVID_MAX)
		log_warn("too long -V option value -- ignored");
	else if (!span_is_printable(envid))
		log_warn("bad syntax in -V option value -- ignored");
	else
		s->message.dsn_envid = envid;
}

/* -XV, -XVxy, looked at when the configuration is known; any other -X names a log file of Sendmail's. */
static void
take_verp(struct sendmail *s, const char *text)
{
	if (text[0] == 'V')
		s->verp = arena_strdup(s->arena, text + 1);
}

/* -O name=value */
static void
take_long_option(struct sendmail *s, const char *text)
{
	bool yes = strchr(text, '=') != NULL && strcasecmp(strchr(text, '=') + 1, "yes") == 0;

	if (strncasecmp(text, "requiretls=", 11) == 0)
		s->message.requiretls = yes;
	else if (strncasecmp(text, "smtputf8=", 9) == 0)
		s->message.smtputf8 = yes;
}

/* -oX */
static void
take_old_option(struct sendmail *s, const char *text)
{
	switch (text[0]) {
	case '7':
		s->message.encoding = SPAN("7bit");
		break;
	case '8':
		s->message.encoding = SPAN("8bit");
		break;
	case 'i':
		s->ignores_dots = true;
		break;
	case 'A':
		s->alias_file = text[1] != '\0' ? text + 1 : NULL;
		break;
	default:
		break; /* error mode, "me too", queue mode and the like */
	}
}

/* -q, -q10m, -qIid, -qRsite */
static void
take_queue(struct sendmail *s, const char *text)
{
	if (ascii_is_digit(text[0])) {
		if (s->mode == MODE_ENQUEUE)
			s->mode = MODE_IGNORE;
	} else if (text[0] == 'R' || text[0] == 'I') {
		if (text[1] == '\0')
			sendmail_fatal(s, "specify: -q%c%s", text[0],
			    text[0] == 'R' ? "sitename" : "queueid");
		s->mode = text[0] == 'R' ? MODE_FLUSH_SITE : MODE_FLUSH_ID;
		s->site = text + 1;
	} else if (text[0] == '\0') {
		s->mode = MODE_FLUSH;
	} else {
		sendmail_fatal(s, "-q%s is not implemented", text);
	}
}

/* -C file or directory */
static void
take_config(struct sendmail *s, const char *text)
{
	const char *slash = strrchr(text, '/');

	if (span_ends_with(span_of(text), SPAN(".cf")))
		text = slash == NULL ? "."
				     : arena_printf(s->arena, "%.*s", (int) (slash - text), text);
	s->config_directory = text;
	s->has_config_directory = true;
}

/* getopt found no such option, or (':') nothing behind one that wants a value. */
NORETURN static void
refuse_option(struct sendmail *s, int c)
{
	sendmail_fatal(s, "%s -- '%c'; usage: sendmail [options]",
	    c == ':' ? "option requires an argument" : "invalid option", optopt);
}

static void
take_option(struct sendmail *s, int c)
{
	switch (c) {
	case 'b':
		take_mode(s, optarg);
		break;
	case 'B':
		take_body_type(s, optarg);
		break;
	case 'C':
		take_config(s, optarg);
		break;
	case 'f':
	case 'r':
		s->sender = optarg;
		break;
	case 'F':
		s->full_name = optarg;
		break;
	case 'G':
		s->message.is_gateway = true;
		break;
	case 'i':
		s->ignores_dots = true;
		break;
	case 'I':
		s->mode = MODE_ALIASES;
		break;
	case 'N':
		take_notify(s, optarg);
		break;
	case 'o':
		take_old_option(s, optarg);
		break;
	case 'O':
		take_long_option(s, optarg);
		break;
	case 'q':
		take_queue(s, optarg);
		break;
	case 'R':
		take_return(s, optarg);
		break;
	case 't':
		s->message.extract = true;
		break;
	case 'v':
		s->verbose++;
		break;
	case 'V':
		take_envid(s, optarg);
		break;
	case 'X':
		take_verp(s, optarg);
		break;
	case 'A': /* which of Sendmail's two configurations */
	case 'c':
	case 'e': /* how errors are reported */
	case 'h': /* hop count */
	case 'L': /* log label */
	case 'm': /* "me too" */
	case 'n': /* no aliases */
	case 'p': /* protocol */
	case 'U': /* initial submission */
	case 'x':
		break;
	default:
		refuse_option(s, c);
	}
}

/* -q stands alone or with its value in the same word: getopt would take the next word for it. */
static bool
is_bare_queue(const char *word)
{
	return strcmp(word, "-q") == 0;
}

void
sendmail_options(struct sendmail *s, int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	int c;

	if (strcmp(name, "mailq") == 0)
		s->mode = MODE_MAILQ;
	else if (strcmp(name, "newaliases") == 0)
		s->mode = MODE_ALIASES;
	opterr = 0;
	for (;;) {
		if (optind < argc && is_bare_queue(argv[optind])) {
			s->mode = MODE_FLUSH;
			optind++;
			continue;
		}
		c = getopt(argc, argv, "+:A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:r:q:tvx");
		if (c == -1)
			break;
		take_option(s, c);
	}
	s->args = (const char *const *) argv + optind;
}
