/* SPDX-License-Identifier: ISC */
/*
 * Handing messages to cleanup. The envelope waits until content comes, so one frame carries all of
 * it; content goes in frames of up to 64 KB; the only wait is for mail_done.
 */
#include "smtpd/smtpd/smtpd_mail.h"
#include "lib/queue/mail_client.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_session.h"
#include "smtpd/smtpd/smtpd_trace.h"

/* Recipients in one frame. */
enum { MAIL_RCPTS_PER_FRAME = 500 };

bool
mail_reach(struct session *s, struct err *err)
{
	const char *id = mail_client_next_id(&s->smtpd->cleanup, err);

	if (id == NULL)
		return false;
	s->mail.queue_id = span_of(arena_strdup(s->mail_arena, id));
	return true;
}

static bool
mail_more_rcpts(struct session *s, struct err *err)
{
	for (size_t at = MAIL_RCPTS_PER_FRAME; at < s->mail.rcpts.count;
	     at += MAIL_RCPTS_PER_FRAME) {
		size_t left = s->mail.rcpts.count - at;
		struct mail_rcpts more = {
			.recipients = { .items = s->mail.rcpts.v + at,
			    .count = left < MAIL_RCPTS_PER_FRAME ? left : MAIL_RCPTS_PER_FRAME }
		};

		if (!mail_client_rcpts(&s->smtpd->cleanup, &more, err))
			return false;
	}
	return true;
}

/* Who sent it, as far as a proxy or filter in front may tell us better (XFORWARD). */
static struct span
mail_fact(struct span forwarded, struct span own)
{
	return forwarded.len > 0 ? forwarded : own;
}

/* Header fields of our own clients' mail may be completed. */
static bool
mail_is_local(struct session *s)
{
	return s->has_forward_source ? s->forward_is_local
				     : restrict_conditions_hold(s, s->smtpd->local_clients);
}

bool
mail_begin(struct session *s, struct err *err)
{
	struct session_mail *m = &s->mail;
	size_t first = m->rcpts.count < MAIL_RCPTS_PER_FRAME ? m->rcpts.count
							     : MAIL_RCPTS_PER_FRAME;
	struct mail_begin begin = {
		.flags = m->flags | s->smtpd->cleanup_flags,
		.sender = m->sender,
		.arrival_us = m->arrival_us,
		.size_hint = m->size_declared,
		.size_limit = s->smtpd->mail->message_size_limit,
		.encoding = m->encoding,
		.rewrite_context = mail_is_local(s) ? SPAN("local") : SPAN("remote"),
		.dsn_envid = m->dsn_envid,
		.dsn_ret = m->dsn_ret,
		.verp = m->verp,
		.content_filter = m->content_filter.len > 0
		    ? m->content_filter
		    : span_of(s->smtpd->mail->content_filter),
		.redirect = m->redirect,
		.bcc = { .items = m->bcc.v, .count = m->bcc.count },
		.prepend = str_span(&m->prepend),
		.trace = trace_field(s),
		.client_name = mail_fact(s->forward_name, s->client.name),
		.client_address = mail_fact(s->forward_address, s->client.address),
		.client_port = mail_fact(s->forward_port, s->client.port),
		.client_helo = mail_fact(s->forward_helo, s->helo),
		.client_protocol = mail_fact(s->forward_protocol, span_of(s->protocol)),
		.reverse_client_name = s->client.reverse_name,
		.log_ident = s->forward_ident,
		.sasl_method = s->login.method,
		.sasl_username = s->login.user,
		.sasl_sender = m->sasl_sender,
		.submit_uid = -1,
		.recipients = { .items = m->rcpts.v, .count = first },
	};

	if (!mail_client_begin(&s->smtpd->cleanup, &begin, err) || !mail_more_rcpts(s, err))
		return false;
	m->has_cleanup = true;
	m->content_filter = m->redirect = span_make(NULL, 0);
	m->bcc.count = 0;
	return true;
}

bool
mail_data(struct session *s, struct span bytes, struct err *err)
{
	s->mail.has_cleanup = mail_client_bytes(&s->smtpd->cleanup, bytes, err);
	return s->mail.has_cleanup;
}

bool
mail_end(struct session *s, struct mail_done *done_out, struct err *err)
{
	struct session_mail *m = &s->mail;
	struct mail_end end = {
		.flags = m->flags & (MAIL_HOLD | MAIL_DISCARD),
		.content_filter = m->content_filter,
		.redirect = m->redirect,
		.bcc = { .items = m->bcc.v, .count = m->bcc.count },
	};

	m->has_cleanup = false;
	return mail_client_end(&s->smtpd->cleanup, &end, s->mail_arena, done_out, err);
}

/*
 * cleanup takes the end of the connection for the end of the message, and a new one tells the next
 * queue ID.
 */
void
mail_withdraw(struct session *s)
{
	mail_client_abandon(&s->smtpd->cleanup);
	s->mail.has_cleanup = false;
}

bool
mail_send_own(struct session *s, struct span sender, struct mail_rcpt *rcpt, struct span content,
    struct err *err)
{
	CLEANUP(str_fini) struct str trace = { .max = 4000 };
	struct mail_client *cleanup = &s->smtpd->cleanup;
	const char *id = mail_client_next_id(cleanup, err);
	struct mail_begin begin = {
		.flags = MAIL_BOUNCE | MAIL_NO_MILTERS,
		.sender = sender,
		.arrival_us = clock_wall_us(),
		.rewrite_context = SPAN("local"),
		.encoding = SPAN("7bit"),
		.submit_uid = -1,
		.recipients = { .items = rcpt, .count = 1 },
	};
	struct mail_done done;

	if (id == NULL)
		return false;
	mail_client_add_trace(s->smtpd->mail, id, &trace);
	begin.trace = str_span(&trace);
	if (!mail_client_begin(cleanup, &begin, err) || !mail_client_bytes(cleanup, content, err) ||
	    !mail_client_end(cleanup, NULL, s->mail_arena, &done, err))
		return false;
	return done.status == MAIL_ACCEPTED || done.status == MAIL_DISCARDED ||
	    err_temp(err, "%.*s", SPAN_ARG(done.text));
}
