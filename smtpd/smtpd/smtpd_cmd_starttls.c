/* SPDX-License-Identifier: ISC */
/* STARTTLS (RFC 3207). */
#include "smtpd/smtpd/smtpd_limits.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"
#include "smtpd/smtpd/smtpd_tls.h"

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
	else if (limits_tls_start(s)) {
		reply_send(s, "220 2.0.0 Ready to start TLS");
		session_flush(s);
		return !s->hang_up && session_start_tls(s);
	}
	return false;
}
