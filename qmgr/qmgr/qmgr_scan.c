/* SPDX-License-Identifier: ISC */
/*
 * Looking through directories, a slice per turn of the loop: incoming when a notice may have been
 * missed; deferred to fill the index of due messages, up to its horizon; deferred once regardless of
 * times when the queue is flushed. A scan that finds nothing to put its findings in waits.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/sys/clock.h"
#include "lib/sys/log.h"

enum { SLICE = 200, HORIZON_RUNS = 4 };

static const int64_t abandoned_us = INT64_C(86400) * CLOCK_SECOND_US;

static int64_t
time_us(const struct timespec *time)
{
	return (int64_t) time->tv_sec * CLOCK_SECOND_US + time->tv_nsec / 1000;
}

static void
remove_abandoned(struct qmgr *q, struct span id)
{
	struct err err = { 0 };

	if (queue_remove(q->queue, "incoming", id, &err))
		log_warn("incoming/%.*s: removed: it was never completed", SPAN_ARG(id));
	else
		log_warn("%s", err.text);
}

/*
 * Without the mark: after a day its writer is gone for good. One that is whole may have been answered
 * for after all, when recovery could not tell; nothing that is whole is removed.
 */
static bool
see_unmarked(struct qmgr *q, struct span id, const struct stat *st, int64_t now_us)
{
	enum recovery result;

	if (now_us - time_us(&st->st_mtim) < abandoned_us)
		return true;
	result = qmgr_recover_file(q, "incoming", id, false);
	if (result == RECOVERY_ACCEPTED) {
		log_warn("incoming/%.*s: complete, but never marked ready: accepted", SPAN_ARG(id));
		return qmgr_feed_add(q, id);
	}
	if (result == RECOVERY_CUT)
		remove_abandoned(q, id);
	return true;
}

/* returns false when the file must wait for room. */
static bool
see_incoming(struct qmgr *q, struct span id, int64_t now_us)
{
	struct stat st;

	if (map_get(q->messages, id) != NULL || !queue_stat_file(q->queue, "incoming", id, &st, NULL))
		return true;
	if ((st.st_mode & S_IXUSR) != 0)
		return qmgr_feed_add(q, id);
	return see_unmarked(q, id, &st, now_us);
}

static struct queue_scan *
begin(struct qmgr *q, const char *name)
{
	struct err err = { 0 };
	struct queue_scan *scan = queue_scan_open(q->queue, name, &err);

	if (scan == NULL)
		log_warn("%s", err.text);
	return scan;
}

/* The fresh list may hold an ID twice; the second time its file is not there any more. */
static bool
scan_incoming(struct qmgr *q, int64_t now_us)
{
	struct span id;

	if (q->incoming_scan == NULL) {
		if (!q->wants_incoming_scan || !list_is_empty(&q->fresh))
			return false;
		q->wants_incoming_scan = false;
		q->incoming_scan = begin(q, "incoming");
	}
	for (int i = 0; q->incoming_scan != NULL && i < SLICE; i++) {
		bool has_next = queue_scan_next(q->incoming_scan, &id);

		if (has_next && see_incoming(q, id, now_us))
			continue;
		q->wants_incoming_scan = q->wants_incoming_scan || has_next;
		queue_scan_close(&q->incoming_scan);
	}
	return q->incoming_scan != NULL;
}

/* A flush takes each file once: those that were deferred after it began have had their turn. */
static void
see_deferred(struct qmgr *q, struct span id)
{
	struct stat st;

	if (!queue_stat_file(q->queue, "deferred", id, &st, NULL))
		return;
	if (q->flushes && time_us(&st.st_ctim) < q->flush_began_us)
		qmgr_message_from_file(q, "deferred", id, true);
	else
		due_add(q->due, id, time_us(&st.st_mtim));
}

static void
begin_deferred(struct qmgr *q, int64_t now_us)
{
	q->deferred_scan = begin(q, "deferred");
	q->wants_deferred_scan = false;
	q->flushes = q->wants_flush;
	q->wants_flush = false;
	q->flush_began_us = now_us;
	due_begin_scan(q->due, now_us + q->conf.queue_run_delay.us * HORIZON_RUNS);
	if (q->deferred_scan == NULL)
		due_end_scan(q->due);
}

/* false: that was all. */
static bool
scan_deferred_one(struct qmgr *q)
{
	struct span id;

	if (q->deferred_scan == NULL)
		return false;
	if (queue_scan_next(q->deferred_scan, &id)) {
		see_deferred(q, id);
		return true;
	}
	queue_scan_close(&q->deferred_scan);
	due_end_scan(q->due);
	return false;
}

bool
qmgr_scan_flush_one(struct qmgr *q)
{
	return q->flushes && scan_deferred_one(q);
}

/* A flush is begun here; qmgr_feed goes on with it, so that new mail has its turn. */
static bool
scan_deferred(struct qmgr *q, int64_t now_us)
{
	if (q->deferred_scan == NULL) {
		bool is_due = now_us >= due_horizon(q->due) && due_next_time(q->due) > now_us;

		if (!q->wants_deferred_scan && !q->wants_flush && !is_due)
			return false;
		begin_deferred(q, now_us);
	}
	if (q->flushes)
		return false;
	for (int i = 0; i < SLICE && scan_deferred_one(q); i++)
		continue;
	return q->deferred_scan != NULL;
}

bool
qmgr_scan_slice(struct qmgr *q, int64_t now_us)
{
	bool incoming = scan_incoming(q, now_us);

	return scan_deferred(q, now_us) || incoming;
}
