/* SPDX-License-Identifier: ISC */
/* Keeps the logs of failures, delays and successes, and turns them into notifications. One process serves one connection of qmgr. */
#include "qmgr/bounce/bounce_int.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

enum { REQUEST_ARENA_BYTES = 96 << 20, TEMPLATE_MAX = 1 << 20 };

static const int64_t idle_limit_us = INT64_C(3600) * CLOCK_SECOND_US;

/* Requests name logs; only these exist. */
static const char *
known_log(struct span name, struct err *err)
{
	static const char *const logs[] = { "bounce", "defer", "trace" };

	for (size_t i = 0; i < COUNT_OF(logs); i++)
		if (span_eq_str(name, logs[i]))
			return logs[i];
	err_temp(err, "unknown log \"%.*s\"", SPAN_ARG(name));
	return NULL;
}

static bool
do_append(struct bounce *bounce, struct frame *frame, struct arena *arena, struct err *err)
{
	struct bounce_append request;

	return msg_decode(&bounce_append_desc, frame, arena, &request, err) == PARSE_OK &&
	       known_log(request.log, err) != NULL && bounce_append_records(bounce, &request, err);
}

static bool
do_notify(struct bounce *bounce, struct frame *frame, struct arena *arena, struct err *err)
{
	struct bounce_notify request;
	bool done;

	if (msg_decode(&bounce_notify_desc, frame, arena, &request, err) != PARSE_OK)
		return false;
	done = bounce_make_notice(bounce, &request, arena, err);
	fd_close(&request.fd);
	return done;
}

static bool
do_forget(struct bounce *bounce, struct frame *frame, struct arena *arena, struct err *err)
{
	struct bounce_forget request;
	const char *log;

	if (msg_decode(&bounce_forget_desc, frame, arena, &request, err) != PARSE_OK)
		return false;
	log = known_log(request.log, err);
	return log != NULL && bounce_remove_log(bounce, log, request.queue_id, err);
}

static bool
do_request(struct bounce *bounce, struct frame *frame, struct arena *arena, struct err *err)
{
	if (frame_is(frame, &bounce_append_desc))
		return do_append(bounce, frame, arena, err);
	if (frame_is(frame, &bounce_notify_desc))
		return do_notify(bounce, frame, arena, err);
	if (frame_is(frame, &bounce_forget_desc))
		return do_forget(bounce, frame, arena, err);
	return err_temp(err, "unexpected message \"%.*s\"", SPAN_ARG(frame->name));
}

/* One request and its answer. returns false at the end of the connection. */
static bool
serve_one(struct bounce *bounce, struct peer *peer, struct arena *arena)
{
	struct frame frame;
	struct err err = { 0 };
	struct bounce_done done;

	if (!peer_recv(peer, &frame, clock_deadline(idle_limit_us), &err))
		return false;
	log_hold();
	done.ok = do_request(bounce, &frame, arena, &err);
	done.error = span_of(done.ok ? "" : err.text);
	frame_drop_fds(&frame);
	log_flush();
	return peer_send(peer, &bounce_done_desc, &done, &err) &&
	       peer_flush(peer, clock_deadline(bounce->program->mail->ipc_timeout.us), &err);
}

static void
on_client(struct program *program, struct client *client)
{
	CLEANUP(peer_free) struct peer *peer = peer_new(fd_take(&client->fd), "queue manager", MSG_FRAME_MAX);
	CLEANUP(arena_free) struct arena *arena = arena_new("bounce request", REQUEST_ARENA_BYTES);

	while (serve_one(program->state, peer, arena) && !service_should_end(program))
		arena_clear(arena);
}

/* A template file that cannot be used is a warning: reports must go out. */
static void
read_templates(struct bounce *bounce, const char *file)
{
	struct span text;
	struct err err = { 0 };

	if (!file_read(AT_FDCWD, file, TEMPLATE_MAX, bounce->program->arena, &text, &err) ||
	    !bounce_templates_parse(&bounce->templates, text, file, bounce->program->arena, &err))
		log_warn("bounce_template_file: %s; built-in texts are used", err.text);
}

/* What lies outside the root directory to be. */
static bool
before_drop(struct program *program, struct err *err)
{
	struct bounce *bounce = program->state;

	bounce->program = program;
	mail_client_init(&bounce->cleanup, program->mail, service_peers(program));
	bounce_templates_init(&bounce->templates);
	if (bounce->conf.bounce_template_file[0] != '\0')
		read_templates(bounce, bounce->conf.bounce_template_file);
	bounce->queue = queue_open(program->mail->queue_directory, program->mail->hash_queue_names,
	    program->mail->hash_queue_depth, err);
	return bounce->queue != NULL;
}

static const struct service_params bounce_service_params[] = {
	{ .table = &bounce_params, .offset = offsetof(struct bounce, conf) },
	{ .table = NULL },
};

static const struct service bounce_service = {
	.manifest = &bounce_manifest,
	.state_size = sizeof(struct bounce),
	.params = bounce_service_params,
	.before_drop = before_drop,
	.on_client = on_client,
};

int
main(int argc, char **argv)
{
	return service_main(&bounce_service, argc, argv);
}
