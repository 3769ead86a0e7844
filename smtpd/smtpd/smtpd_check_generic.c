/* SPDX-License-Identifier: ISC */
/* Primitives that may stand in any list. */
#include <time.h>

#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_check.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { CHECK_SLEEP_MAX_S = 3600 };

CHECK_FUNCTION(permit)
{
	return VERDICT_PERMIT;
}

CHECK_FUNCTION(reject)
{
	return restrict_refuse_subject(
	    s, subject, s->smtpd->access->reject_code, "5.7.1", "Access denied");
}

CHECK_FUNCTION(defer)
{
	return restrict_refuse_subject(
	    s, subject, s->smtpd->access->defer_code, "4.3.2", "Try again later");
}

CHECK_FUNCTION(defer_if_permit)
{
	return restrict_defer_if_permit(s, "4.7.0",
	    "<%.*s>: %s rejected: defer_if_permit requested", SPAN_ARG(subject->name),
	    subject->class);
}

CHECK_FUNCTION(defer_if_reject)
{
	return restrict_defer_if_reject(s, "4.7.0",
	    "<%.*s>: %s rejected: defer_if_reject requested", SPAN_ARG(subject->name),
	    subject->class);
}

CHECK_FUNCTION(warn_if_reject)
{
	s->restrict_state.warn_only = true;
	return VERDICT_DUNNO;
}

CHECK_FUNCTION(missing)
{
	log_warn("restriction %s: %s", step->row->name, step->row->missing);
	return restrict_misconfigured(s);
}

CHECK_FUNCTION(sleep)
{
	uint64_t seconds;
	struct timespec pause = { 0 };

	if (!span_to_u64(span_of(step->word), CHECK_SLEEP_MAX_S, &seconds)) {
		log_warn("sleep: \"%s\" is no number of seconds", step->word);
		return restrict_misconfigured(s);
	}
	pause.tv_sec = (time_t) seconds;
	session_flush(s);
	nanosleep(&pause, NULL);
	return VERDICT_DUNNO;
}

CHECK_FUNCTION(unauth_pipelining)
{
	if (!s->has_pipelined)
		return VERDICT_DUNNO;
	return restrict_refuse_subject(
	    s, subject, 503, "5.5.0", "Improper use of SMTP command pipelining");
}

CHECK_FUNCTION(plaintext_session)
{
	if (s->tls != NULL)
		return VERDICT_DUNNO;
	return restrict_refuse(s, s->smtpd->access->plaintext_reject_code, "4.7.1",
	    "Session encryption is required");
}

/* A notification has one recipient. Asked at RCPT it sees the ones before, at DATA all. */
CHECK_FUNCTION(multi_recipient_bounce)
{
	size_t count = s->mail.rcpts.count +
	    (s->mail.recipient.p != NULL && s->mail.rcpts.count > 0 &&
		strcmp(s->where, "RCPT") == 0);

	if (!s->mail.is_open || s->mail.sender.len > 0 || count < 2)
		return VERDICT_DUNNO;
	return restrict_refuse_subject(s, subject,
	    s->smtpd->access->multi_recipient_bounce_reject_code, "5.5.3",
	    "Multi-recipient bounce");
}
