/* SPDX-License-Identifier: ISC */
/* A warning when the mail of one destination fills the memory, so that other mail must wait. */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/sys/clock.h"
#include "lib/sys/log.h"

enum { SHARE = 5 }; /* of qmgr_message_active_limit: one part in so many is too much */

/* What an administrator may change. */
static void
advise(const struct sched_queue *queue)
{
	const struct sched_transport *transport = queue->transport;
	int limit = transport->rules.window.limit;

	log_warn("other mail may be delivered late because of this");
	if (limit > 0 && limit <= queue->busy + 1)
		log_warn("a higher %s_destination_concurrency_limit than %d may help, or a service of its own in master.cf for %s",
		    transport->name, limit, queue->nexthop);
	else
		log_warn("shorter time limits of %s, or longer ones of minimal_backoff_time, may help",
		    transport->name);
	log_warn("qmgr_clog_warn_time = 0 turns these warnings off");
}

void
qmgr_clog_check(struct qmgr *q, struct sched_queue *queue)
{
	int64_t pause_us = q->conf.qmgr_clog_warn_time.us, now_us;

	if (pause_us == 0 || !q->conf.helpful_warnings || queue->entries <= q->conf.qmgr_message_active_limit / SHARE)
		return;
	now_us = clock_now_us();
	if (now_us < queue->clog_warn_us)
		return;
	queue->clog_warn_us = now_us + pause_us;
	log_warn("mail for %s is using up %d of %zu active queue entries", queue->nexthop, queue->entries,
	    map_count(q->messages));
	advise(queue);
}
