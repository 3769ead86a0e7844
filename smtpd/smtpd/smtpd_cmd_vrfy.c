/* SPDX-License-Identifier: ISC */
/* VRFY (RFC 5321 3.5, 4.1.1.6): judged as a recipient, never a promise. */
#include "lib/mail/addr.h"
#include "smtpd/smtpd/smtpd_limits.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

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
