/* SPDX-License-Identifier: ISC */
/*
 * Requests to bounce, over kept connections: several to the service bounce, since making a report
 * waits for the disk, with all requests of one message on the same one; one each to defer and trace.
 * Answers come in order. A connection that dies fails all that wait on it.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"

enum { BOUNCE_CONNS = 5, CONN_DEFER = BOUNCE_CONNS, CONN_TRACE, CONN_COUNT };
enum { REQUEST_ARENA_BYTES = 8 << 20, ANSWER_ARENA_BYTES = 16 << 10 };

struct request {
	struct list link;
	struct arena *arena;            /* holds what is to be sent until there is a connection; NULL after */
	const struct msg_desc *desc;
	void *values;
	void (*done)(void *ctx, bool ok);
	void *ctx;
};

struct conn {
	struct qmgr *q;
	const char *service;
	struct peer *peer;              /* NULL: closed, or being made */
	bool is_starting;
	struct list requests;           /* unanswered, in order; those with an arena are not sent yet */
	int64_t idle_since_us;
};

struct qmgr_bounce {
	struct conn conns[CONN_COUNT];
};

struct qmgr_bounce *
qmgr_bounce_new(struct qmgr *q)
{
	struct qmgr_bounce *bounce = xcalloc(1, sizeof(*bounce));

	for (int i = 0; i < CONN_COUNT; i++) {
		struct conn *conn = &bounce->conns[i];

		conn->q = q;
		conn->service = i < BOUNCE_CONNS ? q->program->mail->bounce_service_name
		              : i == CONN_DEFER  ? q->program->mail->defer_service_name
		                                 : q->program->mail->trace_service_name;
		list_init(&conn->requests);
	}
	return bounce;
}

static void
answer(struct request *request, bool ok)
{
	list_remove(&request->link);
	arena_free(&request->arena);
	request->done(request->ctx, ok);
	free(request);
}

/* What is asked from inside the callbacks belongs to a new connection. */
static void
fail_all(struct conn *conn)
{
	struct list waiting;

	if (list_is_empty(&conn->requests))
		return;
	waiting = conn->requests;
	waiting.next->prev = waiting.prev->next = &waiting;
	list_init(&conn->requests);
	while (!list_is_empty(&waiting))
		answer(LIST_ENTRY(waiting.next, struct request, link), false);
}

static void
on_end(void *ctx, struct peer *peer UNUSED, const struct err *err)
{
	struct conn *conn = ctx;

	if (!list_is_empty(&conn->requests))
		log_warn("service %s: %s", conn->service, err != NULL ? err->text : "bad answer");
	peer_free(&conn->peer);
	fail_all(conn);
	qmgr_dispatch_later(conn->q);
}

static void
on_frame(void *ctx, struct peer *peer, struct frame *frame)
{
	struct conn *conn = ctx;
	CLEANUP(arena_free) struct arena *arena = arena_new("answer of bounce", ANSWER_ARENA_BYTES);
	struct bounce_done done;
	struct err err = { 0 };

	if (list_is_empty(&conn->requests) || !frame_is(frame, &bounce_done_desc) ||
	    msg_decode(&bounce_done_desc, frame, arena, &done, &err) != PARSE_OK) {
		on_end(conn, peer, NULL);
		return;
	}
	if (!done.ok)
		log_warn("service %s: %.*s", conn->service, SPAN_ARG(done.error));
	conn->idle_since_us = clock_now_us();
	answer(LIST_ENTRY(conn->requests.next, struct request, link), done.ok);
	qmgr_dispatch_later(conn->q);
}

static const struct peer_events bounce_events = { .on_frame = on_frame, .on_end = on_end };

/* Send what waits for the connection. */
static void
send_waiting(struct conn *conn)
{
	LIST_EACH(link, &conn->requests) {
		struct request *request = LIST_ENTRY(link, struct request, link);
		struct err err = { 0 };

		if (request->arena == NULL)
			continue;
		if (!peer_send(conn->peer, request->desc, request->values, &err)) {
			on_end(conn, conn->peer, &err);
			return;
		}
		arena_free(&request->arena);
	}
}

static void
on_introduced(void *ctx, int fd, const struct err *err)
{
	struct conn *conn = ctx;

	conn->is_starting = false;
	if (fd < 0) {
		log_warn("%s", err->text);
		fail_all(conn);
		qmgr_dispatch_later(conn->q);
		return;
	}
	conn->peer = peer_new(fd, conn->service, MSG_FRAME_MAX);
	peer_attach(conn->peer, conn->q->program->loop, &bounce_events, conn);
	send_waiting(conn);
}

/* Failing inside the caller's call would surprise it: the answer always comes later. */
static void
submit(struct conn *conn, struct request *request)
{
	list_append(&conn->requests, &request->link);
	if (conn->peer != NULL) {
		send_waiting(conn);
	} else if (!conn->is_starting) {
		conn->is_starting = true;
		service_introduce(conn->q->program, conn->service, on_introduced, conn);
	}
}

static struct conn *
conn_for(struct qmgr *q, struct span log, struct span id)
{
	unsigned hash = 0;

	if (span_eq_str(log, "defer"))
		return &q->bounce->conns[CONN_DEFER];
	if (span_eq_str(log, "trace"))
		return &q->bounce->conns[CONN_TRACE];
	for (size_t i = 0; i < id.len; i++)
		hash = hash * 31 + (unsigned char) id.p[i];
	return &q->bounce->conns[hash % BOUNCE_CONNS];
}

static struct request *
request_new(const struct msg_desc *desc, void (*done)(void *ctx, bool ok), void *ctx)
{
	struct request *request = xcalloc(1, sizeof(*request));

	request->arena = arena_new("request to bounce", REQUEST_ARENA_BYTES);
	request->desc = desc;
	request->done = done;
	request->ctx = ctx;
	return request;
}

static void
dup_record(struct bounce_rcpt *rcpt, struct arena *arena)
{
	rcpt->address = arena_dup(arena, rcpt->address);
	rcpt->original = arena_dup(arena, rcpt->original);
	rcpt->dsn_orcpt = arena_dup(arena, rcpt->dsn_orcpt);
	rcpt->dsn = arena_dup(arena, rcpt->dsn);
	rcpt->action = arena_dup(arena, rcpt->action);
	rcpt->text = arena_dup(arena, rcpt->text);
	rcpt->remote_mta = arena_dup(arena, rcpt->remote_mta);
	rcpt->diagnostic = arena_dup(arena, rcpt->diagnostic);
}

void
qmgr_bounce_append(struct qmgr *q, const struct bounce_append *append, void (*done)(void *ctx, bool ok), void *ctx)
{
	struct request *request = request_new(&bounce_append_desc, done, ctx);
	struct bounce_append *copy = ARENA_NEW(request->arena, struct bounce_append);
	struct bounce_rcpt *list = ARENA_ARRAY(request->arena, struct bounce_rcpt, append->recipients.count);

	memcpy(list, append->recipients.items, append->recipients.count * sizeof(*list));
	for (size_t i = 0; i < append->recipients.count; i++)
		dup_record(&list[i], request->arena);
	copy->log = arena_dup(request->arena, append->log);
	copy->queue_id = arena_dup(request->arena, append->queue_id);
	copy->recipients = (struct msg_list){ list, append->recipients.count };
	request->values = copy;
	submit(conn_for(q, append->log, append->queue_id), request);
}

/* The descriptor is the message's and stays open until done is called. */
void
qmgr_bounce_notify(struct qmgr *q, const struct bounce_notify *notify, void (*done)(void *ctx, bool ok), void *ctx)
{
	struct request *request = request_new(&bounce_notify_desc, done, ctx);
	struct bounce_notify *copy = ARENA_NEW(request->arena, struct bounce_notify);
	struct span log = SPAN("bounce");

	if (span_eq_str(notify->kind, "delay") || span_eq_str(notify->kind, "expired"))
		log = SPAN("defer");
	else if (!span_eq_str(notify->kind, "failure"))
		log = SPAN("trace");
	copy->kind = arena_dup(request->arena, notify->kind);
	copy->queue_id = arena_dup(request->arena, notify->queue_id);
	copy->queue_name = arena_dup(request->arena, notify->queue_name);
	copy->fd = notify->fd;
	request->values = copy;
	submit(conn_for(q, log, notify->queue_id), request);
}

void
qmgr_bounce_close_idle(struct qmgr *q, int64_t now_us)
{
	for (int i = 0; i < CONN_COUNT; i++) {
		struct conn *conn = &q->bounce->conns[i];

		if (conn->peer != NULL && list_is_empty(&conn->requests) &&
		    now_us - conn->idle_since_us >= q->program->mail->ipc_idle.us)
			peer_free(&conn->peer);
	}
}

/* Requests wait for their answers. */
bool
qmgr_bounce_is_busy(const struct qmgr *q)
{
	for (int i = 0; i < CONN_COUNT; i++)
		if (!list_is_empty(&q->bounce->conns[i].requests))
			return true;
	return false;
}

/* Some connection is kept. */
bool
qmgr_bounce_is_open(const struct qmgr *q)
{
	for (int i = 0; i < CONN_COUNT; i++)
		if (q->bounce->conns[i].peer != NULL)
			return true;
	return false;
}
