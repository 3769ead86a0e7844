/* SPDX-License-Identifier: ISC */
/*
 * Messages in the scheduler: how many of their recipients are still in the file only, how many of
 * those there is room for, and whose turn it is to be read on.
 *
 * Invariant: a message is in sched->partly_read exactly while it has unread recipients.
 */
#include "lib/base/panic.h"
#include "qmgr/qmgr/sched_int.h"

static void
set_unread(struct sched_message *message, int64_t unread)
{
	struct sched *sched = message->sched;

	message->unread = unread;
	if ((unread > 0) == list_is_linked(&message->partly_read_link))
		return;
	if (unread > 0) {
		list_append(&sched->partly_read, &message->partly_read_link);
		sched->partly_read_count++;
	} else {
		list_remove(&message->partly_read_link);
		sched->partly_read_count--;
	}
}

struct sched_message *
sched_message_add(struct sched *sched, int64_t unread, int64_t now_us, void *user)
{
	struct sched_message *message = xcalloc(1, sizeof(*message));

	message->sched = sched;
	message->queued_us = message->refilled_us = now_us;
	message->user = user;
	list_init(&message->jobs);
	list_append(&sched->messages, &message->link);
	set_unread(message, unread);
	return message;
}

void
sched_message_remove(struct sched_message **message_in)
{
	struct sched_message *message = *message_in;

	*message_in = NULL;
	LIST_EACH_SAFE(link, next, &message->jobs)
		sched_job_free(LIST_ENTRY(link, struct sched_job, message_link));
	set_unread(message, 0);
	list_remove(&message->link);
	free(message);
}

/* What its transports and the whole process have room for. */
static int
room_for(const struct sched_message *message)
{
	int room = message->sched->limits.recipient_limit - message->sched->in_memory;
	int guaranteed = message->sched->limits.recipient_minimum - message->in_memory;

	if (list_is_empty(&message->jobs))
		room = 0;
	LIST_EACH(link, &message->jobs) {
		const struct sched_job *job = LIST_ENTRY(link, struct sched_job, message_link);
		const struct sched_rules *rules = &job->transport->rules;
		int limit = rules->recipient_limit + (job->preempted != NULL ? rules->extra_recipient_limit : 0);

		if (limit - job->transport->in_memory < room)
			room = limit - job->transport->in_memory;
	}
	return room > guaranteed ? room : guaranteed;
}

/* The least of what the message's transports ask for before another reading is worth it. */
static bool
is_worth_reading(const struct sched_message *message, int room, int64_t now_us)
{
	LIST_EACH(link, &message->jobs) {
		const struct sched_rules *rules = &LIST_ENTRY(link, struct sched_job, message_link)->transport->rules;

		if (room >= rules->refill_limit || room >= message->unread ||
		    now_us - message->refilled_us >= rules->refill_delay_us)
			return true;
	}
	return list_is_empty(&message->jobs);
}

int
sched_message_room(struct sched_message *message, int64_t now_us)
{
	int room = message->unread > 0 ? room_for(message) : 0;

	if (room <= 0)
		return 0;
	if (message->in_memory > 0 && !is_worth_reading(message, room, now_us))
		return 0;
	return room;
}

void
sched_message_refilled(struct sched_message *message, int64_t unread, int64_t now_us)
{
	set_unread(message, unread);
	message->refilled_us = now_us;
	LIST_EACH(link, &message->jobs)
		sched_job_leave_if_done(LIST_ENTRY(link, struct sched_job, message_link));
}

size_t
sched_partly_read_count(const struct sched *sched)
{
	return sched->partly_read_count;
}

struct sched_message *
sched_partly_read_take_turn(struct sched *sched)
{
	struct list *first = sched->partly_read.next;

	if (list_is_empty(&sched->partly_read))
		return NULL;
	list_remove(first);
	list_append(&sched->partly_read, first);
	return LIST_ENTRY(first, struct sched_message, partly_read_link);
}
