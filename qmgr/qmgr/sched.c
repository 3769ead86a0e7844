/* SPDX-License-Identifier: ISC */
/*
 * Transports, destinations, entries, and the choice of the next entry. Sizes are bounded by what callers
 * put in: sched_message_room says how many recipients may be in memory.
 *
 * Invariants: an entry is in its peer's list exactly while it waits; a peer is in job->peers exactly
 * while entries wait in it, in idle_peers while entries are out, and is freed after that; a
 * destination goes with its last peer unless it is dead or suspended.
 */
#include "lib/base/panic.h"
#include "qmgr/qmgr/sched_int.h"

static const int64_t never = INT64_MAX;

static char *
dup_span(struct span text)
{
	char *copy = xmalloc(text.len + 1);

	if (text.len > 0)
		memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	return copy;
}

/* Copy into the block; *room moves on. */
static struct span
pack(char **room, struct span text)
{
	struct span copy = span_make(*room, text.len);

	if (text.len > 0)
		memcpy(*room, text.p, text.len);
	*room += text.len;
	return copy;
}

struct sched_rcpt *
sched_rcpt_new(struct span address, struct span original, struct span dsn_orcpt)
{
	struct sched_rcpt *rcpt = xcalloc(1, sizeof(*rcpt) + address.len + original.len + dsn_orcpt.len);
	char *room = rcpt->bytes;

	rcpt->address = pack(&room, address);
	rcpt->original = pack(&room, original);
	rcpt->dsn_orcpt = pack(&room, dsn_orcpt);
	return rcpt;
}

void
sched_rcpt_free(struct sched_rcpt **rcpt)
{
	free(*rcpt);
	*rcpt = NULL;
}

struct sched *
sched_new(const struct sched_limits *limits)
{
	struct sched *sched = xcalloc(1, sizeof(*sched));

	sched->limits = *limits;
	sched->by_name = map_new();
	sched->wake_us = never;
	list_init(&sched->transports);
	list_init(&sched->messages);
	list_init(&sched->partly_read);
	return sched;
}

void
sched_set_limits(struct sched *sched, const struct sched_limits *limits)
{
	sched->limits = *limits;
}

int
sched_recipients(const struct sched *sched)
{
	return sched->in_memory;
}

void
sched_wake_at(struct sched *sched, int64_t when_us)
{
	if (when_us < sched->wake_us)
		sched->wake_us = when_us;
}

/* --- transports --- */

struct sched_transport *
sched_transport_get(const struct sched *sched, struct span name)
{
	return map_get(sched->by_name, name);
}

struct sched_transport *
sched_transport_add(struct sched *sched, struct span name, const struct sched_rules *rules)
{
	struct sched_transport *transport = xcalloc(1, sizeof(*transport));

	transport->sched = sched;
	transport->name = dup_span(name);
	transport->rules = *rules;
	transport->queues = map_new();
	list_init(&transport->jobs);
	list_init(&transport->jobs_by_age);
	list_append(&sched->transports, &transport->link);
	map_set(sched->by_name, name, transport);
	return transport;
}

struct sched_transport *
sched_transport_next(const struct sched *sched, const struct sched_transport *transport)
{
	struct list *next = transport == NULL ? sched->transports.next : transport->link.next;

	return next == &sched->transports ? NULL : LIST_ENTRY(next, struct sched_transport, link);
}

void
sched_transport_set_rules(struct sched_transport *transport, const struct sched_rules *rules)
{
	transport->rules = *rules;
}

void
sched_transport_fail(struct sched_transport *transport, const char *reason, int64_t now_us)
{
	snprintf(transport->reason, sizeof(transport->reason), "%s", reason);
	transport->dead_until_us = now_us + transport->rules.transport_retry_us;
	sched_wake_at(transport->sched, transport->dead_until_us);
}

bool
sched_transport_is_dead(struct sched_transport *transport, int64_t now_us)
{
	if (transport->dead_until_us != 0 && transport->dead_until_us <= now_us)
		transport->dead_until_us = 0;
	return transport->dead_until_us != 0;
}

/* --- destinations --- */

struct sched_queue *
sched_queue_get(struct sched_transport *transport, struct span name, struct span nexthop)
{
	struct sched_queue *queue = map_get(transport->queues, name);

	if (queue != NULL)
		return queue;
	queue = xcalloc(1, sizeof(*queue));
	queue->transport = transport;
	queue->name = dup_span(name);
	queue->nexthop = dup_span(nexthop);
	list_init(&queue->peers);
	window_init(&queue->window, &transport->rules.window);
	map_set(transport->queues, name, queue);
	return queue;
}

void
sched_queue_free(struct sched_queue *queue)
{
	map_remove(queue->transport->queues, span_of(queue->name));
	free(queue->name);
	free(queue->nexthop);
	free(queue);
}

static void
revive_queue(struct sched_queue *queue)
{
	queue->dead_until_us = 0;
	queue->reason[0] = '\0';
	window_init(&queue->window, &queue->transport->rules.window);
}

bool
sched_queue_is_dead(struct sched_queue *queue, int64_t now_us)
{
	if (queue->dead_until_us != 0 && queue->dead_until_us <= now_us)
		revive_queue(queue);
	return queue->dead_until_us != 0;
}

bool
sched_queue_is_ready(struct sched_queue *queue, int64_t now_us)
{
	int window;

	if (sched_queue_is_dead(queue, now_us) || queue->suspended_until_us > now_us)
		return false;
	window = queue->transport->rules.destination_rate_delay_us > 0 ? 1 : queue->window.size;
	return queue->busy < window;
}

/* Nothing waits, nothing is out, nothing is to be remembered. */
static void
drop_queue_if_idle(struct sched_queue *queue, int64_t now_us)
{
	if (list_is_empty(&queue->peers) && !sched_queue_is_dead(queue, now_us) && queue->suspended_until_us <= now_us)
		sched_queue_free(queue);
}

void
sched_forget_dead(struct sched *sched, int64_t now_us)
{
	struct span name;
	void *value;

	LIST_EACH(link, &sched->transports) {
		struct sched_transport *transport = LIST_ENTRY(link, struct sched_transport, link);

		transport->dead_until_us = 0;
		for (size_t it = 0; map_next(transport->queues, &it, &name, &value);) {
			struct sched_queue *queue = value;

			if (queue->dead_until_us != 0)
				revive_queue(queue);
			drop_queue_if_idle(queue, now_us);
		}
	}
}

/* --- entries --- */

/* A message may have many destinations and a destination many messages: look on both sides at once. */
static struct sched_peer *
find_peer(const struct sched_job *job, const struct sched_queue *queue)
{
	struct list *of_job = job->all_peers.next;
	struct list *of_queue = queue->peers.next;

	for (; of_job != &job->all_peers && of_queue != &queue->peers; of_job = of_job->next, of_queue = of_queue->next) {
		struct sched_peer *a = LIST_ENTRY(of_job, struct sched_peer, job_link);
		struct sched_peer *b = LIST_ENTRY(of_queue, struct sched_peer, queue_link);

		if (a->queue == queue)
			return a;
		if (b->job == job)
			return b;
	}
	return NULL;
}

static struct sched_peer *
get_peer(struct sched_job *job, struct sched_queue *queue)
{
	struct sched_peer *peer = find_peer(job, queue);

	if (peer != NULL)
		return peer;
	peer = xcalloc(1, sizeof(*peer));
	peer->job = job;
	peer->queue = queue;
	list_init(&peer->entries);
	list_prepend(&queue->peers, &peer->queue_link);
	list_prepend(&job->all_peers, &peer->job_link);
	return peer;
}

static struct sched_entry *
add_entry(struct sched_peer *peer)
{
	struct sched_entry *entry = xcalloc(1, sizeof(*entry));

	entry->peer = peer;
	entry->queue = peer->queue;
	entry->message = peer->job->message;
	list_init(&entry->rcpts);
	if (list_is_empty(&peer->entries)) {
		list_remove(&peer->link);
		list_append(&peer->job->peers, &peer->link);
	}
	list_append(&peer->entries, &entry->link);
	peer->count++;
	peer->queue->entries++;
	peer->job->created++;
	entry->message->entries++;
	peer->queue->transport->waiting++;
	return entry;
}

void
sched_assign(struct sched_message *message, struct sched_queue *queue, struct sched_rcpt *rcpt)
{
	struct sched_transport *transport = queue->transport;
	struct sched_job *job = sched_job_get(message, transport);
	struct sched_peer *peer = get_peer(job, queue);
	struct sched_entry *entry = NULL;
	int limit = transport->rules.destination_recipient_limit;

	if (!list_is_empty(&peer->entries))
		entry = LIST_ENTRY(peer->entries.prev, struct sched_entry, link);
	if (entry == NULL || (limit > 0 && entry->count >= limit))
		entry = add_entry(peer);
	list_append(&entry->rcpts, &rcpt->link);
	entry->count++;
	message->in_memory++;
	transport->in_memory++;
	message->sched->in_memory++;
	sched_job_enter(job);
}

/* The first waiting entry of the peer goes out; the peer's turn is over. */
static struct sched_entry *
take_entry(struct sched_peer *peer)
{
	struct sched_entry *entry = LIST_ENTRY(peer->entries.next, struct sched_entry, link);
	struct sched_job *job = peer->job;

	list_remove(&entry->link);
	entry->is_out = true;
	peer->queue->busy++;
	peer->queue->transport->waiting--;
	job->chosen++;
	job->slots++;
	if (job->reserved > 0)
		job->reserved--;
	list_remove(&peer->link);
	list_append(list_is_empty(&peer->entries) ? &job->idle_peers : &job->peers, &peer->link);
	sched_job_leave_if_done(job);
	return entry;
}

void
sched_unchoose(struct sched_entry *entry)
{
	struct sched_peer *peer = entry->peer;

	list_prepend(&peer->entries, &entry->link);
	entry->is_out = false;
	peer->queue->busy--;
	peer->queue->transport->waiting++;
	peer->job->chosen--;
	peer->job->slots--;
	list_remove(&peer->link);
	list_prepend(&peer->job->peers, &peer->link);
	if (!list_is_linked(&peer->job->order_link)) {
		sched_job_enter(peer->job);
		list_remove(&peer->job->order_link);
		list_prepend(&peer->queue->transport->jobs, &peer->job->order_link);
	}
}

void
sched_split(struct sched_entry *entry)
{
	while (entry->count > 1) {
		struct list *last = entry->rcpts.prev;
		struct sched_entry *alone = add_entry(entry->peer);

		list_remove(last);
		list_append(&alone->rcpts, last);
		alone->count = 1;
		entry->count--;
	}
	if (!list_is_empty(&entry->peer->entries))
		sched_job_enter(entry->peer->job);
}

static void
drop_peer(struct sched_peer *peer)
{
	list_remove(&peer->link);
	list_remove(&peer->queue_link);
	list_remove(&peer->job_link);
	free(peer);
}

/* The recipients that are still in it go too. */
static void
free_entry(struct sched_entry *entry)
{
	struct sched_transport *transport = entry->queue->transport;

	LIST_EACH_SAFE(link, next, &entry->rcpts) {
		struct sched_rcpt *rcpt = LIST_ENTRY(link, struct sched_rcpt, link);

		sched_rcpt_free(&rcpt);
	}
	entry->message->in_memory -= entry->count;
	entry->message->entries--;
	entry->message->sched->in_memory -= entry->count;
	transport->in_memory -= entry->count;
	free(entry);
}

static void
suspend_queue(struct sched_queue *queue, int64_t now_us)
{
	queue->suspended_until_us = now_us + queue->transport->rules.destination_rate_delay_us;
	sched_wake_at(queue->transport->sched, queue->suspended_until_us);
}

static void
kill_queue(struct sched_queue *queue, const char *reason, int64_t now_us)
{
	snprintf(queue->reason, sizeof(queue->reason), "%s", reason);
	queue->dead_until_us = now_us + queue->transport->rules.dead_us;
	sched_wake_at(queue->transport->sched, queue->dead_until_us);
}

/* What the end of a delivery says about its destination. returns true when it is dead now and was not. */
static bool
learn(struct sched_queue *queue, enum sched_outcome outcome, const char *reason, int64_t now_us)
{
	bool was_dead = sched_queue_is_dead(queue, now_us);

	switch (outcome) {
	case SCHED_NO_FEEDBACK:
		return false;
	case SCHED_REACHED:
		if (was_dead)
			revive_queue(queue);
		window_succeed(&queue->window, &queue->transport->rules.window, queue->busy);
		return false;
	case SCHED_UNREACHED:
		if (was_dead || !window_fail(&queue->window, &queue->transport->rules.window))
			return false;
		kill_queue(queue, reason, now_us);
		return true;
	}
	return false;
}

bool
sched_entry_done(struct sched_entry **entry_in, enum sched_outcome outcome, const char *reason, int64_t now_us)
{
	struct sched_entry *entry = *entry_in;
	struct sched_queue *queue = entry->queue;
	struct sched_peer *peer = entry->peer;
	bool is_newly_dead = learn(queue, outcome, reason, now_us);

	*entry_in = NULL;
	queue->busy--;
	if (outcome != SCHED_NO_FEEDBACK && queue->transport->rules.destination_rate_delay_us > 0)
		suspend_queue(queue, now_us);
	free_entry(entry);
	queue->entries--;
	if (--peer->count == 0)
		drop_peer(peer);
	drop_queue_if_idle(queue, now_us);
	return is_newly_dead;
}

struct sched_entry *
sched_take_from_queue(struct sched_queue *queue)
{
	LIST_EACH(link, &queue->peers) {
		struct sched_peer *peer = LIST_ENTRY(link, struct sched_peer, queue_link);

		if (!list_is_empty(&peer->entries))
			return take_entry(peer);
	}
	return NULL;
}

struct sched_entry *
sched_take_from_transport(struct sched_transport *transport)
{
	LIST_EACH(link, &transport->jobs) {
		struct sched_job *job = LIST_ENTRY(link, struct sched_job, order_link);

		if (!list_is_empty(&job->peers))
			return take_entry(LIST_ENTRY(job->peers.next, struct sched_peer, link));
	}
	return NULL;
}

/* --- the choice --- */

static struct sched_entry *
choose_in_transport(struct sched_transport *transport, int64_t now_us)
{
	LIST_EACH(link, &transport->jobs) {
		struct sched_job *job = LIST_ENTRY(link, struct sched_job, order_link);

		if (sched_job_ready_peer(job, now_us) == NULL)
			continue;
		job = sched_job_preempt(job, now_us);
		return take_entry(sched_job_ready_peer(job, now_us));
	}
	return NULL;
}

/* A rate delay of the transport runs from the start of a delivery. */
static void
suspend_transport(struct sched_transport *transport, int64_t now_us)
{
	if (transport->rules.transport_rate_delay_us == 0)
		return;
	transport->suspended_until_us = now_us + transport->rules.transport_rate_delay_us;
	sched_wake_at(transport->sched, transport->suspended_until_us);
}

static bool
transport_is_ready(struct sched_transport *transport, int64_t now_us)
{
	return transport->waiting > 0 && transport->suspended_until_us <= now_us &&
	       !sched_transport_is_dead(transport, now_us);
}

struct sched_entry *
sched_choose(struct sched *sched, bool (*can_take)(void *ctx, struct sched_transport *transport), void *ctx,
    int64_t now_us)
{
	LIST_EACH(link, &sched->transports) {
		struct sched_transport *transport = LIST_ENTRY(link, struct sched_transport, link);
		struct sched_entry *entry;

		if (!transport_is_ready(transport, now_us) || (can_take != NULL && !can_take(ctx, transport)))
			continue;
		entry = choose_in_transport(transport, now_us);
		if (entry == NULL)
			continue;
		list_remove(&transport->link);
		list_append(&sched->transports, &transport->link);
		suspend_transport(transport, now_us);
		return entry;
	}
	return NULL;
}

static int64_t
earlier(int64_t a, int64_t b, int64_t now_us)
{
	return b > now_us && b < a ? b : a;
}

/* Look at every time that is set; idle destinations go. */
static int64_t
find_next_time(struct sched_transport *transport, int64_t next_us, int64_t now_us)
{
	struct span name;
	void *value;

	next_us = earlier(next_us, transport->dead_until_us, now_us);
	next_us = earlier(next_us, transport->suspended_until_us, now_us);
	for (size_t it = 0; map_next(transport->queues, &it, &name, &value);) {
		struct sched_queue *queue = value;

		next_us = earlier(next_us, queue->dead_until_us, now_us);
		next_us = earlier(next_us, queue->suspended_until_us, now_us);
		drop_queue_if_idle(queue, now_us);
	}
	return next_us;
}

int64_t
sched_next_time(struct sched *sched, int64_t now_us)
{
	if (sched->wake_us > now_us)
		return sched->wake_us;
	sched->wake_us = never;
	LIST_EACH(link, &sched->transports)
		sched->wake_us = find_next_time(LIST_ENTRY(link, struct sched_transport, link), sched->wake_us, now_us);
	return sched->wake_us;
}

/* --- the end --- */

static void
free_waiting(struct sched *sched)
{
	LIST_EACH(link, &sched->transports) {
		struct sched_transport *transport = LIST_ENTRY(link, struct sched_transport, link);

		for (struct sched_entry *entry; (entry = sched_take_from_transport(transport)) != NULL;)
			sched_entry_done(&entry, SCHED_NO_FEEDBACK, NULL, 0);
	}
}

static void
free_transport(struct sched_transport *transport)
{
	struct span name;
	void *value;

	for (size_t it = 0; map_next(transport->queues, &it, &name, &value);)
		sched_queue_free(value);
	map_free(&transport->queues, NULL);
	list_remove(&transport->link);
	free(transport->name);
	free(transport);
}

/* Entries must not be out. */
void
sched_free(struct sched **sched_in)
{
	struct sched *sched = *sched_in;

	if (sched == NULL)
		return;
	*sched_in = NULL;
	free_waiting(sched);
	LIST_EACH_SAFE(link, next, &sched->messages) {
		struct sched_message *message = LIST_ENTRY(link, struct sched_message, link);

		sched_message_remove(&message);
	}
	LIST_EACH_SAFE(link, next, &sched->transports)
		free_transport(LIST_ENTRY(link, struct sched_transport, link));
	map_free(&sched->by_name, NULL);
	free(sched);
}
