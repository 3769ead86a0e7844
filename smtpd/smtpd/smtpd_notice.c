/* SPDX-License-Identifier: ISC */
#include "smtpd/smtpd/smtpd_notice.h"

#include "lib/queue/notify_class.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_mail.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { LINE_MAX_SHOWN = 200, NOTICE_MAX = 128 * 1024 };

/* ---- What was said ---- */

static void
note_line(struct session *s, const char *who, struct span line)
{
	struct session_chat *chat = &s->chat;
	bool is_cut = line.len > LINE_MAX_SHOWN;

	if (s->smtpd->notify_classes == 0 || chat->text.overflowed)
		return;
	chat->lines++;
	(void) str_add_str(&chat->text, who);
	for (size_t i = 0; i < line.len && i < LINE_MAX_SHOWN; i++)
		(void) str_add_char(&chat->text, ascii_is_print(line.p[i]) ? line.p[i] : '?');
	(void) str_add_str(&chat->text, is_cut ? "...\n" : "\n");
}

/* AUTH without what may be a password. */
void
notice_note_command(struct session *s, struct span line)
{
	if (span_starts_with_ci(line, SPAN("AUTH")))
		line = SPAN("AUTH ...");
	note_line(s, " In:  ", line);
}

/* The class of a refusal, by its codes, and by its text where those do not tell. */
static unsigned
class_of(struct span text)
{
	struct span dsn = span_slice(text, 4, text.len);

	if (text.len < 3 || (text.p[0] != '4' && text.p[0] != '5'))
		return 0;
	if (span_starts_with(text, SPAN("50")) || span_starts_with(dsn, SPAN("5.5.")))
		return NOTIFY_PROTOCOL;
	if (span_starts_with(dsn, SPAN("4.3.1")) || span_starts_with(dsn, SPAN("5.3.1")))
		return NOTIFY_RESOURCE;
	if (span_search(text, SPAN(RESTRICT_NO_ANSWER)) < text.len)
		return NOTIFY_DATA;
	if (span_starts_with(dsn, SPAN("4.3.0")) || span_starts_with(dsn, SPAN("4.3.5")))
		return NOTIFY_SOFTWARE;
	if (span_starts_with(dsn, SPAN("4.4.")))
		return 0;
	return span_starts_with(dsn, SPAN("5.1.")) ? NOTIFY_BOUNCE : NOTIFY_POLICY;
}

void
notice_note_reply(struct session *s, struct span text)
{
	s->chat.classes |= class_of(text);
	note_line(s, " Out: ", text);
}

void
notice_forget(struct session *s)
{
	if (s->chat.lines <= s->smtpd->conf->history_flush_threshold ||
	    (s->chat.classes & s->smtpd->notify_classes) != 0)
		return;
	str_clear(&s->chat.text);
	s->chat.lines = 0;
}

/* ---- The message ---- */

static struct span
own_address(struct session *s, const char *name, const char *domain)
{
	if (strchr(name, '@') != NULL)
		return span_of(name);
	return span_of(arena_printf(s->mail_arena, "%s@%s", name, domain));
}

static void
write_notice(struct session *s, struct str *out)
{
	const struct mail_conf *mail = s->smtpd->mail;

	(void) str_addf(out,
	    "From: Mail Delivery System <MAILER-DAEMON>\n"
	    "To: Postmaster <%s>\n"
	    "Subject: %s SMTP server: errors from %.*s\n\n"
	    "%s had trouble with a client. What was said:\n\n",
	    mail->error_notice_recipient, mail->mail_name, SPAN_ARG(s->client.id),
	    mail->myhostname);
	(void) str_add(out, str_span(&s->chat.text));
	if (s->chat.text.overflowed)
		(void) str_add_str(out, " ...\n");
	(void) str_add_str(out, "\nThe mail log has the rest.\n");
}

void
notice_send(struct session *s)
{
	const struct mail_conf *mail = s->smtpd->mail;
	CLEANUP(str_fini) struct str text = { .max = NOTICE_MAX };
	struct mail_rcpt rcpt;
	struct err err = { 0 };

	if ((s->chat.classes & s->smtpd->notify_classes) == 0)
		return;
	rcpt = (struct mail_rcpt){
		.address = own_address(s, mail->error_notice_recipient, mail->myorigin)
	};
	write_notice(s, &text);
	if (!mail_send_own(s, own_address(s, mail->double_bounce_sender, mail->myhostname), &rcpt,
		str_span(&text), &err))
		log_warn_err("postmaster notice", &err);
}
