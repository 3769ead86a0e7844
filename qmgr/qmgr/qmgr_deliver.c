/* SPDX-License-Identifier: ISC */
/* A delivery: what the agent is told. What becomes of its results is in qmgr_settle.c. */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/base/panic.h"
#include "lib/mail/verp.h"
#include "lib/sys/clock.h"

enum { REQUEST_ARENA_BYTES = 4 << 20 };

static struct msg_list
list_recipients(const struct sched_entry *entry, struct arena *arena)
{
	struct deliver_rcpt *list = ARENA_ARRAY(arena, struct deliver_rcpt, (size_t) entry->count);
	size_t count = 0;

	LIST_EACH(link, &entry->rcpts) {
		const struct sched_rcpt *rcpt = LIST_ENTRY(link, struct sched_rcpt, link);

		list[count++] = (struct deliver_rcpt){
			.offset = rcpt->offset,
			.address = rcpt->address,
			.original = rcpt->original,
			.dsn_orcpt = rcpt->dsn_orcpt,
			.dsn_notify = rcpt->dsn_notify,
		};
	}
	return (struct msg_list){ list, count };
}

static void
fill_content(struct deliver *deliver, const struct queue_content *content)
{
	deliver->header_offset = content->header_offset;
	deliver->header_bytes = content->header_bytes;
	deliver->body_offset = content->body_offset;
	deliver->body_bytes = content->body_bytes;
	deliver->size_crlf = content->size_crlf;
	deliver->longest_line = content->longest_line;
	deliver->has_8bit_header = content->has_8bit_header;
	deliver->has_8bit_body = content->has_8bit_body;
	deliver->has_dot_line = content->has_dot_line;
	deliver->has_nul = content->has_nul;
	deliver->is_binary = content->is_binary;
	deliver->lacks_final_newline = content->lacks_final_newline;
}

static void
fill_envelope(struct deliver *deliver, const struct queue_envelope *envelope)
{
	deliver->sender = envelope->sender;
	deliver->encoding = envelope->encoding;
	deliver->dsn_envid = envelope->dsn_envid;
	deliver->dsn_ret = envelope->dsn_ret;
	deliver->rewrite_context = envelope->rewrite_context;
	deliver->message_id = envelope->message_id;
	deliver->smtputf8 = envelope->smtputf8;
	deliver->requiretls = envelope->requiretls;
	deliver->tls_optional = envelope->tls_optional;
	deliver->is_bounce = envelope->is_bounce;
	deliver->is_verify = envelope->is_verify;
	deliver->report_delivery = envelope->report_delivery;
	deliver->client_name = envelope->client_name;
	deliver->client_address = envelope->client_address;
	deliver->client_port = envelope->client_port;
	deliver->client_helo = envelope->client_helo;
	deliver->client_protocol = envelope->client_protocol;
	deliver->log_ident = envelope->log_ident;
	deliver->sasl_method = envelope->sasl_method;
	deliver->sasl_username = envelope->sasl_username;
	deliver->sasl_sender = envelope->sasl_sender;
}

/* Each recipient has a sender address of its own, so each goes alone. */
static void
address_return_path(struct sched_entry *entry, const struct queue_envelope *envelope, struct arena *arena,
    struct deliver *deliver)
{
	const struct sched_rcpt *rcpt;

	sched_split(entry);
	rcpt = LIST_ENTRY(entry->rcpts.next, struct sched_rcpt, link);
	deliver->sender = verp_sender(envelope->sender, rcpt->address, envelope->verp, arena);
}

/* The file is gone: nothing is left to deliver or to report. */
static void
drop_entry(struct sched_entry *entry)
{
	struct message *message = entry->message->user;

	sched_entry_done(&entry, SCHED_NO_FEEDBACK, NULL, clock_now_us());
	qmgr_message_check(message);
}

static bool
fits_a_frame(const struct deliver *deliver)
{
	CLEANUP(str_fini) struct str out = { .max = MSG_FRAME_MAX + MSG_HEAD_BYTES };
	int fds[MSG_FDS_MAX];
	size_t fd_count;

	return msg_encode(&deliver_desc, deliver, &out, fds, &fd_count, NULL);
}

/*
 * Nobody took it. The agent may be gone: another one will. Or the request is more than a frame holds:
 * then its recipients go one by one, and what even so does not fit must not stop others' mail.
 */
static void
take_back(struct sched_entry *entry, const struct deliver *deliver)
{
	bool fits = fits_a_frame(deliver);

	qmgr_deliver_returned(entry);
	if (!fits && entry->count == 1) {
		qmgr_deliver_defer(entry, "4.3.0 the message cannot be handed to the transport");
		return;
	}
	if (!fits)
		sched_split(entry);
	sched_unchoose(entry);
}

void
qmgr_deliver(struct qmgr *q, struct sched_entry *entry)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("delivery request", REQUEST_ARENA_BYTES);
	struct message *message = entry->message->user;
	struct deliver deliver = { .queue_id = message_id(message), .queue_name = SPAN("active") };
	struct agent *agent;

	if (!qmgr_message_open(message)) {
		drop_entry(entry);
		return;
	}
	agent = qmgr_agent_take(entry->queue);
	fill_envelope(&deliver, &message->envelope);
	if (message->envelope.verp.len > 0)
		address_return_path(entry, &message->envelope, arena, &deliver);
	fill_content(&deliver, &message->content);
	deliver.fd = message->fd;
	deliver.transport = span_of(entry->queue->transport->name);
	deliver.nexthop = span_of(entry->queue->nexthop);
	deliver.arrival_us = message->arrival_us;
	deliver.active_us = message->active_us;
	deliver.recipients = list_recipients(entry, arena);
	q->deliveries++;
	message->out++;
	if (agent != NULL && qmgr_agent_send(agent, entry, &deliver))
		return;
	take_back(entry, &deliver);
}

/* No agent has it any more. */
void
qmgr_deliver_returned(struct sched_entry *entry)
{
	struct message *message = entry->message->user;

	message->out--;
	message->qmgr->deliveries--;
}
