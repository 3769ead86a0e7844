/* SPDX-License-Identifier: ISC */
/*
 * One client. A message exists from mail_begin to mail_end or mail_abort; what the protocol allows
 * then is one table. A client that says anything else is cut off, and its message with it.
 */
#include "qmgr/cleanup/cleanup_session.h"

#include "lib/mail/verp.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "qmgr/cleanup/cleanup_content.h"
#include "qmgr/cleanup/cleanup_envelope.h"
#include "qmgr/cleanup/cleanup_header.h"
#include "qmgr/cleanup/cleanup_queue.h"

#include <errno.h>

enum { MESSAGE_ARENA_BYTES = 64 * 1024 * 1024, FRAME_ARENA_BYTES = 4 * 1024 * 1024 };

/* How often an idle process looks whether it shall end. */
#define PAUSE_US (CLOCK_SECOND_US / 5)

struct session {
	struct cleanup *c;
	struct peer *peer;
	struct arena *arena;     /* of the message at hand */
	struct message *message; /* NULL: between messages */
	char next_id[QUEUE_ID_MAX];
	bool has_left;           /* farewell was said: the client will close the connection */
};

/* The message's own copy of a frame, so that decoded spans live as long as it does. */
static void
keep_frame(struct session *s, struct frame *frame)
{
	frame->payload = arena_dup(s->arena, frame->payload);
}

static bool
broken(struct session *s, const struct err *err)
{
	log_warn("%s: bad message: %s", peer_name(s->peer), err->text);
	return false;
}

static void
message_done(struct session *s)
{
	message_free(&s->message);
	arena_clear(s->arena);
}

static void
take_recipients(struct session *s, const struct msg_list *list)
{
	const struct mail_rcpt *rcpts = list->items;

	for (size_t i = 0; i < list->count; i++)
		envelope_recipient(s->message, &rcpts[i]);
}

/* Those whom nobody shall be told of. */
static void
take_copies(struct message *m, const struct msg_list *list)
{
	const struct mail_rcpt *rcpts = list->items;

	for (size_t i = 0; i < list->count; i++)
		envelope_bcc(m, rcpts[i].address);
}

/* The queue ID that the next message will have. */
static bool
announce(struct session *s)
{
	struct mail_ready ready;
	struct err err = { 0 };

	queue_id_next(&s->c->ids, clock_wall_us(), s->next_id, NULL);
	ready.queue_id = span_of(s->next_id);
	return peer_send(s->peer, &mail_ready_desc, &ready, &err) || broken(s, &err);
}

static bool
on_begin(struct session *s, struct frame *frame)
{
	struct mail_begin begin;
	struct err err = { 0 };

	keep_frame(s, frame);
	if (msg_decode(&mail_begin_desc, frame, s->arena, &begin, &err) != PARSE_OK)
		return broken(s, &err);
	s->message = message_new(s->c, s->arena, arena_strdup(s->arena, s->next_id), &begin);
	if (begin.verp.len > 0 && !verp_is_good(begin.verp, s->c->mail->verp_delimiter_filter))
		message_fail(s->message, MAIL_PERM, 501, "5.5.4", "Error: bad VERP delimiters");
	envelope_sender(s->message, begin.sender);
	take_recipients(s, &begin.recipients);
	take_copies(s->message, &begin.bcc);
	return true;
}

static bool
on_rcpts(struct session *s, struct frame *frame)
{
	struct mail_rcpts rcpts;
	struct err err = { 0 };

	keep_frame(s, frame);
	if (msg_decode(&mail_rcpts_desc, frame, s->arena, &rcpts, &err) != PARSE_OK)
		return broken(s, &err);
	take_recipients(s, &rcpts.recipients);
	return true;
}

static bool
on_review(struct session *s, struct frame *frame UNUSED)
{
	struct message *m = s->message;
	struct mail_headers headers = { .queue_id = span_of(m->queue_id) };
	struct err err = { 0 };

	if (content_need_header(m))
		headers.block = header_print(m, false);
	else
		headers.error_dsn = span_of(m->dsn);
	block_number(&m->block);
	m->is_reviewed = true;
	return peer_send(s->peer, &mail_headers_desc, &headers, &err) || broken(s, &err);
}

/* One edit of a filter. */
static void
apply_edit(struct message *m, const struct mail_edit *edit)
{
	struct mail_rcpt rcpt = {
		.address = edit->value, .dsn_orcpt = edit->dsn_orcpt, .dsn_notify = edit->dsn_notify
	};
	size_t index = (size_t) edit->index;

	switch ((enum mail_edit_op) edit->op) {
	case MAIL_EDIT_ADD:
		block_append(&m->block, edit->name, edit->value);
		return;
	case MAIL_EDIT_INSERT:
		block_insert(&m->block, index, edit->name, edit->value);
		return;
	case MAIL_EDIT_CHANGE:
		block_change(&m->block, index, edit->name, edit->value);
		return;
	case MAIL_EDIT_DELETE:
		block_delete(&m->block, index);
		return;
	case MAIL_EDIT_SENDER:
		envelope_sender(m, edit->value);
		return;
	case MAIL_EDIT_ADD_RCPT:
		envelope_filter_recipient(m, &rcpt);
		return;
	case MAIL_EDIT_DELETE_RCPT:
		envelope_remove(m, edit->value);
		return;
	case MAIL_EDIT_HOLD:
		m->is_held = true;
		return;
	}
}

static bool
on_edits(struct session *s, struct frame *frame)
{
	struct mail_edits edits;
	const struct mail_edit *list;
	struct err err = { 0 };

	keep_frame(s, frame);
	if (msg_decode(&mail_edits_desc, frame, s->arena, &edits, &err) != PARSE_OK)
		return broken(s, &err);
	if (!s->message->is_reviewed) {
		err_temp(&err, "mail_edits without mail_review");
		return broken(s, &err);
	}
	list = edits.edits.items;
	for (size_t i = 0; i < edits.edits.count; i++)
		apply_edit(s->message, &list[i]);
	return true;
}

static bool
on_body(struct session *s, struct frame *frame UNUSED)
{
	content_replace_body(s->message);
	return true;
}

static bool
should_end(struct session *s)
{
	return s->c->should_end(s->c->ctx);
}

/* What the client has decided since it gave the envelope. */
static void
take_late(struct message *m, const struct mail_end *end)
{
	m->flags |= (unsigned) end->flags & (MAIL_HOLD | MAIL_DISCARD);
	m->is_held |= (end->flags & MAIL_HOLD) != 0;
	if (end->content_filter.len > 0)
		m->content_filter = end->content_filter;
	if (end->redirect.len > 0)
		m->redirect = end->redirect;
	take_copies(m, &end->bcc);
}

static bool
on_end(struct session *s, struct frame *frame)
{
	struct mail_end end;
	struct mail_done done;
	struct err err = { 0 };
	bool sent;

	keep_frame(s, frame);
	if (msg_decode(&mail_end_desc, frame, s->arena, &end, &err) != PARSE_OK)
		return broken(s, &err);
	take_late(s->message, &end);
	queue_message(s->message, &done);
	queue_id_next(&s->c->ids, clock_wall_us(), s->next_id, NULL);
	done.next_queue_id = span_of(s->next_id);
	done.closing = s->has_left || should_end(s);
	sent = peer_send(s->peer, &mail_done_desc, &done, &err);
	message_done(s);
	if (!sent)
		return broken(s, &err);
	return !done.closing;
}

static bool
on_abort(struct session *s, struct frame *frame UNUSED)
{
	queue_cancel(s->message);
	message_done(s);
	return announce(s);
}

/* What a client may say: between messages only mail_begin, within one everything else. */
static const struct step {
	const struct msg_desc *desc;
	bool in_message;
	bool (*take)(struct session *s, struct frame *frame);
} steps[] = {
	{ &mail_begin_desc, false, on_begin },
	{ &mail_rcpts_desc, true, on_rcpts },
	{ &mail_review_desc, true, on_review },
	{ &mail_edits_desc, true, on_edits },
	{ &mail_body_desc, true, on_body },
	{ &mail_end_desc, true, on_end },
	{ &mail_abort_desc, true, on_abort },
};

static bool
take_frame(struct session *s, struct frame *frame)
{
	struct err err = { 0 };

	if (frame->kind == FRAME_DATA && s->message != NULL) {
		content_data(s->message, frame->payload);
		return true;
	}
	for (size_t i = 0; frame->kind == FRAME_MESSAGE && i < COUNT_OF(steps); i++)
		if (frame_is(frame, steps[i].desc) && steps[i].in_message == (s->message != NULL))
			return steps[i].take(s, frame);
	err_temp(&err, "%.*s is not expected here",
	    SPAN_ARG(frame->kind == FRAME_DATA ? SPAN("data") : frame->name));
	return broken(s, &err);
}

/*
 * The next message of the client may be on its way when this process shall end. So it says farewell
 * and goes on until the client, which has seen it, closes the connection.
 */
static bool
say_farewell(struct session *s, struct err *err)
{
	if (s->has_left || s->message != NULL || !should_end(s))
		return true;
	s->has_left = true;
	return peer_send(s->peer, &mail_leave_desc, &(struct mail_none){ false }, err) &&
	    peer_flush(s->peer, clock_deadline(s->c->mail->ipc_timeout.us), err);
}

/* Nothing came for so long that the client is taken for dead. */
static bool
is_stalled(const struct session *s, int64_t stalled_us)
{
	return (s->message != NULL || s->has_left) && clock_now_us() > stalled_us;
}

/* The next frame; a stalled message ends after ipc_timeout. */
static bool
next_frame(struct session *s, struct frame *frame)
{
	int64_t stalled_us = clock_deadline(s->c->mail->ipc_timeout.us);
	struct err err = { 0 };

	log_flush();
	do {
		if (peer_recv(s->peer, frame, clock_deadline(PAUSE_US), &err))
			return true;
	} while (err.errnum == ETIMEDOUT && !is_stalled(s, stalled_us) && say_farewell(s, &err));
	if (err.errnum != 0 && err.errnum != ECONNRESET && err.errnum != ETIMEDOUT)
		log_warn_err(peer_name(s->peer), &err);
	return false;
}

static void
session_run(struct session *s)
{
	struct frame frame;
	bool again = announce(s);

	while (again && next_frame(s, &frame)) {
		again = take_frame(s, &frame);
		frame_drop_fds(&frame);
	}
}

void
cleanup_session(struct cleanup *c, int fd, const char *client)
{
	struct session s = { .c = c };

	s.peer = peer_new(fd, client, MSG_FRAME_MAX);
	s.arena = arena_new("message", MESSAGE_ARENA_BYTES);
	session_run(&s);
	if (s.message != NULL) {
		queue_cancel(s.message);
		message_done(&s);
	}
	arena_free(&s.arena);
	peer_free(&s.peer);
}
