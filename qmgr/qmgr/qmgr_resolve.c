/* SPDX-License-Identifier: ISC */
/*
 * From a recipient to its transport and destination: REDIRECT, content filter, routing, then what
 * keeps it from going there now (a dead destination, defer_transports). What cannot be delivered
 * goes to the services error and retry, which log and report like every other delivery agent.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/mail/addr.h"
#include "lib/queue/delivery_log.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "qmgr/qmgr/qmgr_transport_conf.h"

enum { RESOLVE_ARENA_BYTES = 64 << 10, LINE_MAX_BYTES = 8000, NAME_MAX_BYTES = 200 };

struct target {
	struct span transport, nexthop, address;
};

static void
set_error(struct target *target, const char *service, const char *reason)
{
	target->transport = span_of(service);
	target->nexthop = span_of(reason);
}

/* content_filter and FILTER: "transport:nexthop"; without a next hop, default_filter_nexthop or the recipient's domain. */
static void
apply_filter(struct message *message, struct target *target)
{
	struct span rest = span_of(message->content_filter);
	const char *fallback = message->qmgr->conf.default_filter_nexthop;

	span_cut(&rest, ':', &target->transport);
	target->nexthop = rest;
	if (rest.len == 0)
		target->nexthop = fallback[0] != '\0' ? span_of(fallback) : addr_from_internal(target->address).domain;
	if (target->nexthop.len == 0)
		target->nexthop = span_of(message->qmgr->program->mail->myhostname);
}

/* Half of what is configured for such a domain has no effect. */
static void
warn_of_doubled_domain(struct qmgr *q, const struct route_answer *answer)
{
	static const char *const lists[] = {
		[CLASS_LOCAL] = "mydestination",
		[CLASS_VIRTUAL_ALIAS] = "virtual_alias_domains",
		[CLASS_VIRTUAL_MAILBOX] = "virtual_mailbox_domains",
	};
	struct span domain = addr_from_internal(answer->recipient).domain;
	enum address_class other;

	if (route_domain_is_doubled(q->route, domain, answer->class, &other))
		log_warn("do not list domain %.*s in BOTH %s and %s", SPAN_ARG(domain), lists[answer->class], lists[other]);
}

static void
apply_routing(struct message *message, struct arena *arena, struct target *target)
{
	struct route_answer answer = { 0 };
	struct err err = { 0 };

	switch (route_resolve(message->qmgr->route, span_of(message->sender), target->address, arena, &answer, &err)) {
	case LOOKUP_FOUND:
		warn_of_doubled_domain(message->qmgr, &answer);
		target->transport = answer.transport;
		target->nexthop = answer.nexthop;
		if (answer.recipient.len > 0)
			target->address = answer.recipient;
		return;
	case LOOKUP_NONE:
		set_error(target, "error", "5.4.4 no route for this address");
		return;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		log_warn("%s: routing of <%.*s>: %s", message->id, SPAN_ARG(target->address), err.text);
		set_error(target, "retry", "4.3.0 address resolver failure");
		return;
	}
}

/* An option of a command could be made of such an address. */
static bool
begins_like_option(const struct qmgr *q, struct span address)
{
	return address.len > 0 && address.p[0] == '-' && !q->rewrite.allow_min_user;
}

static bool
is_deferred_transport(const struct message *message, struct span transport)
{
	struct span rest = span_of(message->qmgr->conf.defer_transports), word;

	if (message->is_flushed)
		return false;
	while (span_token(&rest, ", \t\r\n", &word))
		if (span_eq(word, transport))
			return true;
	return false;
}

static struct target
find_target(struct message *message, const struct queue_recipient *rcpt, struct arena *arena)
{
	struct target target = { .address = rcpt->address };

	if (message->redirect != NULL)
		target.address = span_of(message->redirect);
	if (begins_like_option(message->qmgr, target.address))
		set_error(&target, "error", "5.1.3 bad address syntax");
	else if (message->content_filter != NULL)
		apply_filter(message, &target);
	else
		apply_routing(message, arena, &target);
	if (is_deferred_transport(message, target.transport))
		set_error(&target, "retry", "4.3.2 deferred transport");
	return target;
}

/* --- transports --- */

static bool
make_rules(struct qmgr *q, struct span name, struct sched_rules *rules, struct err *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("transport", RESOLVE_ARENA_BYTES);
	struct qmgr_transport_conf conf = { 0 };
	char *prefix = arena_printf(arena, "%.*s_", SPAN_ARG(name));

	if (!param_load(q->program->cf, &qmgr_transport_params, prefix, &conf, arena, err))
		return false;
	*rules = (struct sched_rules){
		.slot_cost = conf.delivery_slot_cost,
		.slot_loan = conf.delivery_slot_loan,
		.slot_discount = conf.delivery_slot_discount,
		.minimum_slots = conf.minimum_delivery_slots,
		.window = {
			.initial = conf.initial_destination_concurrency,
			.limit = conf.destination_concurrency_limit,
			.failed_cohort_limit = conf.destination_concurrency_failed_cohort_limit,
		},
		.destination_recipient_limit = conf.destination_recipient_limit,
		.dead_us = q->conf.minimal_backoff_time.us,
		.destination_rate_delay_us = conf.destination_rate_delay.us,
		.transport_rate_delay_us = conf.transport_rate_delay.us,
		.recipient_limit = conf.recipient_limit,
		.extra_recipient_limit = conf.extra_recipient_limit,
		.refill_limit = conf.recipient_refill_limit,
		.refill_delay_us = conf.recipient_refill_delay.us,
		.transport_retry_us = q->conf.transport_retry_time.us,
	};
	return feedback_parse(span_of(conf.destination_concurrency_positive_feedback), &rules->window.positive, err) &&
	       feedback_parse(span_of(conf.destination_concurrency_negative_feedback), &rules->window.negative, err);
}

/* Known, or made from the parameters that bear its name. NULL: those are wrong. */
static struct sched_transport *
get_transport(struct qmgr *q, struct span name)
{
	struct sched_transport *transport = sched_transport_get(q->sched, name);
	struct sched_rules rules = { 0 };
	struct err err = { 0 };

	if (transport != NULL)
		return transport;
	if (name.len == 0 || name.len > NAME_MAX_BYTES || !span_is_printable(name))
		return NULL;
	if (!make_rules(q, name, &rules, &err)) {
		log_warn("transport %.*s: %s", SPAN_ARG(name), err.text);
		return NULL;
	}
	transport = sched_transport_add(q->sched, name, &rules);
	qmgr_agent_new_pool(q, transport);
	return transport;
}

/* With one recipient per delivery, recipients are the destinations. */
static struct sched_queue *
get_queue(struct sched_transport *transport, const struct target *target, struct arena *arena)
{
	struct span name = transport->rules.destination_recipient_limit == 1 ? target->address : target->nexthop;
	char *folded = arena_cstr(arena, name);

	for (size_t i = 0; i < name.len; i++)
		folded[i] = ascii_lower(folded[i]);
	return sched_queue_get(transport, span_make(folded, name.len), target->nexthop);
}

/* --- giving it away --- */

static void
give(struct message *message, struct sched_queue *queue, struct span address, const struct queue_recipient *rcpt)
{
	bool is_changed = rcpt->original.len == 0 && rcpt->address.len > 0 && !span_eq(rcpt->address, address);
	struct sched_rcpt *kept = sched_rcpt_new(address, is_changed ? rcpt->address : rcpt->original, rcpt->dsn_orcpt);

	kept->offset = rcpt->offset;
	kept->dsn_notify = rcpt->dsn_notify;
	sched_assign(message->sched, queue, kept);
	qmgr_clog_check(message->qmgr, queue);
}

/* The service retry with a reason; it may be dead itself, then the recipient waits for it. */
static void
give_retry(struct message *message, struct span address, const char *reason, const struct queue_recipient *rcpt,
    struct arena *arena)
{
	struct target target = { .address = address };
	struct sched_transport *retry = get_transport(message->qmgr, SPAN("retry"));

	target.nexthop = span_of(reason);
	if (retry != NULL)
		give(message, get_queue(retry, &target, arena), address, rcpt);
	else
		message->has_deferred = true;
}

/* A double bounce that would come back to us ends here. */
static bool
is_double_bounce(const struct message *message, const struct target *target)
{
	struct addr addr = addr_from_internal(target->address);

	return span_eq_str_ci(addr.local, message->qmgr->program->mail->double_bounce_sender) &&
	       route_is_local_domain(message->qmgr->route, addr.domain);
}

static void
drop_double_bounce(struct message *message, const struct queue_recipient *rcpt)
{
	CLEANUP(str_fini) struct str text = { .max = LINE_MAX_BYTES };
	int64_t now_us = clock_wall_us();
	const struct delivery_log line = {
		.queue_id = message_id(message), .recipient = rcpt->address, .original = rcpt->original,
		.relay = SPAN("none"), .dsn = SPAN("2.0.0"), .status = SPAN("sent"),
		.text = SPAN("undeliverable postmaster notification discarded"),
		.arrival_us = message->arrival_us, .active_us = message->active_us, .handoff_us = now_us, .done_us = now_us,
		.mail = message->qmgr->program->mail,
	};

	delivery_log_add(&text, &line);
	log_info("%s", str_cstr(&text));
	qmgr_message_mark(message, rcpt->offset);
}

/* REDIRECT sends one copy, in the first recipient's place. */
static bool
is_redirected_already(struct message *message)
{
	bool is_already = message->is_redirected;

	message->is_redirected = message->redirect != NULL;
	return is_already;
}

void
qmgr_resolve(struct message *message, const struct queue_recipient *rcpt)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("routing", RESOLVE_ARENA_BYTES);
	struct target target;
	int64_t now_us = clock_now_us();
	struct sched_transport *transport;
	struct sched_queue *queue;

	if ((rcpt->dsn_notify & QUEUE_NOTIFY_EXPANDED) != 0) {
		qmgr_deliver_expansion(message, rcpt);
		return;
	}
	target = find_target(message, rcpt, arena);
	if (is_double_bounce(message, &target)) {
		drop_double_bounce(message, rcpt);
		return;
	}
	if (is_redirected_already(message)) {
		qmgr_message_mark(message, rcpt->offset);
		return;
	}
	transport = get_transport(message->qmgr, target.transport);
	if (transport == NULL) {
		give_retry(message, target.address, "4.3.5 mail transport not configured", rcpt, arena);
		return;
	}
	if (sched_transport_is_dead(transport, now_us)) {
		give_retry(message, target.address, transport->reason, rcpt, arena);
		return;
	}
	queue = get_queue(transport, &target, arena);
	if (sched_queue_is_dead(queue, now_us))
		give_retry(message, target.address, queue->reason, rcpt, arena);
	else
		give(message, queue, target.address, rcpt);
}

void
qmgr_resolve_retry(struct sched_entry *entry, const char *reason)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("routing", RESOLVE_ARENA_BYTES);
	struct message *message = entry->message->user;
	struct sched_transport *retry = get_transport(message->qmgr, SPAN("retry"));

	if (retry == NULL || retry == entry->queue->transport || sched_transport_is_dead(retry, clock_now_us())) {
		qmgr_deliver_defer(entry, reason);
		return;
	}
	LIST_EACH(link, &entry->rcpts) {
		const struct sched_rcpt *kept = LIST_ENTRY(link, struct sched_rcpt, link);
		const struct queue_recipient rcpt = { .original = kept->original, .dsn_orcpt = kept->dsn_orcpt,
			.dsn_notify = kept->dsn_notify, .offset = kept->offset };

		give_retry(message, kept->address, reason, &rcpt, arena);
	}
	sched_entry_done(&entry, SCHED_NO_FEEDBACK, NULL, clock_now_us());
}
