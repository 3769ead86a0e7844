/* SPDX-License-Identifier: ISC */
/*
 * The pool of workers. A worker that is found dead before it has a request is replaced; one that
 * dies with a request fails it, since nobody knows how far it came.
 */
#define _GNU_SOURCE 1

#include "local/worker.h"

#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "local/child.h"
#include "local/worker_serve.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS_MAX = 16, ANSWER_BYTES = 2 << 20, DELIVERED_MAX = 128 };

/* For an idle worker to end. */
static const int64_t dismiss_limit_us = 2 * CLOCK_SECOND_US;

struct worker {
	pid_t pid; /* 0: this place is free */
	struct peer *peer;
	struct priv_user owner;
	char *tree;
	int64_t used_us;
};

struct worker_pool {
	struct program *program;
	struct arena *arena; /* for one request */
	struct worker workers[WORKERS_MAX];
	char *delivered[DELIVERED_MAX]; /* the last deliveries, in a ring */
	size_t delivered_next;
};

struct worker_pool *
worker_pool_new(struct program *program)
{
	struct worker_pool *pool = xcalloc(1, sizeof(*pool));

	pool->program = program;
	pool->arena = arena_new("worker answer", ANSWER_BYTES);
	return pool;
}

/*
 * The worker reads the end of its socket and ends. One that hangs in a file system is killed, and left
 * behind when it does not die of that either.
 */
static void
dismiss(struct worker *worker)
{
	int status;

	if (worker->pid == 0)
		return;
	peer_free(&worker->peer);
	if (!child_wait(worker->pid, &status, clock_deadline(dismiss_limit_us))) {
		(void) kill(worker->pid, SIGKILL);
		(void) child_wait(worker->pid, &status, clock_deadline(dismiss_limit_us));
	}
	free(worker->tree);
	*worker = (struct worker){ 0 };
}

void
worker_pool_free(struct worker_pool **pool)
{
	if (*pool == NULL)
		return;
	for (size_t i = 0; i < WORKERS_MAX; i++)
		dismiss(&(*pool)->workers[i]);
	for (size_t i = 0; i < DELIVERED_MAX; i++)
		free((*pool)->delivered[i]);
	arena_free(&(*pool)->arena);
	free(*pool);
	*pool = NULL;
}

/* A worker that does not answer, or speaks another language. */
static void
discard(struct worker *worker)
{
	(void) kill(worker->pid, SIGKILL);
	dismiss(worker);
}

static bool
matches(const struct worker *worker, const struct worker_place *place)
{
	return worker->pid != 0 && worker->owner.uid == place->owner.uid &&
	    worker->owner.gid == place->owner.gid && strcmp(worker->tree, place->tree) == 0;
}

/* Who has been idle for too long has ended by itself or soon will. */
static void
sweep(struct worker_pool *pool)
{
	for (size_t i = 0; i < WORKERS_MAX; i++) {
		struct worker *worker = &pool->workers[i];

		if (worker->pid != 0 &&
		    clock_now_us() - worker->used_us > pool->program->mail->max_idle.us)
			dismiss(worker);
	}
}

/* A free place, or that of the worker which was not used for longest. */
static struct worker *
make_room(struct worker_pool *pool)
{
	struct worker *oldest = &pool->workers[0];

	for (size_t i = 0; i < WORKERS_MAX; i++) {
		if (pool->workers[i].pid == 0)
			return &pool->workers[i];
		if (pool->workers[i].used_us < oldest->used_us)
			oldest = &pool->workers[i];
	}
	dismiss(oldest);
	return oldest;
}

static bool
start(struct worker_pool *pool, struct worker *worker, const struct worker_place *place,
    struct err *err)
{
	const struct worker_role role = {
		.owner = place->owner,
		.tree = place->tree,
		.sandbox = pool->program->mail->sandbox,
		.idle_us = pool->program->mail->max_idle.us,
	};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_temp_errno(err, "make a socket for a worker");
	worker->pid = fork();
	if (worker->pid == 0)
		worker_serve(pair[1], &role);
	close(pair[1]);
	if (worker->pid < 0) {
		worker->pid = 0;
		close(pair[0]);
		return err_temp_errno(err, "fork a worker");
	}
	worker->peer = peer_new(pair[0], "mailbox worker", MSG_FRAME_MAX);
	worker->owner = place->owner;
	worker->tree = xstrdup(place->tree);
	return true;
}

static struct worker *
get_worker(struct worker_pool *pool, const struct worker_place *place, bool *is_fresh_out,
    struct err *err)
{
	struct worker *worker = NULL;

	sweep(pool);
	for (size_t i = 0; i < WORKERS_MAX && worker == NULL; i++)
		if (matches(&pool->workers[i], place))
			worker = &pool->workers[i];
	if (worker != NULL && peer_has_input(worker->peer)) {
		dismiss(worker);
		worker = NULL;
	}
	*is_fresh_out = worker == NULL;
	if (worker == NULL) {
		worker = make_room(pool);
		if (!start(pool, worker, place, err))
			return NULL;
	}
	worker->used_us = clock_now_us();
	return worker;
}

/* One request to one worker. *done lies in the pool's arena. */
static bool
ask_worker(struct worker_pool *pool, const struct worker_place *place, const struct msg_desc *desc,
    const void *values, struct work_done *done, bool *is_fresh, struct err *err)
{
	int64_t deadline = clock_deadline(pool->program->mail->ipc_timeout.us);
	struct worker *worker = get_worker(pool, place, is_fresh, err);

	arena_clear(pool->arena);
	if (worker == NULL)
		return false;
	if (!peer_call(
		worker->peer, desc, values, &work_done_desc, done, pool->arena, deadline, err)) {
		discard(worker);
		return err_prefix(err, "worker of user %u", (unsigned) place->owner.uid);
	}
	if (done->class == ERR_NONE)
		return true;
	err_set(err, (enum err_class) done->class, arena_cstr(pool->arena, done->dsn), "%.*s",
	    SPAN_ARG(done->text));
	err->errnum = (int) done->errnum;
	if (err->errnum == EACCES && !*is_fresh)
		dismiss(worker);
	return false;
}

/*
 * A worker reaches the directory that its tree was when it began. A tree that was mounted, restored or
 * made anew since then is out of its reach, and another worker's to try.
 */
static bool
ask(struct worker_pool *pool, const struct worker_place *place, const struct msg_desc *desc,
    const void *values, struct work_done *done, struct err *err)
{
	bool is_fresh;

	if (ask_worker(pool, place, desc, values, done, &is_fresh, err))
		return true;
	if (err->errnum != EACCES || is_fresh)
		return false;
	*err = (struct err){ 0 };
	return ask_worker(pool, place, desc, values, done, &is_fresh, err);
}

static bool
was_delivered(const struct worker_pool *pool, const char *key)
{
	for (size_t i = 0; i < DELIVERED_MAX; i++)
		if (pool->delivered[i] != NULL && strcmp(pool->delivered[i], key) == 0)
			return true;
	return false;
}

static void
note_delivered(struct worker_pool *pool, const char *key)
{
	free(pool->delivered[pool->delivered_next]);
	pool->delivered[pool->delivered_next] = xstrdup(key);
	pool->delivered_next = (pool->delivered_next + 1) % DELIVERED_MAX;
}

bool
worker_deliver(struct worker_pool *pool, const struct worker_place *place,
    const struct work_deliver *work, struct err *err)
{
	CLEANUP(str_fini) struct str key = { .max = WORK_PATH_MAX + 200 };
	struct work_done done;

	str_addf(&key, "%.*s %lld %.*s", SPAN_ARG(place->queue_id), (long long) place->rcpt,
	    SPAN_ARG(work->path));
	if (was_delivered(pool, str_cstr(&key)))
		return true;
	if (!ask(pool, place, &work_deliver_desc, work, &done, err))
		return false;
	if (place->queue_id.len > 0)
		note_delivered(pool, str_cstr(&key));
	return true;
}

enum lookup
worker_read(struct worker_pool *pool, const struct worker_place *place, const char *path,
    bool is_owners, struct arena *arena, struct span *text_out, struct err *err)
{
	const struct work_read work = { .path = span_of(path), .is_owners = is_owners };
	struct work_done done;

	if (ask(pool, place, &work_read_desc, &work, &done, err)) {
		*text_out = arena_dup(arena, done.content);
		return LOOKUP_FOUND;
	}
	if (err->errnum == ENOENT || err->errnum == ENOTDIR)
		return LOOKUP_NONE;
	return err->errnum == EPERM || err->errnum == EACCES ? LOOKUP_CONFIG : LOOKUP_TEMP;
}

struct work_deliver
worker_describe(const struct deliver *deliver, const struct mail_conf *mail)
{
	return (struct work_deliver){
		.mailbox_fd = -1,
		.content_fd = deliver->fd,
		.header_offset = deliver->header_offset,
		.header_bytes = deliver->header_bytes,
		.body_offset = deliver->body_offset,
		.body_bytes = deliver->body_bytes,
		.lock_attempts = mail->deliver_lock_attempts,
		.lock_delay_us = mail->deliver_lock_delay.us,
		.stale_lock_s = mail->stale_lock_time.us / CLOCK_SECOND_US,
		.is_strict = mail->strict_mailbox_ownership,
		.host = span_of(mail->myhostname),
	};
}

int
worker_zone_minutes(void)
{
	time_t now = time(NULL);
	struct tm local;

	return localtime_r(&now, &local) == NULL ? 0 : (int) (local.tm_gmtoff / 60);
}

const char *
worker_tree(struct arena *arena, const char *home, const char *path)
{
	size_t len = home == NULL ? 0 : strlen(home);
	const char *slash = strrchr(path, '/');

	while (len > 1 && home[len - 1] == '/')
		len--;
	if (len > 1 && strncmp(path, home, len) == 0 && path[len] == '/')
		return arena_cstr(arena, span_make(home, len));
	if (slash == NULL || slash == path)
		return arena_strdup(arena, path);
	return arena_cstr(arena, span_make(path, (size_t) (slash - path)));
}
