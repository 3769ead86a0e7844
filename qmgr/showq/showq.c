/* SPDX-License-Identifier: ISC */
/* Streams the listing of the queue to whoever connects; nothing is asked. */
#include "lib/queue/queue_list.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"

enum { BACKLOG_MAX = 256 << 10 };

struct showq {
	struct queue *queue;
};

struct listing {
	struct program *program;
	struct peer *peer;
};

static bool
flush(const struct listing *listing)
{
	struct err err = { 0 };

	return peer_flush(listing->peer, clock_deadline(listing->program->mail->ipc_timeout.us), &err);
}

/* A client that goes away ends the listing. */
static bool
send_message(void *ctx, const struct showq_message *message)
{
	const struct listing *listing = ctx;
	struct err err = { 0 };

	if (!peer_send(listing->peer, &showq_message_desc, message, &err)) {
		log_warn("%.*s: not listed: %s", SPAN_ARG(message->queue_id), err.text);
		return true;
	}
	return peer_backlog(listing->peer) < BACKLOG_MAX || flush(listing);
}

static void
on_client(struct program *program, struct client *client)
{
	const struct showq *showq = program->state;
	CLEANUP(peer_free) struct peer *peer = peer_new(fd_take(&client->fd), "client", MSG_FRAME_MAX);
	struct listing listing = { program, peer };
	struct err err = { 0 };

	if (queue_list(showq->queue, send_message, &listing) &&
	    peer_send(peer, &showq_end_desc, &(struct showq_end){ false }, &err))
		(void) flush(&listing);
}

static bool
before_drop(struct program *program, struct err *err)
{
	struct showq *showq = program->state;

	showq->queue = queue_open(program->mail->queue_directory, program->mail->hash_queue_names,
	    program->mail->hash_queue_depth, err);
	return showq->queue != NULL;
}

static const struct service showq_service = {
	.manifest = &showq_manifest,
	.state_size = sizeof(struct showq),
	.before_drop = before_drop,
	.on_client = on_client,
};

int
main(int argc, char **argv)
{
	return service_main(&showq_service, argc, argv);
}
