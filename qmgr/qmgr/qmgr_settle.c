/* SPDX-License-Identifier: ISC */
/*
 * What becomes of a delivery's results. A recipient that failed is in a log of bounce before it is
 * marked done, so a crash in between can only repeat it. Recipients that were delivered are marked
 * at once, unless the whole message is done and its file goes anyway.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/base/panic.h"
#include "lib/queue/agent.h"
#include "lib/queue/delivery_log.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"

enum { SETTLE_ARENA_BYTES = 4 << 20, LINE_MAX_BYTES = 8000, REASON_MAX = 300 };

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

/* The recipient's own result, as one of whom the sender hears. */
static struct delivered_part
as_part(const struct sched_rcpt *rcpt, const struct delivered_rcpt *result)
{
	return (struct delivered_part){
		.address = rcpt->address,
		.dsn_notify = rcpt->dsn_notify,
		.offset = result->offset,
		.status = result->status,
		.relay = result->relay,
		.dsn = result->dsn,
		.text = result->text,
		.action = result->action,
		.remote_mta = result->remote_mta,
		.diagnostic = result->diagnostic,
	};
}

static struct bounce_rcpt
make_record(const struct sched_rcpt *rcpt, const struct delivered_part *result)
{
	bool is_other = rcpt->original.len == 0 && !span_eq_ci(result->address, rcpt->address);

	return (struct bounce_rcpt){
		.address = result->address,
		.original = is_other ? rcpt->address : rcpt->original,
		.dsn_orcpt = rcpt->dsn_orcpt,
		.dsn_notify = result->dsn_notify,
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
wants_success_report(const struct message *message, const struct delivered_part *result)
{
	if (span_eq_str(result->action, deliver_passed_action))
		return false;
	return (result->dsn_notify & QUEUE_NOTIFY_SUCCESS) != 0 || message->envelope.report_delivery ||
	       (message->is_warned && message->qmgr->conf.confirm_delay_cleared &&
	           (result->dsn_notify & QUEUE_NOTIFY_NEVER) == 0);
}

/* Reports of success and of trials say by whom. */
static void
trace(struct settle *settle, struct bounce_rcpt record, struct span relay)
{
	if (relay.len > 0 && !span_eq_str(relay, "none"))
		record.text = span_of(arena_printf(
		    settle->arena, "delivery via %.*s: %.*s", SPAN_ARG(relay), SPAN_ARG(record.text)));
	*ARRAY_ADD(settle->arena, &settle->traced) = record;
}

/*
 * Put one result on record. While another one of the same recipient waits, all are tried again, and
 * the sender hears of them at the end, once.
 */
static void
sort_record(struct settle *settle, const struct sched_rcpt *rcpt, const struct delivered_part *result, bool waits)
{
	struct message *message = settle->message;
	struct bounce_rcpt record = make_record(rcpt, result);

	switch ((enum deliver_status) result->status) {
	case DELIVER_SENT:
		if (!waits && wants_success_report(message, result))
			trace(settle, record, result->relay);
		return;
	case DELIVER_DELIVERABLE:
	case DELIVER_UNDELIVERABLE:
		trace(settle, record, result->relay);
		return;
	case DELIVER_BOUNCED:
		if (waits)
			break;
		*ARRAY_ADD(settle->arena, &settle->bounced) = record;
		return;
	case DELIVER_DEFERRED:
		if (message->envelope.report_delivery)
			trace(settle, record, result->relay);
		break;
	}
	*ARRAY_ADD(settle->arena, &settle->deferred) = record;
}

/* Those for whom a recipient stands, or for lack of them itself. */
static void
sort_records(struct settle *settle, const struct sched_rcpt *rcpt, const struct delivered_rcpt *result,
    const struct msg_list *parts)
{
	const struct delivered_part own = as_part(rcpt, result), *list = parts->items;
	bool waits = result->status == DELIVER_DEFERRED;
	size_t count = 0;

	for (size_t i = 0; i < parts->count; i++) {
		if (list[i].offset != rcpt->offset)
			continue;
		sort_record(settle, rcpt, &list[i], waits);
		count++;
	}
	if (count == 0)
		sort_record(settle, rcpt, &own, waits);
}

/* One recipient's result. */
static void
sort_result(struct settle *settle, const struct sched_rcpt *rcpt, const struct delivered_rcpt *result,
    const struct msg_list *parts)
{
	sort_records(settle, rcpt, result, parts);
	if (result->status == DELIVER_DEFERRED)
		settle->message->has_deferred = true;
	else if (result->status == DELIVER_BOUNCED)
		*ARRAY_ADD(settle->arena, &settle->bounced_offsets) = rcpt->offset;
	else
		*ARRAY_ADD(settle->arena, &settle->done_offsets) = rcpt->offset;
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
		.mail = message->qmgr->program->mail,
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
	sort_result(settle, rcpt, &result, &(struct msg_list){ NULL, 0 });
}

static void
sort_all(struct settle *settle, const struct delivered *delivered)
{
	size_t place = 0;

	LIST_EACH(link, &settle->entry->rcpts) {
		const struct sched_rcpt *rcpt = LIST_ENTRY(link, struct sched_rcpt, link);
		const struct delivered_rcpt *result = find_result(delivered, place++, rcpt->offset);

		if (result != NULL)
			sort_result(settle, rcpt, result, &delivered->parts);
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

/* --- aliases that cleanup expanded --- */

/* One record on its way into the log of successes. */
struct expansion {
	struct message *message;
	int64_t offset;
};

static void
on_expansion_logged(void *ctx, bool ok)
{
	struct expansion *expansion = ctx;
	struct message *message = expansion->message;

	if (ok)
		qmgr_message_mark(message, expansion->offset);
	else
		message->has_deferred = true;
	free(expansion);
	message->settling--;
	qmgr_message_close_unused(message);
	qmgr_message_check(message);
}

void
qmgr_deliver_expansion(struct message *message, const struct queue_recipient *rcpt)
{
	struct expansion *expansion = xcalloc(1, sizeof(*expansion));
	struct bounce_rcpt record = {
		.address = rcpt->address,
		.original = rcpt->original,
		.dsn_orcpt = rcpt->dsn_orcpt,
		.dsn_notify = QUEUE_NOTIFY_SUCCESS,
		.dsn = SPAN("2.0.0"),
		.action = SPAN("expanded"),
		.text = SPAN("alias expanded"),
		.offset = rcpt->offset,
		.when_us = clock_wall_us(),
	};
	const struct bounce_append request = {
		.log = SPAN("trace"),
		.queue_id = message_id(message),
		.recipients = { &record, 1 },
	};

	*expansion = (struct expansion){ message, rcpt->offset };
	message->settling++;
	message->has_trace_log = true;
	qmgr_bounce_append(message->qmgr, &request, on_expansion_logged, expansion);
}
