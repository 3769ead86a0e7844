/* SPDX-License-Identifier: ISC */
#ifndef QMGR_INT_H
#define QMGR_INT_H

#include "lib/queue/bounce_proto.h"
#include "lib/queue/deliver_proto.h"
#include "lib/queue/mail_proto.h"
#include "lib/queue/queue_dir.h"
#include "lib/queue/queue_file.h"
#include "lib/queue/queue_id.h"
#include "lib/route/rewrite_conf.h"
#include "lib/route/route.h"
#include "lib/sys/service.h"
#include "lib/table/table_conf.h"
#include "qmgr/qmgr/due.h"
#include "qmgr/qmgr/qmgr_conf.h"
#include "qmgr/qmgr/sched.h"

/*
 * The queue manager's own state, shared by its files:
 *
 *   qmgr_notice   cleanup tells of new mail
 *   qmgr_scan     looks through incoming and deferred, a slice per turn
 *   qmgr_feed     takes messages into the active queue, new and due ones in turn
 *   qmgr_message  one active message: its file, its recipients in memory
 *   qmgr_resolve  a recipient's transport and destination
 *   qmgr_agent    connections to delivery agents
 *   qmgr_deliver  a delivery: request, results
 *   qmgr_bounce   requests to bounce
 *   qmgr_finish   the end of a message's turn: reports, deferred, removed
 *   qmgr_recover  start: lock, what lost power left, active back to incoming
 */

/* Modes of a queue file beyond queue_file's ready mark: facts that outlive a turn. */
enum {
	QMGR_MODE_EXPIRE = 0010,        /* postsuper -e: return it after the next attempt */
	QMGR_MODE_WARNED = 0001,        /* the sender was told of the delay */
};

struct qmgr {
	struct program *program;
	struct qmgr_conf conf;
	struct rewrite_conf rewrite;
	struct table_conf table;
	struct table_env env;
	struct route *route;
	struct queue *queue;
	struct sched *sched;
	struct map *messages;           /* active ones by queue ID */
	int lock_fd;
	char boot_id[64];

	/* Feed. */
	struct due *due;
	struct list fresh;              /* struct fresh: in incoming, not yet active */
	size_t fresh_count;
	bool is_due_turn;               /* whose turn it is when there is little room */
	struct queue_scan *incoming_scan, *deferred_scan;
	bool wants_incoming_scan, wants_deferred_scan;
	bool flushes;                   /* this scan of deferred ignores times, once */
	bool wants_flush;
	int64_t flush_began_us;
	struct list locked;             /* struct fresh: in active, still in the hands of a predecessor, or unmovable */
	int64_t locked_until_us;        /* when they are looked at again */
	struct list stuck;              /* messages that are done, and whose file cannot be moved or removed */
	int64_t stuck_until_us;

	/* Work to do at the end of this turn. */
	bool is_dispatch_set;
	struct loop_timer timer;
	bool is_retiring;
	bool is_outdated;               /* a table has changed: a successor was asked for, nothing new is begun */
	int deliveries;                 /* out now */
	size_t idle_agents;

	struct qmgr_bounce *bounce;
	struct list notices;            /* connections of cleanup */
};

/* A message that waits to become active. */
struct fresh {
	struct list link;
	char id[QUEUE_ID_MAX];
};

/* One active message. */
struct message {
	struct qmgr *qmgr;
	char id[QUEUE_ID_MAX];
	char *sender;
	char *content_filter, *redirect;        /* NULL: none */
	int64_t size_bytes, arrival_us, active_us;
	int64_t position;               /* of recipients to read from the file; -1: all are read */
	struct sched_message *sched;

	/* The open file, while deliveries are out. */
	int fd;                         /* for reading, passed to agents; -1: closed */
	int mark_fd;                    /* for marks; -1: closed */
	struct arena *arena;            /* of the envelope; NULL: not read */
	struct queue_envelope envelope;
	struct queue_content content;

	struct list stuck_link;
	bool (*leave)(struct message *message, struct err *err);        /* how a stuck one would leave; NULL: not stuck yet */

	int out;                        /* entries that agents have */
	int settling;                   /* results on their way to bounce */
	bool is_finishing;
	bool is_flushed;                /* somebody asked for it: defer_transports does not hold it */
	bool is_gone;                   /* its file was removed by somebody else, or is of no use */
	bool is_unreadable;             /* then: for now, as far as one can tell */
	int64_t *unmarked;              /* recipients who are done, in memory only: the file could not be written */
	size_t unmarked_count;
	bool is_expire_forced, is_warned;
	bool has_bounce_log, has_trace_log, has_deferred;
	bool is_verify;
	bool is_redirected;             /* somebody gets it for all its recipients */
};

static inline struct span
message_id(const struct message *message)
{
	return span_of(message->id);
}

/* --- qmgr.c --- */

/* Deliver what can be delivered, at the end of this turn. */
void qmgr_dispatch_later(struct qmgr *q);

/*
 * Tables have changed, and no predecessor is at work any more (looks at most once a second): what
 * waits is the successor's.
 */
bool qmgr_is_outdated(struct qmgr *q);

/* --- qmgr_notice.c --- */
void qmgr_notice_accept(struct qmgr *q, struct client *client);
void qmgr_notice_close_all(struct qmgr *q);

/* --- qmgr_scan.c --- */

/* Go on with scans that were asked for, a slice. returns true when there is more to do at once. */
bool qmgr_scan_slice(struct qmgr *q, int64_t now_us);

/* The next file for a flush that is going on. false: there is none. */
bool qmgr_scan_flush_one(struct qmgr *q);

/* --- qmgr_feed.c --- */

/* Take in what there is room for, a slice. returns true when there is more to do at once. */
bool qmgr_feed(struct qmgr *q, int64_t now_us);
bool qmgr_feed_has_room(const struct qmgr *q);

/* It lies in incoming. false: there are too many to remember; a scan will find it. */
bool qmgr_feed_add(struct qmgr *q, struct span id);

/* --- qmgr_message.c --- */

/* From a notice that holds all recipients, or only says that there is a file. */
void qmgr_message_from_notice(struct qmgr *q, const struct queued *notice);

/* From a file of queue `from` ("incoming", "deferred"). is_flushed: whatever its time says. */
void qmgr_message_from_file(struct qmgr *q, const char *from, struct span id, bool is_flushed);

/* Read more recipients when there is room. */
void qmgr_message_refill(struct message *message);

/* Have the file open and its envelope read. false: it is gone or damaged, and the message was told so. */
bool qmgr_message_open(struct message *message);
void qmgr_message_close(struct message *message);

/* The same while no agent has the message and it is not about to end. */
void qmgr_message_close_unused(struct message *message);

/* A recipient is done. What cannot be written is remembered; the second writes it, false with *err: still not. */
void qmgr_message_mark(struct message *message, int64_t offset);
MUST_USE bool qmgr_message_mark_rest(struct message *message, struct err *err);

void qmgr_message_free(struct message **message);

/* Nothing is out and nothing waits: end its turn. May free the message. */
void qmgr_message_check(struct message *message);

/* --- qmgr_resolve.c --- */

/* Give a recipient to its destination. */
void qmgr_resolve(struct message *message, const struct queue_recipient *rcpt);
void qmgr_resolve_conf(struct qmgr *q);

/* Give all recipients of a taken entry to the service retry, with this reason ("4.4.1 text"). The entry goes. */
void qmgr_resolve_retry(struct sched_entry *entry, const char *reason);

/* --- qmgr_agent.c --- */
struct agent;
bool qmgr_agent_can_take(void *ctx, struct sched_transport *transport);

/* An idle agent for this destination, one that was there before if possible. */
struct agent *qmgr_agent_take(struct sched_queue *queue) MUST_USE;
bool qmgr_agent_send(struct agent *agent, struct sched_entry *entry, const struct deliver *deliver);

/* Start agents where entries wait. */
void qmgr_agent_start_needed(struct qmgr *q, int64_t now_us);
void qmgr_agent_close_idle(struct qmgr *q, int64_t now_us, bool all);
void qmgr_agent_new_pool(struct qmgr *q, struct sched_transport *transport);

/* --- qmgr_deliver.c --- */

/* Hand a chosen entry to an agent. */
void qmgr_deliver(struct qmgr *q, struct sched_entry *entry);

void qmgr_deliver_returned(struct sched_entry *entry);

/* The agent's answer. NULL: it died or broke the protocol. */
void qmgr_deliver_done(struct sched_entry *entry, const struct delivered *delivered);

/* qmgr_clog.c: say when the mail of one destination takes more than its share of the memory. */
void qmgr_clog_check(struct qmgr *q, struct sched_queue *queue);

/* Tell the sender that others stand for this address (QUEUE_NOTIFY_EXPANDED); marks the record. */
void qmgr_deliver_expansion(struct message *message, const struct queue_recipient *rcpt);

/* The service cannot be reached. */
void qmgr_deliver_no_service(struct qmgr *q, struct sched_transport *transport, const char *why);

/* Settle recipients without an agent: logged here, deferred. The entry goes. */
void qmgr_deliver_defer(struct sched_entry *entry, const char *reason);

/* --- qmgr_bounce.c --- */
struct qmgr_bounce *qmgr_bounce_new(struct qmgr *q);
void qmgr_bounce_close_idle(struct qmgr *q, int64_t now_us);
bool qmgr_bounce_is_busy(const struct qmgr *q);
bool qmgr_bounce_is_open(const struct qmgr *q);
void qmgr_bounce_append(struct qmgr *q, const struct bounce_append *append, void (*done)(void *ctx, bool ok), void *ctx);
void qmgr_bounce_notify(struct qmgr *q, const struct bounce_notify *notify, void (*done)(void *ctx, bool ok), void *ctx);

/* --- qmgr_finish.c --- */

/* The message has no entries any more. Frees it in the end. */
void qmgr_finish(struct message *message);

/* Try again to move or remove files that could not be (at most once a second). */
void qmgr_finish_stuck(struct qmgr *q, int64_t now_us);

/* --- qmgr_recover.c --- */
void qmgr_recover_read_boot_id(struct qmgr *q);

/* The lock of the active queue; false: a predecessor still has it. */
bool qmgr_recover_lock(struct qmgr *q);
void qmgr_recover_start(struct qmgr *q);

/* What a file without the ready mark is. NONE: it has the mark, is gone or no file; UNKNOWN: it cannot be read. */
enum recovery { RECOVERY_NONE, RECOVERY_ACCEPTED, RECOVERY_CUT, RECOVERY_UNKNOWN };

/* Mark a file ready that is whole; is_at_start: but leave one alone whose writer may still be at it. Failures are logged. */
enum recovery qmgr_recover_file(struct qmgr *q, const char *queue_name, struct span id, bool is_at_start) MUST_USE;

/* Retiring: what is out stays locked, the successor may have the rest. */
void qmgr_recover_hand_over(struct qmgr *q);

/* Look again at files that a predecessor held (at most once a second). */
void qmgr_recover_locked(struct qmgr *q, int64_t now_us);

#endif
