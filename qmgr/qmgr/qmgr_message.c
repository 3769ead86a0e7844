/* SPDX-License-Identifier: ISC */
/*
 * One active message: how it comes into memory, its file, its recipients, how it leaves.
 *
 * Invariant: a message in q->messages has its file in the active queue, unless somebody removed it.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/panic.h"
#include "lib/queue/delivery_log.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

enum { ENVELOPE_ARENA_BYTES = 1 << 20, RECIPIENTS_ARENA_BYTES = 16 << 20, SENDER_TEXT_MAX = 3000 };

static char *
dup_or_null(struct span text)
{
	char *copy;

	if (text.len == 0)
		return NULL;
	copy = xmalloc(text.len + 1);
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	return copy;
}

static struct message *
message_new(struct qmgr *q, struct span id, struct span sender, int64_t recipients)
{
	struct message *message = xcalloc(1, sizeof(*message));

	message->qmgr = q;
	memcpy(message->id, id.p, id.len);
	message->sender = dup_or_null(sender);
	message->fd = message->mark_fd = -1;
	message->active_us = clock_wall_us();
	message->sched = sched_message_add(q->sched, recipients, clock_now_us(), message);
	map_set(q->messages, id, message);
	return message;
}

void
qmgr_message_close(struct message *message)
{
	fd_close(&message->fd);
	fd_close(&message->mark_fd);
	arena_free(&message->arena);
}

void
qmgr_message_close_unused(struct message *message)
{
	if (message->out == 0 && (message->sched->entries > 0 || message->sched->unread > 0))
		qmgr_message_close(message);
}

void
qmgr_message_free(struct message **message_in)
{
	struct message *message = *message_in;

	*message_in = NULL;
	qmgr_message_close(message);
	map_remove(message->qmgr->messages, message_id(message));
	sched_message_remove(&message->sched);
	free(message->unmarked);
	free(message->sender);
	free(message->content_filter);
	free(message->redirect);
	free(message);
}

static void
log_active(const struct message *message, int64_t recipients)
{
	CLEANUP(str_fini) struct str sender = { .max = SENDER_TEXT_MAX };

	(void) delivery_log_add_address(&sender, message->qmgr->program->mail, span_of(message->sender));
	log_info("%s: from=<%s>, size=%lld, nrcpt=%lld (queue active)", message->id, str_cstr(&sender),
	    (long long) message->size_bytes, (long long) recipients);
}

/* The file can never be read: out of the way, for a person to look at. */
static void
move_to_corrupt(struct qmgr *q, const char *from, struct span id, const char *why)
{
	struct err err = { 0 };

	log_warn("%.*s: damaged queue file: %s; it is kept in the corrupt queue", SPAN_ARG(id), why);
	if (!queue_move(q->queue, from, "corrupt", id, &err))
		log_warn("%s", err.text);
}

/* --- from a notice --- */

static void
add_noticed(struct message *message, const struct queued *notice)
{
	const struct queued_rcpt *list = notice->recipients.items;

	for (size_t i = 0; i < notice->recipients.count; i++) {
		const struct queue_recipient rcpt = {
			.address = list[i].address,
			.original = list[i].original,
			.dsn_orcpt = list[i].dsn_orcpt,
			.dsn_notify = list[i].dsn_notify,
			.offset = list[i].offset,
		};

		qmgr_resolve(message, &rcpt);
	}
	message->position = -1;
	sched_message_refilled(message->sched, 0, clock_now_us());
}

/* Records to whom nothing is delivered. */
static int64_t
count_expanded(const struct queued *notice)
{
	const struct queued_rcpt *list = notice->recipients.items;
	int64_t count = 0;

	for (size_t i = 0; i < notice->recipients.count; i++)
		count += (list[i].dsn_notify & QUEUE_NOTIFY_EXPANDED) != 0;
	return count;
}

void
qmgr_message_from_notice(struct qmgr *q, const struct queued *notice)
{
	struct message *message;
	struct err err = { 0 };

	if (map_get(q->messages, notice->queue_id) != NULL)
		return;
	if (notice->recipient_count != (int64_t) notice->recipients.count || notice->recipients.count == 0) {
		qmgr_message_from_file(q, "incoming", notice->queue_id, false);
		return;
	}
	if (!queue_move(q->queue, "incoming", "active", notice->queue_id, &err)) {
		if (err.errnum != ENOENT)
			log_warn("%s", err.text);
		return;
	}
	message = message_new(q, notice->queue_id, notice->sender, notice->recipient_count);
	message->size_bytes = notice->size_bytes;
	message->arrival_us = notice->arrival_us;
	message->content_filter = dup_or_null(notice->content_filter);
	message->redirect = dup_or_null(notice->redirect);
	log_active(message, notice->recipient_count - count_expanded(notice));
	add_noticed(message, notice);
	qmgr_message_check(message);
}

/* --- from a file --- */

struct loaded {
	struct queue_envelope envelope;
	struct queue_content content;
	struct stat st;
};

/* Read what the file says. returns false when it is no mail (yet), or damaged and out of the way. */
static bool
load_file(struct qmgr *q, const char *from, struct span id, int fd, struct arena *arena, struct loaded *loaded)
{
	struct err err = { 0 };
	char name[QUEUE_ID_MAX + 20];

	snprintf(name, sizeof(name), "%s/%.*s", from, SPAN_ARG(id));
	if (fstat(fd, &loaded->st) != 0 || (loaded->st.st_mode & S_IXUSR) == 0)
		return false;
	switch (queue_file_read(fd, name, arena, &loaded->envelope, &loaded->content, &err)) {
	case PARSE_OK:
		return true;
	case PARSE_MORE:
		move_to_corrupt(q, from, id, "it ends too early");
		return false;
	case PARSE_BAD:
		if (err.errnum == 0)
			move_to_corrupt(q, from, id, err.text);
		else
			log_warn("%s", err.text);
		return false;
	}
	return false;
}

static bool
is_due(struct qmgr *q, struct span id, const struct stat *st)
{
	int64_t due_us = (int64_t) st->st_mtim.tv_sec * CLOCK_SECOND_US + st->st_mtim.tv_nsec / 1000;

	if (due_us <= clock_wall_us())
		return true;
	due_add(q->due, id, due_us);
	return false;
}

static bool
has_log(struct qmgr *q, const char *log, struct span id)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("path", SENDER_TEXT_MAX);
	const char *path = queue_path(q->queue, log, id, arena);

	return path != NULL && faccessat(queue_fd(q->queue), path, F_OK, 0) == 0;
}

/* What an earlier turn left behind: reports that could not be sent, reasons that are out of date. */
static void
look_for_logs(struct message *message)
{
	struct qmgr *q = message->qmgr;
	struct err err = { 0 };

	message->has_bounce_log = has_log(q, "bounce", message_id(message));
	message->has_trace_log = has_log(q, "trace", message_id(message));
	if (!queue_remove(q->queue, "defer", message_id(message), &err) && err.errnum != ENOENT)
		log_warn("%s", err.text);
}

/* The open file and the arena go over to the message. */
static void
add_loaded(struct qmgr *q, struct span id, const struct loaded *loaded, int *fd, struct arena **arena, bool is_flushed)
{
	struct message *message = message_new(q, id, loaded->envelope.sender, loaded->content.recipient_count);

	message->size_bytes = loaded->content.size_crlf;
	message->arrival_us = loaded->envelope.arrival_us;
	message->content_filter = dup_or_null(loaded->envelope.content_filter);
	message->redirect = dup_or_null(loaded->envelope.redirect);
	message->position = loaded->content.recipients_offset;
	message->is_flushed = is_flushed;
	message->is_expire_forced = (loaded->st.st_mode & QMGR_MODE_EXPIRE) != 0;
	message->is_warned = (loaded->st.st_mode & QMGR_MODE_WARNED) != 0;
	message->is_verify = loaded->envelope.is_verify;
	message->envelope = loaded->envelope;
	message->content = loaded->content;
	message->fd = fd_take(fd);
	message->arena = *arena;
	*arena = NULL;
	look_for_logs(message);
	log_active(message, loaded->content.recipient_count - loaded->envelope.expanded);
	qmgr_message_refill(message);
}

void
qmgr_message_from_file(struct qmgr *q, const char *from, struct span id, bool is_flushed)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("envelope", ENVELOPE_ARENA_BYTES);
	CLEANUP(fd_close) int fd = -1;
	struct loaded loaded = { 0 };
	struct err err = { 0 };

	if (map_get(q->messages, id) != NULL)
		return;
	if (!queue_open_file(q->queue, from, id, O_RDONLY, 0, &fd, &err)) {
		if (err.errnum != ENOENT)
			log_warn("%s", err.text);
		return;
	}
	if (!load_file(q, from, id, fd, arena, &loaded))
		return;
	if (!is_flushed && strcmp(from, "deferred") == 0 && !is_due(q, id, &loaded.st))
		return;
	if (!queue_move(q->queue, from, "active", id, &err)) {
		if (err.errnum != ENOENT)
			log_warn("%s", err.text);
		return;
	}
	add_loaded(q, id, &loaded, &fd, &arena, is_flushed);
}

/* --- the file --- */

/* Somebody removed it, it is damaged, or it cannot be read now: nothing can be done for the message in this turn. */
static bool
lose_file(struct message *message, const struct err *err)
{
	if (err->errnum != ENOENT)
		log_warn("%s: %s", message->id, err->text);
	message->is_gone = true;
	message->is_unreadable = err->errnum != 0 && err->errnum != ENOENT;
	return false;
}

static bool
read_envelope(struct message *message)
{
	struct err err = { 0 };
	char name[QUEUE_ID_MAX + 20];

	snprintf(name, sizeof(name), "active/%s", message->id);
	message->arena = arena_new("envelope", ENVELOPE_ARENA_BYTES);
	if (queue_file_read(message->fd, name, message->arena, &message->envelope, &message->content, &err) == PARSE_OK) {
		message->is_verify = message->envelope.is_verify;
		return true;
	}
	if (err.errnum == 0)
		move_to_corrupt(message->qmgr, "active", message_id(message), err.text);
	return lose_file(message, &err);
}

bool
qmgr_message_open(struct message *message)
{
	struct err err = { 0 };

	if (message->is_gone)
		return false;
	if (message->fd < 0 &&
	    !queue_open_file(message->qmgr->queue, "active", message_id(message), O_RDONLY, 0, &message->fd, &err))
		return lose_file(message, &err);
	return message->arena != NULL || read_envelope(message);
}

static bool
mark_now(struct message *message, int64_t offset, struct err *err)
{
	if (message->mark_fd < 0 &&
	    !queue_open_file(message->qmgr->queue, "active", message_id(message), O_RDWR, 0, &message->mark_fd, err))
		return false;
	return queue_file_mark_done(message->mark_fd, message->id, offset, err);
}

void
qmgr_message_mark(struct message *message, int64_t offset)
{
	struct err err = { 0 };

	if ((message->is_gone && !message->is_unreadable) || mark_now(message, offset, &err))
		return;
	if (err.errnum == ENOENT) {
		lose_file(message, &err);
		return;
	}
	if (message->unmarked_count == 0)
		log_warn("%s: recipient cannot be marked done: %s", message->id, err.text);
	message->unmarked = xrealloc(message->unmarked, (message->unmarked_count + 1) * sizeof(*message->unmarked));
	message->unmarked[message->unmarked_count++] = offset;
}

bool
qmgr_message_mark_rest(struct message *message, struct err *err)
{
	while (message->unmarked_count > 0) {
		if (!mark_now(message, message->unmarked[message->unmarked_count - 1], err))
			return false;
		message->unmarked_count--;
	}
	return true;
}

/* --- recipients --- */

static void
add_read(struct message *message, const struct queue_recipient *list, size_t count)
{
	int64_t unread = message->sched->unread - (int64_t) count;

	for (size_t i = 0; i < count; i++)
		qmgr_resolve(message, &list[i]);
	if (message->position < 0)
		unread = 0;
	else if (unread < 1)
		unread = 1;
	sched_message_refilled(message->sched, unread, clock_now_us());
}

/* Read as many as there is room for. */
static void
read_more(struct message *message, size_t room)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("recipients", RECIPIENTS_ARENA_BYTES);
	struct queue_recipient *list;
	struct err err = { 0 };
	size_t count;

	if (queue_file_recipients(message->fd, message->id, &message->position, room, false, arena, &list, &count, &err) ==
	    PARSE_OK) {
		add_read(message, list, count);
		return;
	}
	if (err.errnum == 0)
		move_to_corrupt(message->qmgr, "active", message_id(message), err.text);
	lose_file(message, &err);
	message->position = -1;
	sched_message_refilled(message->sched, 0, clock_now_us());
}

void
qmgr_message_refill(struct message *message)
{
	int room;

	while ((room = sched_message_room(message->sched, clock_now_us())) > 0) {
		if (!qmgr_message_open(message)) {
			sched_message_refilled(message->sched, 0, clock_now_us());
			break;
		}
		read_more(message, (size_t) room);
	}
	qmgr_message_close_unused(message);
	qmgr_message_check(message);
}

void
qmgr_message_check(struct message *message)
{
	if (message->sched->entries > 0 || message->sched->unread > 0 || message->settling > 0 || message->is_finishing)
		return;
	message->is_finishing = true;
	qmgr_finish(message);
}
