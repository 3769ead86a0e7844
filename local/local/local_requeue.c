/* SPDX-License-Identifier: ISC */
/*
 * Mail that goes on as a new message, so that each member of a list has a status of its own. One
 * message per sender and Delivered-To, sent when all of the expansion is known and nobody in it
 * waits: else it would be sent at each attempt.
 */
#include "lib/mail/received.h"
#include "lib/queue/queue_file.h"
#include "lib/store/deliver_headers.h"
#include "lib/sys/clock.h"
#include "local/local/local_int.h"

enum { TRACE_MAX = 4 << 10, RECIPIENTS_MAX = 1000 };

static struct local_forward *
find_forward(struct local_job *job, const struct local_at *at)
{
	struct local_forward *forward;

	for (size_t i = 0; i < job->forwards.count; i++) {
		forward = &job->forwards.v[i];
		if (span_eq(forward->sender, at->sender) &&
		    span_eq(forward->delivered, at->delivered) &&
		    forward->recipients.count < RECIPIENTS_MAX)
			return forward;
	}
	forward = ARRAY_ADD(job->arena, &job->forwards);
	forward->sender = at->sender;
	forward->delivered = at->delivered;
	forward->keeps_dsn = !at->has_new_sender;
	return forward;
}

void
local_requeue(struct local_job *job, const struct local_at *at)
{
	const struct deliver_rcpt *rcpt = &job->request->recipients[job->index];
	struct local_forward *forward;
	struct mail_rcpt *member;

	if (!local_is_first(job, "indirect", at->address))
		return;
	if (job->request->deliver->is_verify) {
		local_sent(job, at, "forwards to %.*s", SPAN_ARG(at->address));
		return;
	}
	forward = find_forward(job, at);
	member = ARRAY_ADD(job->arena, &forward->recipients);
	member->address = at->address;
	if (!forward->keeps_dsn)
		return;
	member->original = rcpt->original.len > 0 ? rcpt->original : rcpt->address;
	member->dsn_orcpt = rcpt->dsn_orcpt;
	member->dsn_notify = at->dsn_notify;
}

static void
add_trace(struct local_job *job, const char *queue_id, struct str *out)
{
	const struct mail_conf *mail = job->request->program->mail;
	const struct received received = {
		.hostname = span_of(mail->myhostname),
		.mail_name = span_of(mail->mail_name),
		.queue_id = span_of(queue_id),
		.seconds = clock_wall_us() / CLOCK_SECOND_US,
		.zone_minutes = worker_zone_minutes(),
	};

	received_print(out, &received);
}

static void
add_delivered_to(struct local_job *job, const struct local_forward *forward, struct str *out)
{
	if (job->local->delivered_to & LOCAL_TO_FORWARD)
		deliver_headers_add_delivered(out, forward->delivered);
}

static bool
send_forward(struct local_job *job, const struct local_forward *forward, struct span *id_out,
    struct err *err)
{
	const struct deliver *deliver = job->request->deliver;
	const struct deliver_rcpt *rcpt = &job->request->recipients[job->index];
	CLEANUP(str_fini)
	struct str trace = { .max = TRACE_MAX }, top = { .max = DELIVER_HEADERS_MAX };
	const char *queue_id = mail_client_next_id(&job->local->cleanup, err);
	struct mail_begin begin = {
		.flags = MAIL_MAPPINGS | MAIL_NO_MILTERS | (deliver->smtputf8 ? MAIL_SMTPUTF8 : 0) |
		    (deliver->requiretls ? MAIL_REQUIRETLS : 0),
		.sender = forward->sender,
		.arrival_us = clock_wall_us(),
		.size_hint = deliver->size_crlf,
		.encoding = deliver->encoding,
		.rewrite_context = deliver->rewrite_context,
		.dsn_envid = forward->keeps_dsn ? deliver->dsn_envid : SPAN(""),
		.dsn_ret = forward->keeps_dsn ? deliver->dsn_ret : SPAN(""),
		.client_name = deliver->client_name,
		.client_address = deliver->client_address,
		.client_port = deliver->client_port,
		.client_helo = deliver->client_helo,
		.client_protocol = deliver->client_protocol,
		.log_ident = deliver->log_ident,
		.sasl_method = deliver->sasl_method,
		.sasl_username = deliver->sasl_username,
		.sasl_sender = deliver->sasl_sender,
		.submit_uid = -1,
		.recipients = { forward->recipients.v, forward->recipients.count },
	};

	if (queue_id == NULL)
		return false;
	add_trace(job, queue_id, &trace);
	add_delivered_to(job, forward, &top);
	begin.trace = str_span(&trace);
	begin.origin = span_of(arena_printf(
	    job->arena, "%.*s %.*s", SPAN_ARG(deliver->queue_id), SPAN_ARG(rcpt->address)));
	return mail_client_resend(
	    &job->local->cleanup, &begin, str_span(&top), deliver, job->arena, id_out, err);
}

/* The recipient is to be tried again, and all that it stands for with it. */
static bool
comes_again(const struct local_job *job)
{
	return job->worst.status == DELIVER_DEFERRED ||
	    (job->worst.status == DELIVER_BOUNCED && job->request->program->mail->soft_bounce);
}

void
local_requeue_finish(struct local_job *job)
{
	const struct deliver_rcpt *rcpt = &job->request->recipients[job->index];
	const struct local_at at = {
		.address = rcpt->address, .dsn_notify = queue_notify_expanded(rcpt->dsn_notify)
	};

	for (size_t i = 0; i < job->forwards.count && !comes_again(job); i++) {
		struct span id = { 0 };
		struct err err = { 0 };

		if (send_forward(job, &job->forwards.v[i], &id, &err)) {
			local_sent(job, &at, "forwarded as %.*s", SPAN_ARG(id));
			continue;
		}
		err_prefix(&err, "unable to forward message");
		local_failed(job, &at, &err);
	}
}
