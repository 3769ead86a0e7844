/* SPDX-License-Identifier: ISC */
/*
 * What children ask.
 *
 * Introductions: a child names a service, master looks into the manifests whether it may call it,
 * connects, says who calls, and passes the connection. A child's frames are small and bounded; one
 * that breaks the protocol loses its link, which ends it.
 *
 * Succession: a child by events that cannot go on with what it opened asks for a fresh process.
 */
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "master/master/master_int.h"

enum { INTRODUCE_ARENA_BYTES = 4096 };

/* The first frame on a connection that only master can have made. */
bool
introduce_send_hello(int fd, const char *program, const char *service, pid_t pid)
{
	struct hello hello = { .program = span_of(program), .service = span_slice(span_of(service), 0, 63), .pid = pid };
	CLEANUP(str_fini) struct str frame;
	int fds[MSG_FDS_MAX];
	size_t fd_count = 0;

	str_init(&frame, 1024);
	return msg_encode(&hello_desc, &hello, &frame, fds, &fd_count, NULL)
	    && send(fd, frame.p, frame.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t) frame.len;
}

/* Who may call, and is there such a service? */
static struct service_entry *
find_callee(struct child *child, struct span name, struct err *err)
{
	struct service_entry *callee = services_find(child->master, name, MASTER_UNIX);

	if (callee == NULL)     /* as older files have it */
		callee = services_find(child->master, name, MASTER_FIFO);
	if (callee == NULL) {
		err_temp(err, "no service \"%.*s\" of type unix in master.cf", SPAN_ARG(name));
		return NULL;
	}
	if (!manifest_may_call(child->manifest, callee->manifest)) {
		err_temp(err, "program %s may not call program %s", child->manifest->program,
		    callee->manifest->program);
		log_warn("service %s, process %ld: %s", child->service->entry->name, (long) child->pid, err->text);
		return NULL;
	}
	return callee;
}

/* Connect and say who calls. During a stop nobody takes a new client: better to hear that than to wait for the end. */
static int
connect_for(struct child *child, struct span name, struct err *err)
{
	struct service_entry *callee;
	CLEANUP(fd_close) int fd = -1;

	if (child->master->is_stopping) {
		err_temp(err, "the mail system is stopping");
		return -1;
	}
	callee = find_callee(child, name, err);
	if (callee == NULL)
		return -1;
	fd = listen_connect(callee, err);
	if (fd < 0)
		return -1;
	if (!introduce_send_hello(fd, child->manifest->program, child->service->entry->name, child->pid)) {
		err_temp_errno(err, "introduce to service %.*s", SPAN_ARG(name));
		return -1;
	}
	callee->was_used = true;
	return fd_take(&fd);
}

/* Its successor is started by the client that we are. */
static void
replace_child(struct child *child, const struct succeed *request)
{
	struct service_entry *service = child->service;

	if (!child->is_retiring)
		child_retire(child, false, false);
	if (service->is_disabled || child->master->is_stopping)
		return;
	wakeup_with(service, request->trigger);
	dispatch_watch(service);
}

static void
refuse_frame(struct child *child, const struct err *err)
{
	log_warn("process %ld (%s): bad request: %s", (long) child->pid, child->manifest->program, err->text);
	child_signal(child, SIGTERM);
}

/* A child's request. */
static void
on_frame(void *ctx, struct peer *peer, struct frame *frame)
{
	struct child *child = ctx;
	CLEANUP(arena_free) struct arena *arena = arena_new("introduction", INTRODUCE_ARENA_BYTES);
	struct introduce request;
	struct introduced answer = { .fd = -1 };
	struct succeed succeed;
	struct err err = { 0 };

	if (frame_is(frame, &succeed_desc) && child->manifest->model == MODEL_EVENTS
	    && msg_decode(&succeed_desc, frame, arena, &succeed, &err) == PARSE_OK) {
		replace_child(child, &succeed);
		return;
	}
	if (!frame_is(frame, &introduce_desc)
	    || msg_decode(&introduce_desc, frame, arena, &request, &err) != PARSE_OK) {
		refuse_frame(child, &err);
		return;
	}
	answer.id = request.id;
	answer.fd = connect_for(child, request.service, &err);
	if (answer.fd < 0)
		answer.error = span_of(err.text);
	if (!peer_send(peer, &introduced_desc, &answer, &err))
		log_warn("process %ld: %s", (long) child->pid, err.text);
	fd_close(&answer.fd);
}

/* The child closed its end: it is ending, and wait(2) will tell. */
static void
on_end(void *ctx, struct peer *peer UNUSED, const struct err *err UNUSED)
{
	struct child *child = ctx;

	peer_free(&child->link_peer);
}

const struct peer_events introduce_events = { .on_frame = on_frame, .on_end = on_end };
