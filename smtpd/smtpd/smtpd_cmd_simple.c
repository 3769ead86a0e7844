/* SPDX-License-Identifier: ISC */
/*
 * Commands without arguments or state worth a file: RSET, NOOP, VRFY, ETRN, HELP, QUIT, STARTTLS,
 * AUTH.
 */
#include <stdlib.h>

#include "lib/base/encode.h"
#include "lib/mail/addr.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_limits.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"
#include "smtpd/smtpd/smtpd_tls.h"

bool
smtpd_cmd_rset(struct session *s, struct span args)
{
	if (args.len > 0) {
		reply_send(s, "501 5.5.4 Syntax: RSET");
		return false;
	}
	session_reset_mail(s);
	reply_send(s, "250 2.0.0 Ok");
	return true;
}

bool
smtpd_cmd_noop(struct session *s, struct span args)
{
	(void) args;
	reply_send(s, "250 2.0.0 Ok");
	return true;
}

bool
smtpd_cmd_quit(struct session *s, struct span args)
{
	(void) args;
	reply_send(s, "221 2.0.0 Bye");
	s->hang_up = true;
	return true;
}

static int
help_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

bool
smtpd_cmd_help(struct session *s, struct span args)
{
	const char *names[SMTPD_CMD_UNKNOWN];
	size_t count = 0;
	struct str words;

	(void) args;
	for (size_t i = 0; i < SMTPD_CMD_UNKNOWN; i++)
		if (i != SMTPD_CMD_AUTH)
			names[count++] = smtpd_cmds[i].name;
	qsort(names, count, sizeof(names[0]), help_compare);
	str_init(&words, 500);
	for (size_t i = 0; i < count; i++)
		str_addf(&words, " %s", names[i]);
	reply_send(s, "214 2.0.0 Commands:%s", str_cstr(&words));
	str_fini(&words);
	return true;
}

/* Nobody logs in to this server yet. */
bool
smtpd_cmd_auth(struct session *s, struct span args)
{
	(void) args;
	reply_send(s, "503 5.5.1 Error: authentication not enabled");
	return false;
}

/* Would mail to it be taken? The answer depends on no transaction and leaves none behind. */
static bool
vrfy_answer(struct session *s, struct span address, struct span text)
{
	bool is_refused;

	s->mail.recipient = address;
	is_refused = restrict_at_rcpt(s) == VERDICT_REJECT;
	s->mail.recipient = span_make(NULL, 0);
	if (is_refused)
		reply_send_text(s, str_span(&s->restrict_state.reply));
	else
		reply_send(s, "252 2.0.0 %.*s", SPAN_ARG(text));
	session_reset_mail(s);
	return !is_refused;
}

bool
smtpd_cmd_vrfy(struct session *s, struct span args)
{
	struct smtp_grammar grammar = smtpd_grammar(s);
	struct addr_path path;
	struct span text;
	struct smtp_fault fault = { 0 };

	if (s->smtpd->access->disable_vrfy_command)
		reply_send(s, "502 5.5.1 VRFY command is disabled");
	else if (s->smtpd->conf->helo_required && span_is_empty(s->helo))
		reply_send(s, "503 5.5.1 Error: send HELO/EHLO first");
	else if (args.len == 0)
		reply_send(s, "501 5.5.4 Syntax: VRFY address%s",
		    s->smtpd->mail->smtputf8_enable ? " [SMTPUTF8]" : "");
	else if (s->mail.is_open)
		reply_send(s, "503 5.5.1 Error: MAIL transaction in progress");
	else if (!limits_rcpt(s))
		return false;
	else if (!smtp_vrfy_parse(args, &grammar, s->scratch, &path, &text, &fault))
		reply_send_fault(s, &fault);
	else
		return vrfy_answer(s, addr_internal(s->scratch, path.addr), text);
	return false;
}

static bool
etrn_is_in_order(struct session *s, struct span args)
{
	if (s->smtpd->conf->helo_required && span_is_empty(s->helo))
		reply_send(s, "503 Error: send HELO/EHLO first");
	else if (s->mail.is_open)
		reply_send(s, "503 Error: MAIL transaction in progress");
	else if (args.len == 0 || span_find_any(args, " \t") < args.len)
		reply_send(s, "500 Syntax: ETRN domain");
	else
		return true;
	return false;
}

/*
 * ETRN (RFC 1985). This suite keeps no per-destination logs, so no domain can be flushed at once;
 * the reply is that of a server whose flush service is not meant for the domain.
 */
bool
smtpd_cmd_etrn(struct session *s, struct span args)
{
	struct span domain;

	if (!etrn_is_in_order(s, args))
		return false;
	domain = args.p[0] == '@' || args.p[0] == '#' ? span_from(args, 1) : args;
	if (!addr_is_domain(domain, true)) {
		reply_send(s, "501 Error: invalid parameter syntax");
		return false;
	}
	if (restrict_at_etrn(s, domain) == VERDICT_REJECT) {
		reply_send_text(s, str_span(&s->restrict_state.reply));
		return false;
	}
	log_warn("reject: ETRN %.*s... from %.*s", SPAN_ARG(span_slice(domain, 0, 100)),
	    SPAN_ARG(s->client.id));
	reply_send(s, "459 <%.*s>: service unavailable", SPAN_ARG(domain));
	return false;
}

/* What came behind STARTTLS in plaintext is dropped by tls_accept's filter (RFC 3207 4.2). */
bool
smtpd_cmd_starttls(struct session *s, struct span args)
{
	if (args.len > 0)
		reply_send(s, "501 5.5.4 Syntax: STARTTLS");
	else if (s->tls != NULL)
		reply_send(s, "554 5.5.1 Error: TLS already active");
	else if (s->smtpd->tls == NULL || (s->ehlo_discard & EHLO_STARTTLS) != 0)
		reply_send(s, "502 5.5.1 Error: command not implemented");
	else if (limits_tls(s)) {
		reply_send(s, "220 2.0.0 Ready to start TLS");
		session_flush(s);
		return !s->hang_up && session_start_tls(s);
	}
	return false;
}
