/* SPDX-License-Identifier: ISC */
/* HELO and EHLO (RFC 5321 4.1.1.1). Both end a transaction. */
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

static bool
helo_may_hold(char c)
{
	return (unsigned char) c > 0x7f || (ascii_is_print(c) && strchr(" <>()\\\";@", c) == NULL);
}

/* The name as it may stand in log lines and header fields: what would end a comment becomes "?". */
static struct span
helo_name(struct session *s, struct span args)
{
	struct str name;
	struct span kept;

	str_init(&name, 512);
	for (size_t i = 0; i < args.len && i < 255; i++)
		str_add_char(&name, helo_may_hold(args.p[i]) ? args.p[i] : '?');
	kept = arena_dup(s->arena, str_span(&name));
	str_fini(&name);
	return kept;
}

/* returns false when it was refused */
static bool
helo_take(struct session *s, enum smtp_verb verb, struct span args, const char *protocol)
{
	struct smtp_cmd cmd = { .verb = verb, .args = args };
	struct smtp_fault fault;
	struct span name;

	if (!smtp_helo_parse(&cmd, &name, &fault)) {
		reply_send_fault(s, &fault);
		return false;
	}
	session_reset_mail(s);
	session_reset_helo(s);
	if (arena_is_over(s->arena)) {
		reply_send(s, "421 4.7.0 %s Error: too many errors", s->smtpd->mail->myhostname);
		return false;
	}
	s->helo = helo_name(s, name);
	if (restrict_at_helo(s) != VERDICT_REJECT) {
		s->protocol = protocol;
		return true;
	}
	session_reset_helo(s);
	reply_send_text(s, str_span(&s->restrict_state.reply));
	return false;
}

bool
smtpd_cmd_helo(struct session *s, struct span args)
{
	if (!helo_take(s, SMTP_HELO, args, "SMTP"))
		return false;
	reply_send(s, "250 %s", s->smtpd->mail->myhostname);
	return true;
}

/* One line, unless it is hidden from this client. */
static void
ehlo_add(struct session *s, struct str *lines, unsigned bit, const char *line)
{
	if ((s->ehlo_discard & bit) == 0)
		str_addf(lines, "\n%s", line);
}

/* Clients from before RFC 4954 look for an equals sign. */
static void
ehlo_add_auth(struct session *s, struct str *lines)
{
	CLEANUP(str_fini) struct str mechanisms = { .max = 400 };

	if (!sasl_is_offered(s) || (s->smtpd->conf->tls_auth_only && s->tls == NULL))
		return;
	sasl_add_mechanisms(s, &mechanisms);
	if (mechanisms.len == 0)
		return;
	str_addf(lines, "\nAUTH%s", str_cstr(&mechanisms));
	if (s->smtpd->access->broken_sasl_auth_clients)
		str_addf(lines, "\nAUTH=%s", str_cstr(&mechanisms) + 1);
}

static void
ehlo_add_extensions(struct session *s, struct str *lines)
{
	const struct smtpd *smtpd = s->smtpd;

	ehlo_add(s, lines, EHLO_PIPELINING, "PIPELINING");
	if ((s->ehlo_discard & EHLO_SIZE) == 0) {
		str_add(lines, SPAN("\nSIZE"));
		if (smtpd->mail->message_size_limit > 0)
			str_addf(lines, " %lld", (long long) smtpd->mail->message_size_limit);
	}
	if (!smtpd->access->disable_vrfy_command)
		ehlo_add(s, lines, EHLO_VRFY, "VRFY");
	ehlo_add(s, lines, EHLO_ETRN, "ETRN");
	if (smtpd->tls != NULL && s->tls == NULL)
		ehlo_add(s, lines, EHLO_STARTTLS, "STARTTLS");
	ehlo_add_auth(s, lines);
	if (s->may_verp)
		ehlo_add(s, lines, EHLO_VERP, "XVERP");
	if (s->may_xclient)
		ehlo_add(s, lines, EHLO_XCLIENT,
		    "XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT");
	if (s->may_xforward)
		ehlo_add(
		    s, lines, EHLO_XFORWARD, "XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT");
	ehlo_add(s, lines, EHLO_ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES");
	ehlo_add(s, lines, EHLO_8BITMIME, "8BITMIME");
	ehlo_add(s, lines, EHLO_DSN, "DSN");
	if (smtpd->mail->smtputf8_enable)
		ehlo_add(s, lines, EHLO_SMTPUTF8, "SMTPUTF8");
	ehlo_add(s, lines, EHLO_CHUNKING, "CHUNKING");
	if (smtpd_offers_requiretls(s))
		ehlo_add(s, lines, EHLO_REQUIRETLS, "REQUIRETLS");
}

bool
smtpd_cmd_ehlo(struct session *s, struct span args)
{
	struct str lines;

	if (!helo_take(s, SMTP_EHLO, args, "ESMTP"))
		return false;
	str_init(&lines, 4096);
	smtpd_ehlo_words(s->ehlo_discard, &lines);
	if (lines.len > 0 && (s->ehlo_discard & EHLO_SILENT) == 0)
		log_info("discarding EHLO keywords:%s", str_cstr(&lines));
	str_clear(&lines);
	str_add_str(&lines, s->smtpd->mail->myhostname);
	ehlo_add_extensions(s, &lines);
	reply_send_lines(s, "250", str_span(&lines));
	str_fini(&lines);
	return true;
}
