/* SPDX-License-Identifier: ISC */
/*
 * The pool of workers. A job is in line, or with one worker; a worker that dies gives its job back
 * once, since what killed it may have been chance. Whoever asked hears of every job exactly once, unless
 * it cancelled.
 */
#include "auth/authd/authd_workers.h"

#include "lib/base/list.h"
#include "lib/base/panic.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

enum { JOBS_MAX = 2000, JOB_BYTES = 128 << 10, TRIES_MAX = 2 };

static const char worker_service[] = "authd-worker";

struct worker_pool {
	struct program *program;
	struct list workers, waiting;
	size_t worker_count, job_count, limit;
	int64_t last_id;
};

struct worker {
	struct list link;
	struct worker_pool *pool;
	struct peer *peer;              /* NULL: not introduced yet */
	struct worker_job *job;         /* NULL: idle */
	struct loop_timer idle;
};

struct worker_job {
	struct list link;
	struct worker_pool *pool;
	struct arena *arena;
	struct auth_check check;
	int tries;
	void (*done)(void *ctx, const struct auth_checked *result);     /* NULL: cancelled */
	void *ctx;
};

static void pump(struct worker_pool *pool);

/* ---- Jobs ---- */

static void
free_job(struct worker_job *job)
{
	list_remove(&job->link);
	job->pool->job_count--;
	explicit_bzero((char *) (uintptr_t) job->check.password.p, job->check.password.len);
	arena_free(&job->arena);
	free(job);
}

static void
finish_job(struct worker_job *job, const struct auth_checked *result)
{
	void (*done)(void *ctx, const struct auth_checked *result) = job->done;
	void *ctx = job->ctx;

	free_job(job);
	if (done != NULL)
		done(ctx, result);
}

static void
fail_job(struct worker_job *job, const struct err *err)
{
	struct auth_checked result = { .id = job->check.id, .verdict = AUTH_LATER, .reason = span_of(err->text) };

	log_error("service %s: %s", worker_service, err->text);
	finish_job(job, &result);
}

/* ---- Workers ---- */

static void
free_worker(struct worker *worker)
{
	list_remove(&worker->link);
	worker->pool->worker_count--;
	loop_timer_cancel(&worker->idle);
	peer_free(&worker->peer);
	free(worker);
}

/* A worker is of no more use; its job is given to another, or fails. */
static void
lose_worker(struct worker *worker, const struct err *err)
{
	struct worker_pool *pool = worker->pool;
	struct worker_job *job = worker->job;

	free_worker(worker);
	if (job != NULL && job->tries < TRIES_MAX)
		list_prepend(&pool->waiting, &job->link);
	else if (job != NULL)
		fail_job(job, err);
	pump(pool);
}

static void
on_end(void *ctx, struct peer *peer UNUSED, const struct err *err)
{
	lose_worker(ctx, err);
}

static void
on_frame(void *ctx, struct peer *peer UNUSED, struct frame *frame)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("authd-worker's answer", JOB_BYTES);
	struct worker *worker = ctx;
	struct worker_job *job = worker->job;
	struct auth_checked result;
	struct err err = { 0 };

	if (msg_decode(&auth_checked_desc, frame, arena, &result, &err) != PARSE_OK ||
	    job == NULL || result.id != job->check.id) {
		if (err.class == ERR_NONE)
			(void) err_temp(&err, "an answer without a question");
		lose_worker(worker, &err);
		return;
	}
	worker->job = NULL;
	loop_timer_set(&worker->idle, worker->pool->program->mail->ipc_idle.us);
	finish_job(job, &result);
	pump(worker->pool);
}

static const struct peer_events worker_events = { .on_frame = on_frame, .on_end = on_end };

static void
on_idle(void *ctx)
{
	struct worker *worker = ctx;

	if (worker->job == NULL)
		free_worker(worker);
}

/* No worker can be had: one job fails for it, so that the log does not fill for nothing. */
static void
on_introduced(void *ctx, int fd, const struct err *err)
{
	struct worker *worker = ctx;
	struct worker_pool *pool = worker->pool;

	if (fd >= 0) {
		worker->peer = peer_new(fd, worker_service, AUTH_FRAME_MAX);
		peer_attach(worker->peer, pool->program->loop, &worker_events, worker);
		pump(pool);
		return;
	}
	free_worker(worker);
	if (!list_is_empty(&pool->waiting)) {
		struct worker_job *job = LIST_ENTRY(pool->waiting.next, struct worker_job, link);

		list_remove(&job->link);
		fail_job(job, err);
	}
	pump(pool);
}

static void
add_worker(struct worker_pool *pool)
{
	struct worker *worker = xcalloc(1, sizeof(*worker));

	worker->pool = pool;
	list_append(&pool->workers, &worker->link);
	pool->worker_count++;
	loop_timer_init(&worker->idle, pool->program->loop, on_idle, worker);
	service_introduce(pool->program, worker_service, on_introduced, worker);
}

static struct worker *
idle_worker(struct worker_pool *pool)
{
	LIST_EACH (link, &pool->workers) {
		struct worker *worker = LIST_ENTRY(link, struct worker, link);

		if (worker->peer != NULL && worker->job == NULL)
			return worker;
	}
	return NULL;
}

/* Workers that are on their way count for one waiting job each. */
static bool
may_add_worker(struct worker_pool *pool)
{
	size_t coming = 0, waiting = 0;

	LIST_EACH (link, &pool->workers)
		coming += LIST_ENTRY(link, struct worker, link)->peer == NULL;
	LIST_EACH (link, &pool->waiting)
		if (++waiting > coming)
			return pool->worker_count < pool->limit;
	return false;
}

static void
give(struct worker *worker, struct worker_job *job)
{
	struct err err = { 0 };

	list_remove(&job->link);
	job->tries++;
	loop_timer_stop(&worker->idle);
	worker->job = job;
	if (!peer_send(worker->peer, &auth_check_desc, &job->check, &err))
		lose_worker(worker, &err);
}

static void
pump(struct worker_pool *pool)
{
	struct worker *worker;

	while (!list_is_empty(&pool->waiting) && (worker = idle_worker(pool)) != NULL)
		give(worker, LIST_ENTRY(pool->waiting.next, struct worker_job, link));
	while (may_add_worker(pool))
		add_worker(pool);
}

static void
on_turn_end(void *ctx)
{
	pump(ctx);
}

/* ---- The pool ---- */

struct worker_pool *
worker_pool_new(struct program *program, int limit)
{
	struct worker_pool *pool = xcalloc(1, sizeof(*pool));

	pool->program = program;
	pool->limit = (size_t) limit;
	list_init(&pool->workers);
	list_init(&pool->waiting);
	return pool;
}

static void
copy_check(struct worker_job *job, const struct auth_check *check)
{
	const struct auth_stored *from = check->stored.items;
	struct auth_stored *to = ARENA_ARRAY(job->arena, struct auth_stored, check->stored.count);

	for (size_t i = 0; i < check->stored.count; i++)
		to[i].value = arena_dup(job->arena, from[i].value);
	job->check = *check;
	job->check.user = arena_dup(job->arena, check->user);
	job->check.scheme = arena_dup(job->arena, check->scheme);
	job->check.password = arena_dup(job->arena, check->password);
	job->check.stored = (struct msg_list){ to, check->stored.count };
}

struct worker_job *
worker_pool_check(struct worker_pool *pool, const struct auth_check *check,
    void (*done)(void *ctx, const struct auth_checked *result), void *ctx, struct err *err)
{
	struct worker_job *job;

	if (pool->job_count >= JOBS_MAX) {
		(void) err_temp(err, "too many password checks wait");
		return NULL;
	}
	job = xcalloc(1, sizeof(*job));
	job->pool = pool;
	job->arena = arena_new("password check", JOB_BYTES);
	copy_check(job, check);
	job->check.id = ++pool->last_id;
	job->done = done;
	job->ctx = ctx;
	pool->job_count++;
	list_append(&pool->waiting, &job->link);
	loop_at_turn_end(pool->program->loop, on_turn_end, pool);
	return job;
}

void
worker_job_cancel(struct worker_job *job)
{
	bool waits = list_is_linked(&job->link);

	job->done = NULL;
	if (waits)
		free_job(job);
}
