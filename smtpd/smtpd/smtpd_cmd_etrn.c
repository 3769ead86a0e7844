/* SPDX-License-Identifier: ISC */
/*
 * ETRN (RFC 1985). This suite keeps no per-destination logs, so no domain can be flushed at once;
 * the reply is that of a server whose flush service is not meant for the domain.
 */
#include "lib/mail/addr.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

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
