/* SPDX-License-Identifier: ISC */
/*
 * Connections to delivery agents, a pool per transport. An agent says when a process has taken the
 * connection; only then is it given work, so the choice of what to deliver is made as late as can
 * be. Idle ones are closed after ipc_idle. At most two are being made at a time.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/base/panic.h"
#include "lib/queue/agent.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"

enum { STARTING_MAX = 2, REPLY_ARENA_BYTES = 8 << 20 };

struct pool {
	struct qmgr *q;
	struct sched_transport *transport;
	struct list idle;               /* last used first */
	int starting;                   /* asked for, and not ready yet */
};

struct agent {
	struct list link;               /* in pool->idle while idle */
	struct pool *pool;
	struct peer *peer;
	struct sched_entry *entry;      /* out with it, or NULL */
	bool is_ready;
	bool was_used;
	int64_t idle_since_us;
	char nexthop[256];              /* where it was last */
};

static const struct peer_events agent_events;

void
qmgr_agent_new_pool(struct qmgr *q, struct sched_transport *transport)
{
	struct pool *pool = xcalloc(1, sizeof(*pool));

	pool->q = q;
	pool->transport = transport;
	list_init(&pool->idle);
	transport->user = pool;
}

static void
agent_free(struct agent *agent)
{
	struct pool *pool = agent->pool;

	if (list_is_linked(&agent->link)) {
		list_remove(&agent->link);
		pool->q->idle_agents--;
	}
	if (!agent->is_ready)
		pool->starting--;
	peer_free(&agent->peer);
	free(agent);
}

static void
become_idle(struct agent *agent)
{
	agent->idle_since_us = clock_now_us();
	list_prepend(&agent->pool->idle, &agent->link);
	agent->pool->q->idle_agents++;
	qmgr_dispatch_later(agent->pool->q);
}

/* --- making connections --- */

static void
on_introduced(void *ctx, int fd, const struct err *err)
{
	struct pool *pool = ctx;
	struct agent *agent;

	if (fd < 0) {
		pool->starting--;
		qmgr_deliver_no_service(pool->q, pool->transport, err->text);
		qmgr_dispatch_later(pool->q);
		return;
	}
	agent = xcalloc(1, sizeof(*agent));
	agent->pool = pool;
	agent->peer = peer_new(fd, pool->transport->name, MSG_FRAME_MAX);
	peer_attach(agent->peer, pool->q->program->loop, &agent_events, agent);
}

static void
start_for(struct sched_transport *transport, int64_t now_us)
{
	struct pool *pool = transport->user;

	if (transport->waiting == 0 || transport->suspended_until_us > now_us ||
	    sched_transport_is_dead(transport, now_us) || !list_is_empty(&pool->idle))
		return;
	while (pool->starting < STARTING_MAX && (size_t) pool->starting < transport->waiting) {
		pool->starting++;
		service_introduce(pool->q->program, transport->name, on_introduced, pool);
	}
}

void
qmgr_agent_start_needed(struct qmgr *q, int64_t now_us)
{
	for (struct sched_transport *t = NULL; (t = sched_transport_next(q->sched, t)) != NULL;)
		start_for(t, now_us);
}

/* --- using them --- */

bool
qmgr_agent_can_take(void *ctx UNUSED, struct sched_transport *transport)
{
	const struct pool *pool = transport->user;

	return !list_is_empty(&pool->idle);
}

struct agent *
qmgr_agent_take(struct sched_queue *queue)
{
	struct pool *pool = queue->transport->user;
	struct agent *agent = NULL;

	LIST_EACH(link, &pool->idle) {
		agent = LIST_ENTRY(link, struct agent, link);
		if (strcmp(agent->nexthop, queue->nexthop) == 0)
			break;
	}
	if (agent == NULL)
		return NULL;
	list_remove(&agent->link);
	pool->q->idle_agents--;
	snprintf(agent->nexthop, sizeof(agent->nexthop), "%s", queue->nexthop);
	return agent;
}

bool
qmgr_agent_send(struct agent *agent, struct sched_entry *entry, const struct deliver *deliver)
{
	struct err err = { 0 };

	agent->entry = entry;
	if (peer_send(agent->peer, &deliver_desc, deliver, &err))
		return true;
	log_warn_err(agent->pool->transport->name, &err);
	agent->entry = NULL;
	agent_free(agent);
	return false;
}

/* A first agent may have ended just when it was asked; a second one that does is broken. */
static void
lose_entry(struct agent *agent)
{
	struct sched_entry *entry = agent->entry;
	struct pool *pool = agent->pool;

	agent->entry = NULL;
	qmgr_deliver_returned(entry);
	if (agent->was_used && !entry->is_retry && !pool->q->is_retiring) {
		entry->is_retry = true;
		sched_unchoose(entry);
		return;
	}
	log_warn("transport %s: a delivery agent ended without an answer", pool->transport->name);
	qmgr_deliver_done(entry, NULL);
	qmgr_deliver_no_service(pool->q, pool->transport, NULL);
}

static void
on_agent_end(void *ctx, struct peer *peer UNUSED, const struct err *err)
{
	struct agent *agent = ctx;
	struct qmgr *q = agent->pool->q;

	if (agent->entry != NULL && err != NULL && err->errnum != 0)
		log_warn_err(agent->pool->transport->name, err);
	if (agent->entry != NULL)
		lose_entry(agent);
	agent_free(agent);
	qmgr_dispatch_later(q);
}

/* Results for the entry that is out. */
static bool
take_answer(struct agent *agent, struct frame *frame, struct arena *arena, bool *closing_out)
{
	struct sched_entry *entry = agent->entry;
	struct delivered delivered;
	struct err err = { 0 };

	if (entry == NULL || !frame_is(frame, &delivered_desc) ||
	    msg_decode(&delivered_desc, frame, arena, &delivered, &err) != PARSE_OK) {
		log_warn("transport %s: bad answer %.*s %s", agent->pool->transport->name, SPAN_ARG(frame->name), err.text);
		return false;
	}
	agent->entry = NULL;
	agent->was_used = true;
	qmgr_deliver_returned(entry);
	*closing_out = delivered.closing;
	qmgr_deliver_done(entry, &delivered);
	return true;
}

static void
on_agent_frame(void *ctx, struct peer *peer UNUSED, struct frame *frame)
{
	struct agent *agent = ctx;
	CLEANUP(arena_free) struct arena *arena = arena_new("delivery results", REPLY_ARENA_BYTES);
	bool closing = false;

	if (!agent->is_ready && frame_is(frame, &agent_ready_desc)) {
		agent->is_ready = true;
		agent->pool->starting--;
		become_idle(agent);
		return;
	}
	if (!take_answer(agent, frame, arena, &closing)) {
		on_agent_end(agent, agent->peer, NULL);
		return;
	}
	qmgr_dispatch_later(agent->pool->q);
	if (closing)
		agent_free(agent);
	else
		become_idle(agent);
}

static const struct peer_events agent_events = { .on_frame = on_agent_frame, .on_end = on_agent_end };

/* The one used longest ago is last. */
static void
close_idle_of(struct pool *pool, int64_t now_us, bool all)
{
	int64_t limit_us = pool->q->program->mail->ipc_idle.us;

	while (!list_is_empty(&pool->idle)) {
		struct agent *agent = LIST_ENTRY(pool->idle.prev, struct agent, link);

		if (!all && now_us - agent->idle_since_us < limit_us)
			return;
		agent_free(agent);
	}
}

void
qmgr_agent_close_idle(struct qmgr *q, int64_t now_us, bool all)
{
	if (q->idle_agents == 0)
		return;
	for (struct sched_transport *t = NULL; (t = sched_transport_next(q->sched, t)) != NULL;)
		close_idle_of(t->user, now_us, all);
}
