/* SPDX-License-Identifier: ISC */
/*
 * The socket to master: introductions, retirement, reload. Sequential daemons wait for an answer
 * and keep connections by service name; event-driven ones get a callback and keep their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service_int.h"

enum { LINK_FRAME_MAX = 4096, LINK_ARENA_BYTES = 8192 };

/* An introduction that an event-driven daemon waits for. */
struct asked {
	struct list link;
	int64_t id;
	void (*done)(void *ctx, int fd, const struct err *err);
	void *ctx;
	char service[64];
};

/* Wrap the inherited socket. */
void
service_link_open(struct program *program)
{
	struct service_private *private = program->private;

	if (fcntl(CHILD_FD_MASTER, F_SETFD, FD_CLOEXEC) < 0)
		fatal("this program is started by master; run \"carteiro start\"");
	private->link = peer_new(CHILD_FD_MASTER, "master", LINK_FRAME_MAX);
	private->kept = map_new();
	list_init(&private->asked);
}

/* Told to end, or to read the configuration again. */
static void
handle_retire(struct program *program, const struct retire *retire)
{
	if (retire->reload && program->service->manifest->reloads_in_place) {
		service_load_conf(program);
		service_load_params(program);
		if (program->service->on_reload != NULL)
			program->service->on_reload(program);
		return;
	}
	program->private->is_ending = true;
	service_set_state(program, SLOT_RETIRING);
	if (program->loop == NULL)
		return;
	service_stop_accepting(program);
	if (program->service->on_retire != NULL)
		program->service->on_retire(program);
	else if (retire->now || program->private->clients_now == 0)
		loop_stop(program->loop);
}

/* The answer to an event-driven daemon's question. */
static void
handle_introduced(struct program *program, struct introduced *answer)
{
	LIST_EACH_SAFE(cursor, next, &program->private->asked) {
		struct asked *asked = LIST_ENTRY(cursor, struct asked, link);
		struct err err = { 0 };

		if (asked->id != answer->id)
			continue;
		list_remove(&asked->link);
		if (answer->fd < 0)
			err_temp(&err, "connect to service %s: %.*s", asked->service, SPAN_ARG(answer->error));
		asked->done(asked->ctx, fd_take(&answer->fd), &err);
		free(asked);
		return;
	}
	fd_close(&answer->fd);
}

/* One frame from master, in either model. */
void
service_link_frame(struct program *program, struct frame *frame)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("master link", LINK_ARENA_BYTES);
	struct retire retire;
	struct introduced answer;
	struct err err = { 0 };

	if (frame_is(frame, &retire_desc) && msg_decode(&retire_desc, frame, arena, &retire, &err) == PARSE_OK)
		handle_retire(program, &retire);
	else if (frame_is(frame, &introduced_desc)
	    && msg_decode(&introduced_desc, frame, arena, &answer, &err) == PARSE_OK)
		handle_introduced(program, &answer);
	else
		log_warn("unexpected message from master: %.*s %s", SPAN_ARG(frame->name), err.text);
	frame_drop_fds(frame);
}

/* Loop: a frame arrived. */
static void
on_link_frame(void *ctx, struct peer *peer UNUSED, struct frame *frame)
{
	service_link_frame(ctx, frame);
}

/* Loop: master is gone. Finish what can be finished without it, which is nothing that lasts. */
static void
on_link_end(void *ctx, struct peer *peer UNUSED, const struct err *err UNUSED)
{
	struct program *program = ctx;

	program->private->is_ending = true;
	loop_stop(program->loop);
}

const struct peer_events service_link_events = { .on_frame = on_link_frame, .on_end = on_link_end };

/* Event-driven: ask. */
void
service_introduce(struct program *program, const char *service,
    void (*done)(void *ctx, int fd, const struct err *err), void *ctx)
{
	struct introduce request = { .id = ++program->private->next_id, .service = span_of(service) };
	struct asked *asked;
	struct err err = { 0 };

	if (!peer_send(program->private->link, &introduce_desc, &request, &err)) {
		done(ctx, -1, &err);
		return;
	}
	asked = xcalloc(1, sizeof(*asked));
	asked->id = request.id;
	asked->done = done;
	asked->ctx = ctx;
	snprintf(asked->service, sizeof(asked->service), "%s", service);
	list_append(&program->private->asked, &asked->link);
}

/* What comes from now on is the successor's. */
void
service_succeed(struct program *program, struct span trigger)
{
	struct succeed request = { .trigger = trigger };
	struct err err = { 0 };

	service_stop_accepting(program);
	if (!peer_send(program->private->link, &succeed_desc, &request, &err))
		log_warn("ask for a successor: %s", err.text);
}

/* Sequential: ask and wait for this answer; a retirement may come in between. */
static int
introduce_now(struct program *program, const char *service, struct err *err)
{
	struct introduce request = { .id = ++program->private->next_id, .service = span_of(service) };
	int64_t deadline = clock_deadline(program->mail->ipc_timeout.us);
	CLEANUP(arena_free) struct arena *arena = arena_new("introduction", LINK_ARENA_BYTES);
	struct introduced answer = { .fd = -1 };
	struct frame frame;

	if (!peer_send(program->private->link, &introduce_desc, &request, err))
		return -1;
	for (;;) {
		if (!peer_recv(program->private->link, &frame, deadline, err))
			return -1;
		if (!frame_is(&frame, &introduced_desc)) {
			service_link_frame(program, &frame);
			continue;
		}
		if (msg_decode(&introduced_desc, &frame, arena, &answer, err) != PARSE_OK)
			return -1;
		if (answer.id == request.id)
			break;
		fd_close(&answer.fd);
	}
	if (answer.fd < 0)
		err_temp(err, "connect to service %s: %.*s", service, SPAN_ARG(answer.error));
	return answer.fd;
}

/* Sequential: a kept connection, or a new one. */
struct peer *
service_peer(struct program *program, const char *service, struct err *err)
{
	struct peer *peer = map_get(program->private->kept, span_of(service));
	int fd;

	if (peer != NULL)
		return peer;
	fd = introduce_now(program, service, err);
	if (fd < 0)
		return NULL;
	peer = peer_new(fd, service, MSG_FRAME_MAX);
	map_set(program->private->kept, span_of(service), peer);
	return peer;
}

/* Close a kept connection that failed. */
void
service_forget(struct program *program, struct peer *peer)
{
	map_remove(program->private->kept, span_of(peer_name(peer)));
	peer_free(&peer);
}

static struct peer *
get_peer(void *ctx, const char *service, struct err *err)
{
	return service_peer(ctx, service, err);
}

static void
forget_peer(void *ctx, struct peer *peer)
{
	service_forget(ctx, peer);
}

struct service_peers
service_peers(struct program *program)
{
	return (struct service_peers){ get_peer, forget_peer, program };
}

/* For map_free. */
static void
free_kept(void *value)
{
	struct peer *peer = value;

	peer_free(&peer);
}

/* Close all kept connections: idle, or forked away. */
void
service_drop_kept(struct program *program)
{
	if (map_count(program->private->kept) == 0)
		return;
	map_free(&program->private->kept, free_kept);
	program->private->kept = map_new();
}
