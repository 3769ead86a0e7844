/* SPDX-License-Identifier: ISC */
/*
 * Jobs: the order of service within a transport, and who may be put in front of whom.
 *
 * Slots. A job earns one unit per entry chosen from it; slot_cost units are one slot. A job that is
 * put in front spends as many slots of the other as it has entries left. With a loan and a discount
 * that may be done before all of them are earned; the balance is then negative and must be made good
 * before the next time. So whatever small jobs come, a big one loses no more than one delivery in
 * slot_cost, plus the loan.
 *
 * Invariants: a job is in transport->jobs and jobs_by_age exactly while it has waiting entries or its
 * message has unread recipients; a job with `preempted` set is in front of that one.
 */
#include "lib/base/panic.h"
#include "qmgr/qmgr/sched_int.h"

/* A choice of candidate is kept this long per job of the transport: searching takes a bounded share of time. */
enum { CANDIDATE_US_PER_JOB = 50 };

static struct sched_job *
job_of_order(struct list *link)
{
	return LIST_ENTRY(link, struct sched_job, order_link);
}

struct sched_job *
sched_job_get(struct sched_message *message, struct sched_transport *transport)
{
	struct sched_job *job;

	LIST_EACH(link, &message->jobs) {
		job = LIST_ENTRY(link, struct sched_job, message_link);
		if (job->transport == transport)
			return job;
	}
	job = xcalloc(1, sizeof(*job));
	job->message = message;
	job->transport = transport;
	list_init(&job->peers);
	list_init(&job->idle_peers);
	list_init(&job->all_peers);
	list_append(&message->jobs, &job->message_link);
	return job;
}

/* Older messages first; jobs that were put in front keep their place. */
void
sched_job_enter(struct sched_job *job)
{
	struct sched_transport *transport = job->transport;
	struct list *place;

	if (list_is_linked(&job->order_link))
		return;
	for (place = transport->jobs.prev; place != &transport->jobs; place = place->prev)
		if (job_of_order(place)->preempted != NULL ||
		    job_of_order(place)->message->queued_us <= job->message->queued_us)
			break;
	list_add_after(place, &job->order_link);
	for (place = transport->jobs_by_age.prev; place != &transport->jobs_by_age; place = place->prev)
		if (LIST_ENTRY(place, struct sched_job, age_link)->message->queued_us <= job->message->queued_us)
			break;
	list_add_after(place, &job->age_link);
	transport->job_count++;
}

/* Give back what was reserved and not used; nobody stands in front of this job's ghost. */
static void
settle_slots(struct sched_job *job)
{
	struct sched_job *other;

	if (job->preempted != NULL) {
		job->preempted->slots += (int64_t) job->reserved * job->transport->rules.slot_cost;
		job->preempted->preemptors--;
		job->preempted = NULL;
		job->reserved = 0;
	}
	if (job->preemptors == 0)
		return;
	LIST_EACH(link, &job->transport->jobs) {
		other = job_of_order(link);
		if (other->preempted == job) {
			other->preempted = NULL;
			other->reserved = 0;
		}
	}
	job->preemptors = 0;
}

void
sched_job_leave(struct sched_job *job)
{
	struct sched_transport *transport = job->transport;

	if (!list_is_linked(&job->order_link))
		return;
	list_remove(&job->order_link);
	list_remove(&job->age_link);
	transport->job_count--;
	settle_slots(job);
	if (transport->candidate == job || transport->candidate_for == job)
		transport->candidate = transport->candidate_for = NULL;
}

void
sched_job_leave_if_done(struct sched_job *job)
{
	if (list_is_empty(&job->peers) && job->message->unread == 0)
		sched_job_leave(job);
}

void
sched_job_free(struct sched_job *job)
{
	sched_job_leave(job);
	list_remove(&job->message_link);
	free(job);
}

struct sched_peer *
sched_job_ready_peer(struct sched_job *job, int64_t now_us)
{
	LIST_EACH(link, &job->peers) {
		struct sched_peer *peer = LIST_ENTRY(link, struct sched_peer, link);

		if (sched_queue_is_ready(peer->queue, now_us))
			return peer;
	}
	return NULL;
}

/* Entries that may still come from the job: each unread recipient could be one. */
static int64_t
entries_left(const struct sched_job *job)
{
	return job->created - job->chosen + job->message->unread;
}

/* Whole slots, rounded down: a debt of one entry is a debt of one slot. */
static int64_t
whole_slots(int64_t units, int cost)
{
	return units >= 0 ? units / cost : -((-units + cost - 1) / cost);
}

/* Slots that a job will have when its known entries are gone, what it earned included. */
static int64_t
potential_slots(const struct sched_job *job)
{
	return whole_slots(job->created - job->chosen + job->slots, job->transport->rules.slot_cost);
}

static bool
may_be_candidate(struct sched_job *job, const struct sched_job *current, int64_t potential, int64_t now_us)
{
	return job != current && job->preempted == NULL && job->preemptors == 0 && entries_left(job) <= potential &&
	       sched_job_ready_peer(job, now_us) != NULL;
}

/* The job that gains most: greatest age per entry left. */
static struct sched_job *
search_candidate(const struct sched_job *current, int64_t potential, int64_t now_us)
{
	struct sched_job *best = NULL;
	double best_score = 0;

	LIST_EACH(link, &current->transport->jobs_by_age) {
		struct sched_job *job = LIST_ENTRY(link, struct sched_job, age_link);
		double score;

		if (!may_be_candidate(job, current, potential, now_us))
			continue;
		score = (double) (now_us - job->message->queued_us + 1) / (double) entries_left(job);
		if (best == NULL || score > best_score) {
			best = job;
			best_score = score;
		}
	}
	return best;
}

static struct sched_job *
get_candidate(struct sched_job *current, int64_t potential, int64_t now_us)
{
	struct sched_transport *transport = current->transport;
	int64_t good_us = (int64_t) transport->job_count * CANDIDATE_US_PER_JOB;

	if (transport->candidate_for == current && now_us - transport->candidate_at_us < good_us &&
	    (transport->candidate == NULL || may_be_candidate(transport->candidate, current, potential, now_us)))
		return transport->candidate;
	transport->candidate = search_candidate(current, potential, now_us);
	transport->candidate_for = current;
	transport->candidate_at_us = now_us;
	return transport->candidate;
}

static void
put_in_front(struct sched_job *job, struct sched_job *current)
{
	list_remove(&job->order_link);
	list_add_before(&current->order_link, &job->order_link);
	job->preempted = current;
	job->reserved = (int) entries_left(job);
	current->preemptors++;
	current->slots -= (int64_t) job->reserved * current->transport->rules.slot_cost;
	current->transport->candidate = NULL;
}

struct sched_job *
sched_job_preempt(struct sched_job *current, int64_t now_us)
{
	const struct sched_rules *rules = &current->transport->rules;
	struct sched_job *job;
	int64_t potential, needed, available;

	if (rules->slot_cost < 2)
		return current;
	potential = potential_slots(current);
	if (potential < rules->minimum_slots)
		return current;
	job = get_candidate(current, potential, now_us);
	if (job == NULL)
		return current;
	needed = entries_left(job);
	available = whole_slots(current->slots, rules->slot_cost);
	if ((available + rules->slot_loan) * 100 < needed * (100 - rules->slot_discount))
		return current;
	put_in_front(job, current);
	return job;
}
