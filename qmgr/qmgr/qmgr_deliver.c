/* SPDX-License-Identifier: ISC */
/*
 * A delivery: what the agent is told, and what becomes of its results. A recipient that failed is in
 * a log of bounce before it is marked done, so a crash in between can only repeat it. Recipients that
 * were delivered are marked at once, unless the whole message is done and its file goes anyway.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/base/panic.h"
#include "lib/queue/agent.h"
#include "lib/queue/delivery_log.h"
#include "lib/queue/verp.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"

enum { SETTLE_ARENA_BYTES = 4 << 20, LINE_MAX_BYTES = 8000, REASON_MAX = 300 };

/* --- the request --- */

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
	CLEANUP(arena_free) struct arena *arena = arena_new("delivery request", SETTLE_ARENA_BYTES);
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

/* --- results --- */

/* One answer on its way through bounce's logs to the marks in the file. */
struct settle {
	struct message *message;
	struct sched_entry *entry;
	struct arena *arena;
	int waiting;                    /* answers of bounce */
	bool bounce_failed;
	ARRAY(struct bounce_rcpt) bounced, deferred, traced;
	ARRAY(int64_t) bounced_offsets, done_offsets;
	enum sched_outcome outcome;
	char reason[REASON_MAX];
};

static void
mark_all(struct message *message, const int64_t *offsets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		qmgr_message_mark(message, offsets[i]);
}

/* Marks are not needed when the file is removed next. */
static bool
is_all_done(const struct settle *settle)
{
	const struct message *message = settle->message;

	return message->sched->entries == 1 && message->sched->unread == 0 && message->settling == 1 &&
	       !message->has_deferred && !message->has_bounce_log && !message->has_trace_log;
}

/* The destination has just died: what waits for it is deferred with the same reason. */
static void
take_waiting(struct sched_queue *queue)
{
	CLEANUP(str_fini) struct str reason = { .max = REASON_MAX * 2 };
	struct sched_entry *entry;

	str_add_str(&reason, queue->reason);
	while ((entry = sched_take_from_queue(queue)) != NULL) {
		struct message *message = entry->message->user;

		message->settling++;            /* until this entry is dealt with */
		qmgr_resolve_retry(entry, str_cstr(&reason));
		message->settling--;
		qmgr_message_check(message);
	}
}

static void
finish_settling(struct settle *settle)
{
	struct message *message = settle->message;
	struct sched_queue *queue = settle->entry->queue;
	bool is_newly_dead;

	if (settle->bounce_failed)
		message->has_deferred = true;
	else
		mark_all(message, settle->bounced_offsets.v, settle->bounced_offsets.count);
	if (!is_all_done(settle))
		mark_all(message, settle->done_offsets.v, settle->done_offsets.count);
	is_newly_dead = sched_entry_done(&settle->entry, settle->outcome, settle->reason, clock_now_us());
	arena_free(&settle->arena);
	free(settle);
	if (is_newly_dead)
		take_waiting(queue);
	message->settling--;
	qmgr_message_close_unused(message);
	qmgr_message_check(message);
}

static void
on_bounce_logged(void *ctx, bool ok)
{
	struct settle *settle = ctx;

	if (!ok)
		settle->bounce_failed = true;
	if (--settle->waiting == 0)
		finish_settling(settle);
}

/* A reason that is not on record is not worth a repetition. */
static void
on_other_logged(void *ctx, bool ok UNUSED)
{
	struct settle *settle = ctx;

	if (--settle->waiting == 0)
		finish_settling(settle);
}

static struct bounce_rcpt
make_record(const struct sched_rcpt *rcpt, const struct delivered_rcpt *result)
{
	return (struct bounce_rcpt){
		.address = rcpt->address,
		.original = rcpt->original,
		.dsn_orcpt = rcpt->dsn_orcpt,
		.dsn_notify = rcpt->dsn_notify,
		.dsn = result->dsn,
		.action = result->action,
		.text = result->text,
		.remote_mta = result->remote_mta,
		.diagnostic = result->diagnostic,
		.offset = rcpt->offset,
		.when_us = clock_wall_us(),
	};
}

static bool
wants_success_report(const struct message *message, const struct sched_rcpt *rcpt, const struct delivered_rcpt *result)
{
	if (span_eq_str(result->action, deliver_passed_action))
		return false;
	return (rcpt->dsn_notify & QUEUE_NOTIFY_SUCCESS) != 0 || message->envelope.report_delivery ||
	       (message->is_warned && message->qmgr->conf.confirm_delay_cleared &&
	           (rcpt->dsn_notify & QUEUE_NOTIFY_NEVER) == 0);
}

/* One recipient's result. */
static void
sort_result(struct settle *settle, const struct sched_rcpt *rcpt, const struct delivered_rcpt *result)
{
	struct message *message = settle->message;
	struct bounce_rcpt record = make_record(rcpt, result);

	switch ((enum deliver_status) result->status) {
	case DELIVER_SENT:
		if (wants_success_report(message, rcpt, result))
			*ARRAY_ADD(settle->arena, &settle->traced) = record;
		*ARRAY_ADD(settle->arena, &settle->done_offsets) = rcpt->offset;
		return;
	case DELIVER_BOUNCED:
		*ARRAY_ADD(settle->arena, &settle->bounced) = record;
		*ARRAY_ADD(settle->arena, &settle->bounced_offsets) = rcpt->offset;
		return;
	case DELIVER_DELIVERABLE:
	case DELIVER_UNDELIVERABLE:
		*ARRAY_ADD(settle->arena, &settle->traced) = record;
		*ARRAY_ADD(settle->arena, &settle->done_offsets) = rcpt->offset;
		return;
	case DELIVER_DEFERRED:
		break;
	}
	if (message->envelope.report_delivery)
		*ARRAY_ADD(settle->arena, &settle->traced) = record;
	*ARRAY_ADD(settle->arena, &settle->deferred) = record;
	message->has_deferred = true;
}

/* The result with that offset, at this place if the agent kept the order. */
static const struct delivered_rcpt *
find_result(const struct delivered *delivered, size_t place, int64_t offset)
{
	const struct delivered_rcpt *list = delivered->recipients.items;

	if (place < delivered->recipients.count && list[place].offset == offset)
		return &list[place];
	for (size_t i = 0; i < delivered->recipients.count; i++)
		if (list[i].offset == offset)
			return &list[i];
	return NULL;
}

static void
log_own(const struct message *message, const struct sched_rcpt *rcpt, struct span dsn, struct span text)
{
	CLEANUP(str_fini) struct str out = { .max = LINE_MAX_BYTES };
	int64_t now_us = clock_wall_us();
	const struct delivery_log line = {
		.queue_id = message_id(message), .recipient = rcpt->address, .original = rcpt->original,
		.relay = SPAN("none"), .dsn = dsn, .status = SPAN("deferred"), .text = text,
		.arrival_us = message->arrival_us, .active_us = message->active_us, .handoff_us = now_us, .done_us = now_us,
		.resolution = message->qmgr->program->mail->delay_logging_resolution_limit,
	};

	delivery_log_add(&out, &line);
	log_info("%s", str_cstr(&out));
}

/* No agent said anything of it: deferred, and the line is ours to log. */
static void
defer_own(struct settle *settle, const struct sched_rcpt *rcpt, struct span dsn, struct span text)
{
	const struct delivered_rcpt result = {
		.status = DELIVER_DEFERRED, .dsn = dsn, .text = text, .action = SPAN("delayed"),
	};

	log_own(settle->message, rcpt, dsn, text);
	sort_result(settle, rcpt, &result);
}

static void
sort_all(struct settle *settle, const struct delivered *delivered)
{
	size_t place = 0;

	LIST_EACH(link, &settle->entry->rcpts) {
		const struct sched_rcpt *rcpt = LIST_ENTRY(link, struct sched_rcpt, link);
		const struct delivered_rcpt *result = find_result(delivered, place++, rcpt->offset);

		if (result != NULL)
			sort_result(settle, rcpt, result);
		else
			defer_own(settle, rcpt, SPAN("4.3.0"), SPAN("unknown mail transport error"));
	}
}

static void
append(struct settle *settle, const char *log, struct bounce_rcpt *list, size_t count, void (*done)(void *ctx, bool ok))
{
	const struct bounce_append request = {
		.log = span_of(log),
		.queue_id = message_id(settle->message),
		.recipients = { list, count },
	};

	if (count == 0)
		return;
	settle->waiting++;
	qmgr_bounce_append(settle->message->qmgr, &request, done, settle);
}

static struct settle *
settle_new(struct sched_entry *entry)
{
	struct settle *settle = xcalloc(1, sizeof(*settle));

	settle->entry = entry;
	settle->message = entry->message->user;
	settle->message->settling++;
	settle->arena = arena_new("delivery results", SETTLE_ARENA_BYTES);
	settle->outcome = SCHED_NO_FEEDBACK;
	settle->waiting = 1;
	return settle;
}

/* Put failures on record, then mark. */
static void
settle_records(struct settle *settle)
{
	struct message *message = settle->message;

	if (settle->bounced.count > 0)
		message->has_bounce_log = true;
	if (settle->traced.count > 0)
		message->has_trace_log = true;
	append(settle, "bounce", settle->bounced.v, settle->bounced.count, on_bounce_logged);
	append(settle, "defer", settle->deferred.v, settle->deferred.count, on_other_logged);
	append(settle, "trace", settle->traced.v, settle->traced.count, on_other_logged);
	on_other_logged(settle, true);
}

void
qmgr_deliver_done(struct sched_entry *entry, const struct delivered *delivered)
{
	static const struct delivered nothing;
	struct settle *settle = settle_new(entry);

	if (delivered != NULL) {
		settle->outcome = delivered->destination_failed ? SCHED_UNREACHED : SCHED_REACHED;
		snprintf(settle->reason, sizeof(settle->reason), "%.*s delivery temporarily suspended: %.*s",
		    SPAN_ARG(delivered->destination_dsn), SPAN_ARG(delivered->destination_text));
	}
	sort_all(settle, delivered != NULL ? delivered : &nothing);
	settle_records(settle);
}

void
qmgr_deliver_defer(struct sched_entry *entry, const char *reason)
{
	struct settle *settle = settle_new(entry);
	struct span text = span_of(reason), dsn;

	if (!span_cut(&text, ' ', &dsn))
		dsn = SPAN("4.3.0");
	LIST_EACH(link, &entry->rcpts)
		defer_own(settle, LIST_ENTRY(link, struct sched_rcpt, link), dsn, text);
	settle_records(settle);
}

void
qmgr_deliver_no_service(struct qmgr *q UNUSED, struct sched_transport *transport, const char *why)
{
	const char *reason = why != NULL ? "4.3.0 mail transport unavailable" : "4.3.0 unknown mail transport error";
	struct sched_entry *entry;

	if (why != NULL)
		log_warn("%s", why);
	sched_transport_fail(transport, reason, clock_now_us());
	while ((entry = sched_take_from_transport(transport)) != NULL) {
		struct message *message = entry->message->user;

		message->settling++;            /* until this entry is dealt with */
		qmgr_resolve_retry(entry, reason);
		message->settling--;
		qmgr_message_check(message);
	}
}
