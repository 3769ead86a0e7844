/* SPDX-License-Identifier: ISC */
/* The listing of the queue from its files. Each message has an arena of its own; nothing is kept. */
#include "lib/queue/queue_list.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/array.h"
#include "lib/queue/bounce_log.h"
#include "lib/queue/maildrop.h"
#include "lib/queue/queue_file.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"

enum { MESSAGE_ARENA_BYTES = 160 << 20, MODE_EXPIRE = 0010 };

static const char *const listed_queues[] = { "maildrop", "hold", "incoming", "active", "deferred" };

struct reasons {
	ARRAY(struct bounce_rcpt) v;
};

struct lister {
	struct queue *queue;
	struct arena *arena;
	bool (*each)(void *ctx, const struct showq_message *message);
	void *ctx;
	struct showq_message message;
	int fd;
	struct reasons delayed, bounced;
	ARRAY(struct showq_rcpt) rcpts;
};

static void
read_reasons(struct lister *lister, const char *log, struct reasons *reasons)
{
	struct bounce_rcpt rcpt;
	struct span text;

	if (!queue_read_file(lister->queue, log, lister->message.queue_id, BOUNCE_LOG_MAX, lister->arena, &text, NULL))
		return;
	while (bounce_log_next(&text, &rcpt) == PARSE_OK)
		*ARRAY_ADD(lister->arena, &reasons->v) = rcpt;
}

/* The last one on record; logs are mostly in the order of the file. */
static struct span
find_reason(const struct reasons *reasons, int64_t offset)
{
	for (size_t i = reasons->v.count; i-- > 0;)
		if (reasons->v.v[i].offset == offset)
			return reasons->v.v[i].text;
	return (struct span){ 0 };
}

/* Hand over what has gathered. */
static bool
flush(struct lister *lister)
{
	bool goes_on;

	lister->message.recipients = (struct msg_list){ lister->rcpts.v, lister->rcpts.count };
	goes_on = lister->each(lister->ctx, &lister->message);
	lister->message.is_continued = true;
	lister->rcpts.count = 0;
	return goes_on;
}

static bool
add_rcpt(struct lister *lister, const struct showq_rcpt *rcpt)
{
	if (lister->rcpts.count == SHOWQ_RCPTS_MAX && !flush(lister))
		return false;
	*ARRAY_ADD(lister->arena, &lister->rcpts) = *rcpt;
	return true;
}

static bool
add_waiting(struct lister *lister)
{
	int64_t position = 0;

	while (position >= 0) {
		struct queue_recipient *list;
		size_t count;

		if (queue_file_recipients(lister->fd, "", &position, QUEUE_READ_MAX, false, lister->arena, &list, &count, NULL) !=
		    PARSE_OK)
			return true;
		for (size_t i = 0; i < count; i++) {
			const struct showq_rcpt rcpt = {
				.address = list[i].address,
				.original = list[i].original,
				.delay_reason = find_reason(&lister->delayed, list[i].offset),
			};
			bool is_listed = (list[i].dsn_notify & QUEUE_NOTIFY_EXPANDED) == 0;

			if (is_listed && !add_rcpt(lister, &rcpt))
				return false;
		}
	}
	return true;
}

static bool
add_bounced(struct lister *lister)
{
	for (size_t i = 0; i < lister->bounced.v.count; i++) {
		const struct bounce_rcpt *record = &lister->bounced.v.v[i];
		const struct showq_rcpt rcpt = {
			.address = record->address,
			.original = record->original,
			.bounce_reason = record->text,
		};

		if (!add_rcpt(lister, &rcpt))
			return false;
	}
	return true;
}

/* What a user submitted: the envelope is all that is read, and size and time are the file's. */
static bool
list_submitted(struct lister *lister, const struct stat *st)
{
	struct maildrop_reader *reader = maildrop_reader_new(lister->fd, "");
	struct maildrop mail;
	struct err err = { 0 };
	bool is_sound = maildrop_reader_envelope(reader, lister->arena, &mail, &err) == PARSE_OK;

	maildrop_reader_free(&reader);
	if (!is_sound)
		return true;
	lister->message.arrival_us = (int64_t) st->st_mtim.tv_sec * CLOCK_SECOND_US;
	lister->message.size_bytes = st->st_size;
	lister->message.sender = mail.sender;
	for (size_t i = 0; i < mail.recipients.count; i++)
		if (!add_rcpt(lister, &(struct showq_rcpt){ .address = mail.recipients.v[i].address }))
			return false;
	return flush(lister);
}

/* What envelope and mode say. returns false when it is no queue file. */
static bool
read_message(struct lister *lister, const struct stat *st)
{
	struct queue_envelope envelope;
	struct queue_content content;

	if (queue_file_read(lister->fd, "", lister->arena, &envelope, &content, NULL) != PARSE_OK)
		return false;
	lister->message.arrival_us = envelope.arrival_us;
	lister->message.size_bytes = content.size_crlf;
	lister->message.sender = envelope.sender;
	lister->message.is_expire_forced = (st->st_mode & MODE_EXPIRE) != 0;
	return true;
}

static bool
list_one(struct lister *lister, const char *queue_name, struct span id)
{
	CLEANUP(fd_close) int fd = -1;
	bool is_maildrop = strcmp(queue_name, "maildrop") == 0;
	struct stat st;

	lister->message = (struct showq_message){ .queue_name = span_of(queue_name), .queue_id = id };
	if (!queue_open_file(lister->queue, queue_name, id, O_RDONLY | O_NONBLOCK, 0, &fd, NULL) || fstat(fd, &st) != 0 ||
	    (st.st_mode & S_IXUSR) == 0)
		return true;
	lister->fd = fd;
	if (!read_message(lister, &st))
		return !is_maildrop || list_submitted(lister, &st);
	read_reasons(lister, "defer", &lister->delayed);
	read_reasons(lister, "bounce", &lister->bounced);
	return add_waiting(lister) && add_bounced(lister) && flush(lister);
}

static bool
list_queue(struct queue *queue, const char *queue_name, bool (*each)(void *ctx, const struct showq_message *message),
    void *ctx)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("queue listing", MESSAGE_ARENA_BYTES);
	struct queue_scan *scan = queue_scan_open(queue, queue_name, NULL);
	struct span id;
	bool goes_on = true;

	while (scan != NULL && goes_on && queue_scan_next(scan, &id)) {
		struct lister lister = { .queue = queue, .arena = arena, .each = each, .ctx = ctx };

		goes_on = list_one(&lister, queue_name, id);
		arena_clear(arena);
	}
	queue_scan_close(&scan);
	return goes_on;
}

bool
queue_list(struct queue *queue, bool (*each)(void *ctx, const struct showq_message *message), void *ctx)
{
	for (size_t i = 0; i < COUNT_OF(listed_queues); i++)
		if (!list_queue(queue, listed_queues[i], each, ctx))
			return false;
	return true;
}
