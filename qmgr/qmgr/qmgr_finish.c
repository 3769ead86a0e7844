/* SPDX-License-Identifier: ISC */
/*
 * The end of a message's turn. In this order: the report of failures, the report of successes, then
 * either the delay warning or the return of what is too old, and the file is removed or deferred. A
 * report that cannot be made defers the message; its log stays, and the next turn tries again. Where
 * not even a name can be changed the message stays in active and in memory until it can.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/queue/delivery_log.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"

enum { TEXT_MAX = 4000 };

static void next_step(struct message *message);

/* --- leaving --- */

/* Out of memory when its file is out of active, or was taken from there; else it stays, and the way is tried again. */
static bool
leave(struct message *message, bool (*way)(struct message *message, struct err *err))
{
	struct err err = { 0 };

	if (way(message, &err) || err.errnum == ENOENT) {
		qmgr_message_free(&message);
		return true;
	}
	if (message->leave == NULL)
		log_warn("%s: %s; it stays in active until that can be done", message->id, err.text);
	message->leave = way;
	qmgr_message_close(message);
	list_append(&message->qmgr->stuck, &message->stuck_link);
	return false;
}

/* A full disk is one for all: a round ends with the first that stays, which is the last of the next. */
void
qmgr_finish_stuck(struct qmgr *q, int64_t now_us)
{
	struct message *message;

	if (now_us < q->stuck_until_us)
		return;
	q->stuck_until_us = now_us + CLOCK_SECOND_US;
	do {
		if (list_is_empty(&q->stuck))
			return;
		message = LIST_ENTRY(q->stuck.next, struct message, stuck_link);
		list_remove(&message->stuck_link);
	} while (leave(message, message->leave));
}

static bool
try_remove(struct message *message, struct err *err)
{
	if (!queue_remove(message->qmgr->queue, "active", message_id(message), err))
		return false;
	log_info("%s: removed", message->id);
	return true;
}

static void
remove_message(struct message *message)
{
	(void) leave(message, try_remove);
}

static int64_t
clamp(int64_t value, int64_t min, int64_t max)
{
	if (value < min)
		return min;
	return value > max ? max : value;
}

static void
set_file_time(struct message *message, int64_t when_us)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("path", TEXT_MAX);
	const char *path = queue_path(message->qmgr->queue, "active", message_id(message), arena);
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = when_us / CLOCK_SECOND_US, .tv_nsec = when_us % CLOCK_SECOND_US * 1000 },
	};

	if (path != NULL && utimensat(queue_fd(message->qmgr->queue), path, times, AT_SYMLINK_NOFOLLOW) != 0 &&
	    message->leave == NULL)
		log_warn_errno("%s: set the time of the next attempt", message->id);
}

/* The older it is, the longer until the next attempt. */
static bool
try_defer(struct message *message, struct err *err)
{
	struct qmgr *q = message->qmgr;
	int64_t now_us = clock_wall_us();
	int64_t due_us = now_us + clamp(now_us - message->arrival_us, q->conf.minimal_backoff_time.us,
	    q->conf.maximal_backoff_time.us);

	if (!qmgr_message_mark_rest(message, err))
		return false;
	set_file_time(message, due_us);
	if (!queue_move(q->queue, "active", "deferred", message_id(message), err))
		return false;
	due_add(q->due, message_id(message), due_us);
	return true;
}

static void
defer_message(struct message *message)
{
	(void) leave(message, try_defer);
}

/* --- reports --- */

static void
notify(struct message *message, const char *kind, void (*done)(void *ctx, bool ok))
{
	const struct bounce_notify request = {
		.kind = span_of(kind),
		.queue_id = message_id(message),
		.queue_name = SPAN("active"),
		.fd = message->fd,
	};

	qmgr_bounce_notify(message->qmgr, &request, done, message);
}

static void
on_failure_reported(void *ctx, bool ok)
{
	struct message *message = ctx;

	message->has_bounce_log = false;
	if (!ok)
		message->has_deferred = true;
	next_step(message);
}

static void
on_success_reported(void *ctx, bool ok)
{
	struct message *message = ctx;

	message->has_trace_log = false;
	if (!ok)
		message->has_deferred = true;
	next_step(message);
}

static void
on_expiry_reported(void *ctx, bool ok)
{
	struct message *message = ctx;

	if (ok)
		remove_message(message);
	else
		defer_message(message);
}

/* The mode remembers it, over restarts too. What postsuper put there meanwhile stays. */
static void
remember_warning(struct message *message)
{
	struct stat st;

	if (fstat(message->fd, &st) != 0 || fchmod(message->fd, (st.st_mode & 07777) | QMGR_MODE_WARNED) != 0)
		log_warn_errno("%s: remember the delay warning", message->id);
}

static void
on_delay_reported(void *ctx, bool ok)
{
	struct message *message = ctx;

	if (ok)
		remember_warning(message);
	defer_message(message);
}

/* --- too old --- */

static bool
is_expired(const struct message *message)
{
	const struct qmgr_conf *conf = &message->qmgr->conf;
	bool is_report = message->sender == NULL;
	int64_t limit_us = is_report && conf->bounce_queue_lifetime.us < conf->maximal_queue_lifetime.us
	                       ? conf->bounce_queue_lifetime.us
	                       : conf->maximal_queue_lifetime.us;

	return message->is_expire_forced || clock_wall_us() - message->arrival_us >= limit_us;
}

static void
return_expired(struct message *message)
{
	CLEANUP(str_fini) struct str sender = { .max = TEXT_MAX };

	(void) delivery_log_add_address(&sender, message->qmgr->program->mail, span_of(message->sender));
	log_info("%s: from=<%s>, status=%s, returned to sender", message->id, str_cstr(&sender),
	    message->is_expire_forced ? "force-expired" : "expired");
	notify(message, "expired", on_expiry_reported);
}

static bool
is_warning_due(const struct message *message)
{
	return message->sender != NULL && !message->is_warned && !message->envelope.no_delay_warning && message->envelope.warn_us > 0 &&
	       clock_wall_us() >= message->envelope.warn_us;
}

static void
next_step(struct message *message)
{
	if (message->is_unreadable)
		defer_message(message);
	else if (message->is_gone)
		qmgr_message_free(&message);
	else if (message->has_bounce_log && !message->is_verify)
		notify(message, "failure", on_failure_reported);
	else if (message->has_trace_log)
		notify(message, message->is_verify || message->envelope.report_delivery ? "verify" : "success",
		    on_success_reported);
	else if (!message->has_deferred)
		remove_message(message);
	else if (is_expired(message))
		return_expired(message);
	else if (is_warning_due(message))
		notify(message, "delay", on_delay_reported);
	else
		defer_message(message);
}

/* A message of which all went well needs its file no more. */
void
qmgr_finish(struct message *message)
{
	bool needs_file = message->has_bounce_log || message->has_trace_log || message->has_deferred;

	if (needs_file)
		(void) qmgr_message_open(message);
	next_step(message);
}
