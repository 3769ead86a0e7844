/* SPDX-License-Identifier: ISC */
/* Commands of a few lines: RSET, NOOP, QUIT. */
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

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
