/* SPDX-License-Identifier: ISC */
/*
 * commit: makes things durable for everybody, in batches. A writer passes the descriptors of what
 * it has written; while one batch is flushed by a child, the next one gathers. It never opens a
 * file. When a flusher dies, this process ends and master starts it again; callers flush by
 * themselves meanwhile.
 */
#include "qmgr/commit/batches.h"
#include "qmgr/commit/commit_conf.h"
#include "qmgr/commit/flusher.h"

#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"

struct commit_state {
	struct commit_conf conf;
	struct batches *batches;
};

/* A flusher has gone. */
static void
commit_broken(void *ctx)
{
	service_stop(ctx);
}

/* The flushers are made before the first client, so that nothing is forked later. */
static bool
commit_after_drop(struct program *program, struct err *err)
{
	struct commit_state *s = program->state;

	s->batches = batches_new(program->loop, s->conf.fsync_limit, commit_broken, program);
	for (int i = 0; i < s->conf.flusher_count; i++) {
		int fd = flusher_start(err);

		if (fd < 0 || !batches_add_flusher(s->batches, fd, err))
			return false;
	}
	return true;
}

static void
commit_client_gone(void *ctx)
{
	service_client_done(ctx);
}

static void
commit_accept(struct program *program, struct client *client)
{
	struct commit_state *s = program->state;

	batches_add_caller(
	    s->batches, fd_take(&client->fd), client->caller, commit_client_gone, program);
}

static void
commit_exit(struct program *program)
{
	struct commit_state *s = program->state;

	batches_free(&s->batches);
}

static const struct service_params commit_tables[] = {
	{ .table = &commit_params, .offset = offsetof(struct commit_state, conf) },
	{ .table = NULL },
};

static const struct service commit_service = {
	.manifest = &commit_manifest,
	.state_size = sizeof(struct commit_state),
	.params = commit_tables,
	.after_drop = commit_after_drop,
	.on_accept = commit_accept,
	.on_exit = commit_exit,
};

int
main(int argc, char **argv)
{
	return service_main(&commit_service, argc, argv);
}
