/* SPDX-License-Identifier: ISC */
/* Which message becomes active next: one that is new, one that is due, in turn, while there is room. */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/base/panic.h"

enum { FRESH_MAX = 5000, FEED_PER_TURN = 50 };

bool
qmgr_feed_has_room(const struct qmgr *q)
{
	return map_count(q->messages) < (size_t) q->conf.qmgr_message_active_limit &&
	       sched_recipients(q->sched) < q->conf.qmgr_message_recipient_limit;
}

bool
qmgr_feed_add(struct qmgr *q, struct span id)
{
	struct fresh *fresh;

	if (q->fresh_count >= FRESH_MAX || id.len >= sizeof(fresh->id))
		return false;
	fresh = xcalloc(1, sizeof(*fresh));
	memcpy(fresh->id, id.p, id.len);
	list_append(&q->fresh, &fresh->link);
	q->fresh_count++;
	return true;
}

static bool
feed_fresh(struct qmgr *q)
{
	struct fresh *fresh;

	if (list_is_empty(&q->fresh))
		return false;
	fresh = LIST_ENTRY(q->fresh.next, struct fresh, link);
	list_remove(&fresh->link);
	q->fresh_count--;
	qmgr_message_from_file(q, "incoming", span_of(fresh->id), false);
	free(fresh);
	return true;
}

static bool
feed_due(struct qmgr *q, int64_t now_us)
{
	char id[QUEUE_ID_MAX];

	if (qmgr_scan_flush_one(q))
		return true;
	if (!due_take(q->due, now_us, id))
		return false;
	qmgr_message_from_file(q, "deferred", span_of(id), false);
	return true;
}

/* One message, of the kind whose turn it is if there is one. */
static bool
feed_one(struct qmgr *q, int64_t now_us)
{
	q->is_due_turn = !q->is_due_turn;
	if (q->is_due_turn)
		return feed_due(q, now_us) || feed_fresh(q);
	return feed_fresh(q) || feed_due(q, now_us);
}

bool
qmgr_feed(struct qmgr *q, int64_t now_us)
{
	for (int i = 0; i < FEED_PER_TURN; i++)
		if (!qmgr_feed_has_room(q) || !feed_one(q, now_us))
			return false;
	return true;
}
