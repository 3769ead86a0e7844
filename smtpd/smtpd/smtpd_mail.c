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

static int64_t
mail_deadline(struct session *s)
{
	return clock_deadline(s->smtpd->mail->ipc_timeout.us);
}

static void
mail_drop_connection(struct session *s)
{
	if (s->smtpd->cleanup != NULL)
		s->smtpd->forget(s->smtpd, s->smtpd->cleanup);
	s->smtpd->cleanup = NULL;
	str_clear(&s->smtpd->next_queue_id);
	s->mail.has_cleanup = false;
}

static void
mail_note_next_id(struct smtpd *smtpd, struct span id)
{
	str_clear(&smtpd->next_queue_id);
	str_add(&smtpd->next_queue_id, id);
}

/* A new connection says first which queue ID comes next. */
static bool
mail_connect(struct session *s, struct err *err)
{
	struct mail_ready ready;

	s->smtpd->cleanup = s->smtpd->reach(s->smtpd, s->smtpd->mail->cleanup_service_name, err);
	if (s->smtpd->cleanup == NULL)
		return false;
	if (!peer_expect(
		s->smtpd->cleanup, &mail_ready_desc, &ready, s->scratch, mail_deadline(s), err)) {
		mail_drop_connection(s);
		return false;
	}
	mail_note_next_id(s->smtpd, ready.queue_id);
	return true;
}

bool
mail_reach(struct session *s, struct err *err)
{
	if (s->smtpd->cleanup != NULL &&
	    (s->smtpd->next_queue_id.len == 0 || peer_has_input(s->smtpd->cleanup)))
		mail_drop_connection(s);
	if (s->smtpd->cleanup == NULL && !mail_connect(s, err))
		return false;
	s->mail.queue_id = arena_dup(s->mail_arena, str_span(&s->smtpd->next_queue_id));
	return true;
}

/* This side cannot go on with this connection. */
static bool
mail_fail(struct session *s)
{
	mail_drop_connection(s);
	return false;
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

		if (!peer_send(s->smtpd->cleanup, &mail_rcpts_desc, &more, err))
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
		.submit_uid = -1,
		.recipients = { .items = m->rcpts.v, .count = first },
	};

	if (!peer_send(s->smtpd->cleanup, &mail_begin_desc, &begin, err) ||
	    !mail_more_rcpts(s, err))
		return mail_fail(s);
	m->has_cleanup = true;
	m->content_filter = m->redirect = span_make(NULL, 0);
	m->bcc.count = 0;
	str_clear(&s->smtpd->next_queue_id);
	return true;
}

bool
mail_data(struct session *s, struct span bytes, struct err *err)
{
	if (span_is_empty(bytes))
		return true;
	if (!peer_send_data(s->smtpd->cleanup, bytes, err))
		return mail_fail(s);
	if (peer_backlog(s->smtpd->cleanup) > 128 * 1024 &&
	    !peer_flush(s->smtpd->cleanup, mail_deadline(s), err))
		return mail_fail(s);
	return true;
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

	if (!peer_send(s->smtpd->cleanup, &mail_end_desc, &end, err) ||
	    !mail_client_await_done(
		s->smtpd->cleanup, done_out, s->mail_arena, mail_deadline(s), err))
		return mail_fail(s);
	mail_note_next_id(s->smtpd, done_out->next_queue_id);
	s->mail.has_cleanup = false;
	if (done_out->closing)
		mail_drop_connection(s);
	return true;
}

/*
 * cleanup takes the end of the connection for the end of the message, and a new one tells the next
 * queue ID.
 */
void
mail_withdraw(struct session *s)
{
	mail_drop_connection(s);
}

bool
mail_send_own(struct session *s, struct span sender, struct mail_rcpt *rcpt, struct span content,
    struct err *err)
{
	CLEANUP(str_fini) struct str trace = { .max = 4000 };
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

	if (!mail_reach(s, err))
		return false;
	mail_client_add_trace(s->smtpd->mail, str_cstr(&s->smtpd->next_queue_id), &trace);
	begin.trace = str_span(&trace);
	if (!peer_send(s->smtpd->cleanup, &mail_begin_desc, &begin, err))
		return mail_fail(s);
	str_clear(&s->smtpd->next_queue_id);
	if (!mail_data(s, content, err) || !mail_end(s, &done, err))
		return false;
	return done.status == MAIL_ACCEPTED || done.status == MAIL_DISCARDED ||
	    err_temp(err, "%.*s", SPAN_ARG(done.text));
}
