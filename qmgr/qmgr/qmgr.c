/* SPDX-License-Identifier: ISC */
/*
 * The queue manager: one process, by events. A turn of the loop takes in what has happened; at its
 * end qmgr_work feeds new and due messages, starts agents where mail waits, and hands out entries.
 *
 * On reload and stop it hands over: files that are out for delivery stay locked until their results
 * are in; everything else is the successor's at once. Tables that have changed are a reason to have
 * a successor, since only a process that starts can open them; but they may change more often than
 * deliveries end, so one whose predecessor is still at work goes on with what it has.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/sys/clock.h"
#include "lib/sys/log.h"

enum { DUE_CAPACITY = 50000, DELIVERIES_PER_TURN = 100 };

static const int64_t tick_us = CLOCK_SECOND_US;
static const int64_t longest_wait_us = 3600 * CLOCK_SECOND_US;

static void qmgr_work(void *ctx);

void
qmgr_dispatch_later(struct qmgr *q)
{
	if (q->is_dispatch_set)
		return;
	q->is_dispatch_set = true;
	loop_at_turn_end(q->program->loop, qmgr_work, q);
}

/* The timer brings a turn; what is to be done in it is found out at its end. */
static void
on_timer(void *ctx)
{
	qmgr_dispatch_later(ctx);
}

/*
 * Read more recipients of the messages that have room for them, each at most once; one that is read to
 * its end may go. returns true while some message has unread ones.
 */
static bool
refill_all(struct qmgr *q)
{
	size_t turns = sched_partly_read_count(q->sched);
	struct sched_message *message;

	for (; turns > 0 && (message = sched_partly_read_take_turn(q->sched)) != NULL; turns--)
		qmgr_message_refill(message->user);
	return sched_partly_read_count(q->sched) > 0;
}

/* Hand out entries. returns true when the slice is used up. */
static bool
hand_out(struct qmgr *q, int64_t now_us)
{
	struct sched_entry *entry;
	int count = 0;

	while (count < DELIVERIES_PER_TURN &&
	       (entry = sched_choose(q->sched, qmgr_agent_can_take, q, now_us)) != NULL) {
		qmgr_deliver(q, entry);
		count++;
	}
	return count == DELIVERIES_PER_TURN;
}

/* When to look again: at once while a slice has left something, else when the first time comes. */
static void
set_timer(struct qmgr *q, int64_t now_us, bool at_once, bool ticks)
{
	int64_t next_us = sched_next_time(q->sched, now_us) - now_us;
	int64_t wall_us = clock_wall_us();
	int64_t due_us = due_next_time(q->due) < due_horizon(q->due) ? due_next_time(q->due) : due_horizon(q->due);

	if (qmgr_feed_has_room(q) && due_us - wall_us < next_us)
		next_us = due_us - wall_us;
	if (ticks && next_us > tick_us)
		next_us = tick_us;
	if (next_us > longest_wait_us)
		next_us = longest_wait_us;
	if (at_once || next_us < 0)
		next_us = 0;
	loop_timer_set(&q->timer, next_us);
}

/* A flush that has not come to its end goes on in the successor. */
static bool
wants_flush(const struct qmgr *q)
{
	return q->wants_flush || (q->flushes && q->deferred_scan != NULL);
}

bool
qmgr_is_outdated(struct qmgr *q)
{
	bool has_predecessor = !list_is_empty(&q->locked);

	if (!q->is_outdated && !has_predecessor && table_any_stale(&q->env)) {
		q->is_outdated = true;
		service_succeed(q->program, wants_flush(q) ? SPAN("A") : SPAN("W"));
	}
	return q->is_outdated;
}

/* The end of a turn in which something happened. */
static void
qmgr_work(void *ctx)
{
	struct qmgr *q = ctx;
	int64_t now_us = clock_now_us();
	bool at_once, ticks;

	q->is_dispatch_set = false;
	if (q->is_retiring) {
		qmgr_agent_close_idle(q, now_us, true);
		if (q->deliveries == 0 && !qmgr_bounce_is_busy(q))
			service_stop(q->program);
		else
			loop_timer_set(&q->timer, tick_us);
		return;
	}
	if (q->lock_fd < 0) {
		if (qmgr_recover_lock(q))
			qmgr_recover_start(q);
		loop_timer_set(&q->timer, q->lock_fd < 0 ? tick_us : 0);
		return;
	}
	if (qmgr_is_outdated(q))
		return;
	qmgr_recover_locked(q, now_us);
	qmgr_finish_stuck(q, now_us);
	at_once = qmgr_scan_slice(q, clock_wall_us());
	at_once = qmgr_feed(q, clock_wall_us()) || at_once;
	at_once = at_once || (q->wants_incoming_scan && list_is_empty(&q->fresh) && qmgr_feed_has_room(q));
	at_once = at_once || ((q->wants_deferred_scan || q->wants_flush) && q->deferred_scan == NULL);
	ticks = refill_all(q);
	log_flush();                    /* agents log too: our lines stand before theirs */
	at_once = hand_out(q, now_us) || at_once;
	qmgr_agent_start_needed(q, now_us);
	qmgr_agent_close_idle(q, now_us, false);
	qmgr_bounce_close_idle(q, now_us);
	ticks = ticks || q->idle_agents > 0 || !list_is_empty(&q->locked) || !list_is_empty(&q->stuck) ||
	        qmgr_bounce_is_open(q);
	set_timer(q, now_us, at_once, ticks);
	log_flush();
}

/* One byte asks for one thing; "i" is followed by a queue ID and stands alone. */
static void
on_trigger(struct program *program, struct span request)
{
	struct qmgr *q = program->state;

	if (q->is_retiring || (q->lock_fd >= 0 && qmgr_is_outdated(q))) {
		service_succeed(program, span_has_nul(request) ? SPAN("W") : request);
		return;
	}
	if (request.len > 1 && request.p[0] == 'i') {
		struct span id = span_trim(span_from(request, 1));

		if (q->lock_fd >= 0 && queue_id_is_valid(id))
			qmgr_message_from_file(q, "deferred", id, true);
		qmgr_dispatch_later(q);
		return;
	}
	for (size_t i = 0; i < request.len; i++) {
		switch (request.p[i]) {
		case 'I': q->wants_incoming_scan = true; break;
		case 'W': q->wants_incoming_scan = true; break;
		case 'D': q->wants_deferred_scan = true; break;
		case 'A': q->wants_flush = true; break;
		case 'F': sched_forget_dead(q->sched, clock_now_us()); break;
		default: log_debug("trigger byte %d is not known", request.p[i]);
		}
	}
	qmgr_dispatch_later(q);
}

static void
on_accept(struct program *program, struct client *client)
{
	qmgr_notice_accept(program->state, client);
}

/* Told to end: finish what is out, leave the rest to the successor. */
static void
on_retire(struct program *program)
{
	struct qmgr *q = program->state;

	q->is_retiring = true;
	qmgr_notice_close_all(q);
	if (q->lock_fd >= 0)
		qmgr_recover_hand_over(q);
	qmgr_dispatch_later(q);
}

/* With all privileges: what lies outside the queue directory. */
static bool
before_drop(struct program *program, struct err *err)
{
	struct qmgr *q = program->state;

	q->program = program;
	table_env_init(&q->env, &q->table, program->cf, program);
	q->route = route_open(&q->env, &q->rewrite, program->mail, err);
	if (q->route == NULL)
		return false;
	qmgr_recover_read_boot_id(q);
	q->queue = queue_open(program->mail->queue_directory, program->mail->hash_queue_names,
	    program->mail->hash_queue_depth, err);
	return q->queue != NULL;
}

static bool
after_drop(struct program *program, struct err *err UNUSED)
{
	struct qmgr *q = program->state;

	q->lock_fd = -1;
	q->messages = map_new();
	q->due = due_new(DUE_CAPACITY);
	list_init(&q->fresh);
	list_init(&q->locked);
	list_init(&q->stuck);
	list_init(&q->notices);
	q->sched = sched_new(&(struct sched_limits){
	    .recipient_minimum = q->conf.qmgr_message_recipient_minimum,
	    .recipient_limit = q->conf.qmgr_message_recipient_limit,
	});
	q->bounce = qmgr_bounce_new(q);
	loop_timer_init(&q->timer, program->loop, on_timer, q);
	loop_timer_set(&q->timer, 0);
	return true;
}

static const struct service_params qmgr_service_params[] = {
	{ .table = &qmgr_params, .offset = offsetof(struct qmgr, conf) },
	{ .table = &rewrite_params, .offset = offsetof(struct qmgr, rewrite) },
	{ .table = &table_params, .offset = offsetof(struct qmgr, table) },
	{ .table = NULL },
};

static const struct service qmgr_service = {
	.manifest = &qmgr_manifest,
	.state_size = sizeof(struct qmgr),
	.params = qmgr_service_params,
	.before_drop = before_drop,
	.after_drop = after_drop,
	.on_accept = on_accept,
	.on_trigger = on_trigger,
	.on_retire = on_retire,
};

int
main(int argc, char **argv)
{
	return service_main(&qmgr_service, argc, argv);
}
