/* SPDX-License-Identifier: ISC */
#ifndef SCHED_H
#define SCHED_H

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "qmgr/qmgr/feedback.h"

/*
 * The scheduler: which recipients of which message go to which delivery agent next. Memory only: it
 * reads no clock (callers pass now_us), does no I/O, and decides the same for the same calls.
 *
 *   sched ─ transports ─ queues (destinations: window, dead or not)
 *                      └ jobs (one per message) ─ peers (one per queue) ─ entries (what one delivery carries)
 *
 * Choice: transports in turn; in a transport its jobs in order of service; in a job its peers in
 * turn. A job earns one delivery slot per slot_cost entries chosen from it; another job that fits
 * into those slots (with a loan and a discount) is put in front of it, so that a message to a few is
 * not held up by one to thousands, and the big one loses at most the share 1/slot_cost.
 */

struct sched_rules {
	/* Preemption. slot_cost below 2 turns it off. */
	int slot_cost, slot_loan, slot_discount, minimum_slots;

	/* Destinations. */
	struct window_rules window;
	int destination_recipient_limit;        /* in one entry; 0: no limit */
	int64_t dead_us;                        /* how long a dead destination is left alone */
	int64_t destination_rate_delay_us, transport_rate_delay_us;

	/* Recipients in memory. */
	int recipient_limit, extra_recipient_limit;
	int refill_limit;
	int64_t refill_delay_us;

	int64_t transport_retry_us;             /* how long a dead transport is left alone */
};

struct sched_limits {
	int recipient_minimum;                  /* of each message, whatever else is in memory */
	int recipient_limit;                    /* of all messages together */
};

struct sched;

/* A recipient in memory; one heap block with its strings. */
struct sched_rcpt {
	struct list link;
	int64_t offset;
	int64_t dsn_notify;
	struct span address, original, dsn_orcpt;
	char bytes[];
};

struct sched_rcpt *sched_rcpt_new(struct span address, struct span original, struct span dsn_orcpt) MUST_USE;
void sched_rcpt_free(struct sched_rcpt **rcpt);

struct sched_transport {
	struct list link;               /* in the ring of transports */
	struct sched *sched;
	char *name;
	struct sched_rules rules;
	struct map *queues;
	struct list jobs;               /* in order of service */
	struct list jobs_by_age;
	size_t job_count;               /* in jobs */
	size_t waiting;                 /* entries */
	int in_memory;                  /* recipients in entries */
	int64_t dead_until_us;          /* 0: alive */
	int64_t suspended_until_us;     /* rate delay */
	char reason[300];               /* why it is dead, with its code: "4.3.0 mail transport unavailable" */
	struct sched_job *candidate, *candidate_for;    /* the last choice of a preempting job, good for a moment */
	int64_t candidate_at_us;
	void *user;                     /* the caller's */
};

struct sched_queue {
	struct sched_transport *transport;
	char *name;                     /* what makes destinations different */
	char *nexthop;
	struct window window;
	int busy;                       /* entries out for delivery */
	int entries;                    /* waiting or out */
	int64_t clog_warn_us;           /* when the caller may next complain of them */
	struct list peers;
	int64_t dead_until_us;          /* 0: alive */
	int64_t suspended_until_us;
	char reason[300];
};

struct sched_message {
	struct list link;
	struct list partly_read_link;   /* while it has unread recipients */
	struct sched *sched;
	struct list jobs;
	int64_t queued_us;              /* when it became active: its age in the choice of candidates */
	int64_t unread;                 /* recipients that are still in the file only */
	int64_t refilled_us;
	int in_memory;                  /* recipients in entries */
	int entries;                    /* waiting or out */
	void *user;
};

/* One message's share of a transport. */
struct sched_job {
	struct list message_link;       /* in message->jobs */
	struct list order_link;         /* in transport->jobs, while it has something to choose */
	struct list age_link;
	struct sched_message *message;
	struct sched_transport *transport;
	struct list peers;              /* those with waiting entries, next in turn first */
	struct list idle_peers;
	struct list all_peers;
	int created, chosen;            /* entries */
	int64_t slots;                  /* earned and not spent, times slot_cost; negative: borrowed */
	struct sched_job *preempted;    /* the job that gave way to this one */
	int reserved;                   /* slots that were taken from it */
	int preemptors;                 /* jobs that are in front of this one */
};

struct sched_peer {
	struct list link;               /* in job->peers or idle_peers */
	struct list queue_link, job_link;       /* among all of its destination, of its job */
	struct sched_job *job;
	struct sched_queue *queue;
	struct list entries;            /* waiting */
	size_t count;                   /* waiting and out */
};

/* What one delivery carries: recipients of one message for one destination. */
struct sched_entry {
	struct list link;
	struct sched_peer *peer;
	struct sched_queue *queue;
	struct sched_message *message;
	struct list rcpts;
	int count;
	bool is_out;
	bool is_retry;                  /* the caller's: a first agent died with it before it said anything */
};

struct sched *sched_new(const struct sched_limits *limits) MUST_USE;
void sched_free(struct sched **sched);
void sched_set_limits(struct sched *sched, const struct sched_limits *limits);
int sched_recipients(const struct sched *sched);

/* Transports are made once and stay. NULL: not known yet. */
struct sched_transport *sched_transport_get(const struct sched *sched, struct span name) MUST_USE;
struct sched_transport *sched_transport_add(struct sched *sched, struct span name, const struct sched_rules *rules);
/* All of them, in turn; NULL begins and ends. */
struct sched_transport *sched_transport_next(const struct sched *sched, const struct sched_transport *transport);
void sched_transport_set_rules(struct sched_transport *transport, const struct sched_rules *rules);

/* The transport's service cannot be reached: nothing goes to it until transport_retry_us have passed. */
void sched_transport_fail(struct sched_transport *transport, const char *reason, int64_t now_us);
bool sched_transport_is_dead(struct sched_transport *transport, int64_t now_us);

/* The destination, made when it is new. name tells destinations apart; nexthop is what the agent gets. */
struct sched_queue *sched_queue_get(struct sched_transport *transport, struct span name, struct span nexthop) MUST_USE;
bool sched_queue_is_dead(struct sched_queue *queue, int64_t now_us);

/* Forget what was learnt of dead destinations and transports (flush). */
void sched_forget_dead(struct sched *sched, int64_t now_us);

struct sched_message *sched_message_add(struct sched *sched, int64_t unread, int64_t now_us, void *user);

/* No entry may be left. */
void sched_message_remove(struct sched_message **message);

/* How many recipients may be read from the message's file now; 0: later. */
int sched_message_room(struct sched_message *message, int64_t now_us);

/* Say that `count` recipients were read; unread is what the file still has. */
void sched_message_refilled(struct sched_message *message, int64_t unread, int64_t now_us);

/*
 * Messages with unread recipients, of which there may be few among many: how many, and the one whose
 * turn it is to be read on (the last in turn from now on); NULL: there is none.
 */
size_t sched_partly_read_count(const struct sched *sched);
struct sched_message *sched_partly_read_take_turn(struct sched *sched);

/* Put a recipient (now owned here) behind the others of its message for that destination. */
void sched_assign(struct sched_message *message, struct sched_queue *queue, struct sched_rcpt *rcpt);

/*
 * The next entry to deliver, out from now on; NULL: nothing can go now.
 * can_take  asks whether the transport's agents can take one more; may be NULL
 */
struct sched_entry *sched_choose(struct sched *sched, bool (*can_take)(void *ctx, struct sched_transport *transport),
    void *ctx, int64_t now_us);


/* Put an entry that was chosen back in front: nobody could take it. */
void sched_unchoose(struct sched_entry *entry);

/* Leave the first recipient in an entry that is out; each of the others waits in one of its own. */
void sched_split(struct sched_entry *entry);

enum sched_outcome {
	SCHED_REACHED,          /* the destination answered, whatever became of the recipients */
	SCHED_UNREACHED,        /* it could not be reached */
	SCHED_NO_FEEDBACK,
};

/*
 * A delivery has ended, and what its recipients became is settled: the entry goes.
 * reason    SCHED_UNREACHED: code and text, kept when the destination is dead now
 * returns   true when the destination has just become dead
 */
bool sched_entry_done(struct sched_entry **entry, enum sched_outcome outcome, const char *reason, int64_t now_us);

/*
 * Take one waiting entry out, as if it had been chosen: of a dead destination or transport, to be
 * settled otherwise. NULL: none waits.
 */
struct sched_entry *sched_take_from_queue(struct sched_queue *queue);
struct sched_entry *sched_take_from_transport(struct sched_transport *transport);

/* When something that cannot go now may go: INT64_MAX when nothing waits for time. Forgets what has become idle. */
int64_t sched_next_time(struct sched *sched, int64_t now_us);

#endif
