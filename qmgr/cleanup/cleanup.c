/* SPDX-License-Identifier: ISC */
/* cleanup: takes messages from all who have some, and puts them into the queue. */
#include "lib/queue/commit_client.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"
#include "qmgr/cleanup/cleanup_session.h"
#include "qmgr/cleanup/cleanup_settings.h"

#include <time.h>

static bool
make_durable(void *ctx, int file_fd, int dir_fd, struct err *err)
{
	return commit_file(ctx, file_fd, dir_fd, err);
}

/*
 * Never waits for qmgr: when its socket is full the connection is given up, and qmgr scans instead.
 */
static void
tell_qmgr(void *ctx, const struct queued *queued)
{
	struct program *program = ctx;
	struct err err = { 0 };
	struct peer *peer = service_peer(program, program->mail->queue_service_name, &err);

	if (peer != NULL && peer_send(peer, &queued_desc, queued, &err) &&
	    peer_flush(peer, clock_now_us(), &err))
		return;
	if (peer != NULL)
		service_forget(program, peer);
	log_debug("notice to qmgr: %s", err.text);
}

static bool
ends_soon(void *ctx)
{
	return service_should_end(ctx);
}

/* Tables, time zone and queue are opened with all rights. */
static bool
cleanup_before_drop(struct program *program, struct err *err)
{
	struct cleanup *c = program->state;

	tzset();
	c->mail = program->mail;
	c->arena = program->arena;
	c->commit = make_durable;
	c->notify = tell_qmgr;
	c->should_end = ends_soon;
	c->ctx = program;
	c->ids = (struct queue_id_source){ .slot = program->process_slot,
		.wants_long = program->mail->enable_long_queue_ids };
	c->queue = queue_open(program->mail->queue_directory, program->mail->hash_queue_names,
	    program->mail->hash_queue_depth, err);
	if (c->queue == NULL)
		return false;
	c->names_are_ordered = queue_names_are_ordered(c->queue);
	return cleanup_settings_open(c, program->cf, program, err);
}

static void
cleanup_client(struct program *program, struct client *client)
{
	cleanup_session(program->state, fd_take(&client->fd), client->caller);
}

static bool
cleanup_is_stale(struct program *program)
{
	struct cleanup *c = program->state;

	return table_any_stale(&c->env);
}

static void
cleanup_exit(struct program *program)
{
	cleanup_settings_close(program->state);
}

static const struct service_params cleanup_tables[] = {
	{ .table = &cleanup_params, .offset = offsetof(struct cleanup, conf) },
	{ .table = &rewrite_params, .offset = offsetof(struct cleanup, rewrite) },
	{ .table = &table_params, .offset = offsetof(struct cleanup, table) },
	{ .table = NULL },
};

static const struct service cleanup_service = {
	.manifest = &cleanup_manifest,
	.state_size = sizeof(struct cleanup),
	.params = cleanup_tables,
	.before_drop = cleanup_before_drop,
	.on_client = cleanup_client,
	.is_stale = cleanup_is_stale,
	.on_exit = cleanup_exit,
};

int
main(int argc, char **argv)
{
	return service_main(&cleanup_service, argc, argv);
}
