/* SPDX-License-Identifier: ISC */
/* cleanup's kept connections: notices of new mail, never answered. A notice that says too much or too little only costs a scan. */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/base/panic.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

enum { NOTICE_ARENA_BYTES = 4 << 20 };

struct notice_conn {
	struct list link;
	struct qmgr *q;
	struct peer *peer;
};

static void
conn_free(struct notice_conn *conn)
{
	struct program *program = conn->q->program;

	list_remove(&conn->link);
	peer_free(&conn->peer);
	free(conn);
	service_client_done(program);
}

/* Into memory at once when there is room and nobody waits before it. */
static void
take_notice(struct qmgr *q, const struct queued *notice)
{
	if (!queue_id_is_valid(notice->queue_id))
		return;
	if (q->lock_fd >= 0 && !q->is_retiring && qmgr_feed_has_room(q) && list_is_empty(&q->fresh)
	    && !qmgr_is_outdated(q))
		qmgr_message_from_notice(q, notice);
	else if (!qmgr_feed_add(q, notice->queue_id))
		q->wants_incoming_scan = true;
	qmgr_dispatch_later(q);
}

static void
on_frame(void *ctx, struct peer *peer UNUSED, struct frame *frame)
{
	struct notice_conn *conn = ctx;
	CLEANUP(arena_free) struct arena *arena = arena_new("notice of new mail", NOTICE_ARENA_BYTES);
	struct queued notice;
	struct err err = { 0 };

	if (frame_is(frame, &queued_desc) && msg_decode(&queued_desc, frame, arena, &notice, &err) == PARSE_OK) {
		take_notice(conn->q, &notice);
		return;
	}
	log_warn("notice of new mail: unexpected message %.*s %s", SPAN_ARG(frame->name), err.text);
	conn->q->wants_incoming_scan = true;
	qmgr_dispatch_later(conn->q);
	conn_free(conn);
}

/* A writer that died between its ready mark and its notice, or found our socket full, leaves mail that only a scan finds. */
static void
on_end(void *ctx, struct peer *peer UNUSED, const struct err *err UNUSED)
{
	struct notice_conn *conn = ctx;

	conn->q->wants_incoming_scan = true;
	qmgr_dispatch_later(conn->q);
	conn_free(conn);
}

static const struct peer_events notice_events = { .on_frame = on_frame, .on_end = on_end };

void
qmgr_notice_accept(struct qmgr *q, struct client *client)
{
	struct notice_conn *conn = xcalloc(1, sizeof(*conn));

	conn->q = q;
	conn->peer = peer_new(fd_take(&client->fd), client->caller, MSG_FRAME_MAX);
	list_append(&q->notices, &conn->link);
	peer_attach(conn->peer, q->program->loop, &notice_events, conn);
}

/* Who has something to say finds the successor. */
void
qmgr_notice_close_all(struct qmgr *q)
{
	LIST_EACH_SAFE(link, next, &q->notices)
		conn_free(LIST_ENTRY(link, struct notice_conn, link));
}
