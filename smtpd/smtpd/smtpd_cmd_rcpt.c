/* SPDX-License-Identifier: ISC */
/* RCPT TO (RFC 5321 4.1.1.3) with the DSN parameters NOTIFY and ORCPT (RFC 3461 4.1, 4.2). */
#include "lib/mail/smtp_cmd.h"
#include "smtpd/smtpd/smtpd_limits.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

/* What looks like the command counts as one, whatever is in it. The reply has been said when false. */
static bool
rcpt_parse(struct session *s, struct span args, struct mail_rcpt *rcpt_out)
{
	struct smtp_grammar grammar = smtpd_grammar(s);
	struct smtp_rcpt rcpt;
	struct smtp_fault fault;

	bool is_good = smtp_rcpt_parse(args, &grammar, (s->mail.flags & MAIL_SMTPUTF8) != 0,
	    s->mail_arena, &rcpt, &fault);

	if ((is_good || !fault.is_shape) && !limits_rcpt(s))
		return false;
	if (!is_good) {
		reply_send_fault(s, &fault);
		return false;
	}
	rcpt_out->address = addr_internal(s->mail_arena, rcpt.path.addr);
	rcpt_out->dsn_notify = rcpt.notify;
	rcpt_out->dsn_orcpt = rcpt.orcpt;
	return true;
}

static bool
rcpt_is_in_order(struct session *s)
{
	if (!s->mail.is_open)
		reply_send(s, "503 5.5.1 Error: need MAIL command");
	else if (s->mail.in_bdat)
		reply_send(s, "503 5.5.1 Error: RCPT after BDAT");
	else
		return true;
	return false;
}

/*
 * More than smtpd_recipient_limit: politely refused for a while, then counted as errors.
 * returns false when the command has been answered; *is_error_out says whether it was one
 */
static bool
rcpt_has_room(struct session *s, bool *is_error_out)
{
	const struct smtpd_conf *conf = s->smtpd->conf;

	*is_error_out = false;
	if ((int64_t) s->mail.rcpts.count < conf->recipient_limit && !arena_is_over(s->mail_arena))
		return true;
	reply_send(s, "452 4.5.3 Error: too many recipients");
	*is_error_out = (int64_t) s->mail.overshoot++ >= conf->recipient_overshoot_limit;
	return false;
}

static bool
rcpt_is_welcome(struct session *s, const struct mail_rcpt *rcpt)
{
	bool is_refused;

	s->mail.recipient = rcpt->address;
	is_refused = restrict_at_rcpt(s) == VERDICT_REJECT;
	if (is_refused)
		reply_send_text(s, str_span(&s->restrict_state.reply));
	s->mail.recipient = span_make(NULL, 0);
	return !is_refused;
}

bool
smtpd_cmd_rcpt(struct session *s, struct span args)
{
	struct mail_rcpt rcpt = { 0 };
	bool is_error;

	if (!rcpt_is_in_order(s) || !rcpt_parse(s, args, &rcpt))
		return false;
	if (!rcpt_has_room(s, &is_error))
		return !is_error;
	if (!rcpt_is_welcome(s, &rcpt) || !session_name_message(s))
		return false;
	*ARRAY_ADD(s->mail_arena, &s->mail.rcpts) = rcpt;
	reply_send(s, "250 2.1.5 Ok");
	return true;
}
