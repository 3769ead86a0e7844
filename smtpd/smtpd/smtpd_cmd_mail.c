/* SPDX-License-Identifier: ISC */
/* MAIL FROM (RFC 5321 4.1.1.2) with SIZE, BODY, AUTH (RFC 4954 5), DSN (RFC 3461), SMTPUTF8, REQUIRETLS and XVERP. */
#include "lib/mail/smtp_cmd.h"
#include "lib/sys/clock.h"
#include "smtpd/smtpd/smtpd_limits.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

/* State in which MAIL may come. */
static bool
mail_is_in_order(struct session *s)
{
	if (s->smtpd->conf->helo_required && span_is_empty(s->helo))
		reply_send(s, "503 5.5.1 Error: send HELO/EHLO first");
	else if (s->mail.is_open)
		reply_send(s, "503 5.5.1 Error: nested MAIL command");
	else if (s->mail.in_bdat)
		reply_send(s, "503 5.5.1 Error: MAIL after BDAT");
	else
		return true;
	return false;
}

/* What looks like the command counts as one, whatever is in it. The reply has been said when false. */
static bool
mail_parse(struct session *s, struct span args)
{
	static const char *const encodings[] = {
		[SMTP_BODY_NONE] = "",
		[SMTP_BODY_7BIT] = "7bit",
		[SMTP_BODY_8BITMIME] = "8bit",
		[SMTP_BODY_BINARYMIME] = "",
	};
	struct smtp_grammar grammar = smtpd_grammar(s);
	struct smtp_mail mail;
	struct smtp_fault fault;

	bool is_good = smtp_mail_parse(args, &grammar, s->mail_arena, &mail, &fault);

	if ((is_good || !fault.is_shape) && !limits_mail(s))
		return false;
	if (!is_good) {
		reply_send_fault(s, &fault);
		return false;
	}
	s->mail.sender = addr_internal(s->mail_arena, mail.path.addr);
	s->mail.size_declared = mail.size > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t) mail.size;
	s->mail.encoding = span_of(encodings[mail.body]);
	s->mail.dsn_envid = mail.envid;
	s->mail.dsn_ret = mail.ret == DSN_RET_FULL ? SPAN("FULL")
	    : mail.ret == DSN_RET_HDRS             ? SPAN("HDRS")
						   : SPAN("");
	s->mail.flags |= mail.smtputf8 ? MAIL_SMTPUTF8 : 0;
	s->mail.flags |= mail.requiretls ? MAIL_REQUIRETLS : 0;
	if (mail.auth.p != NULL && s->login.user.len == 0) {
		reply_send(s, "503 5.5.4 Error: send AUTH command first");
		return false;
	}
	if (mail.auth.p != NULL && !span_eq_str(mail.auth, "<>"))
		s->mail.sasl_sender = arena_dup(s->mail_arena, mail.auth);
	if (mail.verp.p != NULL && s->mail.sender.len == 0) {
		reply_send(s, "503 5.5.4 Error: XVERP requires non-null sender");
		return false;
	}
	if (mail.verp.p != NULL)
		s->mail.verp = mail.verp.len > 0
		    ? arena_dup(s->mail_arena, mail.verp)
		    : span_of(s->smtpd->mail->default_verp_delimiters);
	s->mail.is_open = true;
	return true;
}

static bool
mail_fits(struct session *s)
{
	int64_t limit = s->smtpd->mail->message_size_limit;

	if ((limit <= 0 || s->mail.size_declared <= limit) && limits_has_space(s))
		return true;
	if (limit > 0 && s->mail.size_declared > limit)
		(void) restrict_refuse(s, 552, "5.3.4", "Message size exceeds fixed limit");
	else
		(void) restrict_refuse(s, 452, "4.3.1", "Insufficient system storage");
	reply_send_text(s, str_span(&s->restrict_state.reply));
	return false;
}

/* Policy, when the command is well-formed. */
static bool
mail_is_welcome(struct session *s)
{
	if (restrict_at_mail(s) != VERDICT_REJECT)
		return s->smtpd->conf->delay_open_until_valid_rcpt || session_name_message(s);
	reply_send_text(s, str_span(&s->restrict_state.reply));
	return false;
}

bool
smtpd_cmd_mail(struct session *s, struct span args)
{
	if (!mail_is_in_order(s))
		return false;
	s->mail.arrival_us = clock_wall_us();
	if (!mail_parse(s, args) || !mail_fits(s) || !mail_is_welcome(s)) {
		session_reset_mail(s);
		return false;
	}
	reply_send(s, "250 2.1.0 Ok");
	return true;
}
