/* SPDX-License-Identifier: ISC */
/* Message content on its way from client to cleanup. */
#include "smtpd/smtpd/smtpd_content.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_log.h"
#include "smtpd/smtpd/smtpd_mail.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

bool
content_has_recipients(struct session *s)
{
	if (s->mail.rcpts.count > 0)
		return true;
	if (!s->mail.is_open)
		reply_send(s, "503 5.5.1 Error: need RCPT command");
	else
		reply_send(s, "554 5.5.1 Error: no valid recipients");
	return false;
}

bool
content_may_begin(struct session *s)
{
	if (restrict_at_data(s) != VERDICT_REJECT)
		return true;
	reply_send_text(s, str_span(&s->restrict_state.reply));
	return false;
}

bool
content_begin(struct session *s)
{
	struct err err = { 0 };

	data_init(&s->mail.data, !s->forbids_bare_newline);
	if (mail_begin(s, &err))
		return true;
	log_warn_err("cleanup", &err);
	reply_send(s, "451 4.3.0 Error: queue file write error");
	return false;
}

enum content_state
content_state(const struct session *s)
{
	int64_t limit = s->smtpd->mail->message_size_limit;

	if (s->mail.content_lost)
		return CONTENT_LOST;
	if (limit > 0 && s->mail.data.bytes > limit)
		return CONTENT_TOO_BIG;
	if (s->mail.data.saw_bare_lf && s->forbids_bare_newline &&
	    s->smtpd->bare_newline == BARE_NEWLINE_REJECT)
		return CONTENT_BARE_LF;
	return CONTENT_GOOD;
}

void
content_put(struct session *s, struct span bytes)
{
	struct err err = { 0 };

	if (!s->mail.has_cleanup)
		return;
	if (content_state(s) != CONTENT_GOOD) {
		mail_withdraw(s);
	} else if (!mail_data(s, bytes, &err)) {
		s->mail.content_lost = true;
		log_warn_err("cleanup", &err);
	}
}

void
content_refuse(struct session *s)
{
	switch (content_state(s)) {
	case CONTENT_GOOD:
		break;
	case CONTENT_LOST:
		reply_send(s, "451 4.3.0 Error: queue file write error");
		break;
	case CONTENT_TOO_BIG:
		log_warn("%.*s: queue file size limit exceeded", SPAN_ARG(s->mail.queue_id));
		reply_send(s, "552 5.3.4 Error: message file too big");
		break;
	case CONTENT_BARE_LF:
		if (s->mail.rcpts.count == 1)
			s->mail.recipient = s->mail.rcpts.v[0].address;
		session_log_action(s, "reject", "END-OF-MESSAGE", SPAN("bare <LF> received"));
		s->mail.recipient = span_make(NULL, 0);
		reply_send(s, "%d 5.5.2 %s Error: bare <LF> received",
		    s->smtpd->conf->forbid_bare_newline_reject_code,
		    s->smtpd->mail->myhostname);
		break;
	}
}

/* The reply to what cleanup decided. */
static bool
content_reply(struct session *s, const struct mail_done *done, const char *note)
{
	bool is_temporary = done->status == MAIL_TEMP;

	switch ((enum mail_status) done->status) {
	case MAIL_ACCEPTED:
	case MAIL_DISCARDED:
		s->errors = s->junk = 0;
		reply_send(s, "250 2.0.0 Ok: %squeued as %.*s", note, SPAN_ARG(done->queue_id));
		return true;
	case MAIL_TEMP:
	case MAIL_PERM:
		break;
	}
	reply_send(s, "%d %.*s %.*s",
	    done->reply_code != 0 ? (int) done->reply_code
		: is_temporary    ? 451
				  : 550,
	    SPAN_ARG(done->dsn.len > 0 ? done->dsn
		    : is_temporary     ? SPAN("4.3.0")
				       : SPAN("5.7.1")),
	    SPAN_ARG(done->text.len > 0 ? done->text : SPAN("Error: queue file write error")));
	return false;
}

static bool
content_decide(struct session *s, const char *note)
{
	struct mail_done done;
	struct err err = { 0 };

	if (content_state(s) != CONTENT_GOOD) {
		content_refuse(s);
		return false;
	}
	if (restrict_at_end_of_data(s) == VERDICT_REJECT) {
		reply_send_text(s, str_span(&s->restrict_state.reply));
		return false;
	}
	log_flush();
	if (mail_end(s, &done, &err))
		return content_reply(s, &done, note);
	log_warn_err("cleanup", &err);
	reply_send(s, "451 4.3.0 Error: queue file write error");
	return false;
}

bool
content_end(struct session *s, const char *note)
{
	bool is_accepted;

	s->where = "END-OF-MESSAGE";
	s->saw_bare_newline |= s->mail.data.saw_bare_lf;
	is_accepted = content_decide(s, note);
	session_reset_mail(s);
	return is_accepted;
}

void
content_set_deadline(struct session *s, int64_t started_us, int64_t received)
{
	const struct smtpd_conf *conf = s->smtpd->conf;

	session_set_deadline(s);
	if (conf->per_request_deadline)
		stream_set_deadline(s->stream,
		    started_us + conf->timeout.us +
			received * CLOCK_SECOND_US / conf->min_data_rate);
}
