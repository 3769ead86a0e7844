/* SPDX-License-Identifier: ISC */
/*
 * Batches. A request belongs to the waiting list or to the batch of one flusher. A caller that ends
 * stays in memory, without its connection, until its last request is done. Descriptors are closed
 * once their batch is flushed, not before: their pages must not be given up unseen.
 */
#include "qmgr/commit/batches.h"

#include "lib/base/list.h"
#include "lib/base/panic.h"
#include "lib/queue/commit_proto.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

#include <sys/stat.h>

enum { FRAME_BYTES = 4096, BATCH_MAX = 512, FLUSHERS_MAX = 16 };

struct caller {
	struct list link;
	struct batches *batches;
	struct peer *peer; /* NULL: it has gone */
	size_t pending;
	void (*on_end)(void *ctx);
	void *ctx;
};

struct request {
	struct list link;
	struct caller *caller;
	int64_t id;
	int file_fd, dir_fd;
};

struct flusher {
	struct batches *batches;
	struct peer *peer;
	struct list batch; /* empty: free */
};

struct batches {
	struct loop *loop;
	int fsync_limit;
	void (*on_broken)(void *ctx);
	void *ctx;
	struct arena *arena; /* for one message */
	struct list callers;
	struct list waiting;
	size_t waiting_count, pending;
	bool is_turn_due;
	struct flusher flushers[FLUSHERS_MAX];
	size_t flusher_count;
};

struct batches *
batches_new(struct loop *loop, int fsync_limit, void (*on_broken)(void *ctx), void *ctx)
{
	struct batches *b = xcalloc(1, sizeof(*b));

	b->loop = loop;
	b->fsync_limit = fsync_limit;
	b->on_broken = on_broken;
	b->ctx = ctx;
	b->arena = arena_new("commit", 64 * 1024);
	list_init(&b->callers);
	list_init(&b->waiting);
	return b;
}

size_t
batches_pending(const struct batches *b)
{
	return b->pending;
}

static void
caller_release(struct caller *caller)
{
	if (caller->peer != NULL || caller->pending > 0)
		return;
	if (caller->on_end != NULL)
		caller->on_end(caller->ctx);
	list_remove(&caller->link);
	free(caller);
}

static void
caller_drop(struct caller *caller, struct peer *peer)
{
	caller->peer = NULL;
	peer_free(&peer);
	caller_release(caller);
}

/* Answer one request and forget it. error "" is success. */
static void
request_done(struct request *request, const char *error)
{
	struct caller *caller = request->caller;
	struct commit_done done = { .id = request->id, .error = span_of(error) };
	static const struct commit_ready ready;
	struct err err = { 0 };

	list_remove(&request->link);
	fd_close(&request->file_fd);
	fd_close(&request->dir_fd);
	caller->batches->pending--;
	caller->pending--;
	if (caller->peer != NULL &&
	    (!peer_send(caller->peer, &commit_done_desc, &done, &err) ||
		!peer_send(caller->peer, &commit_ready_desc, &ready, &err)))
		log_warn_err("answer a request to flush", &err);
	caller_release(caller);
	free(request);
}

static void
batch_done(struct list *batch, const char *error)
{
	LIST_EACH_SAFE (cursor, next, batch)
		request_done(LIST_ENTRY(cursor, struct request, link), error);
}

void
batches_free(struct batches **batches)
{
	struct batches *b = *batches;

	*batches = NULL;
	if (b == NULL)
		return;
	loop_forget_turn_end(b->loop, b);
	for (size_t i = 0; i < b->flusher_count; i++) {
		batch_done(&b->flushers[i].batch, "commit ends");
		peer_free(&b->flushers[i].peer);
	}
	batch_done(&b->waiting, "commit ends");
	LIST_EACH_SAFE (cursor, next, &b->callers) {
		struct caller *caller = LIST_ENTRY(cursor, struct caller, link);

		caller->on_end = NULL;
		caller_drop(caller, caller->peer);
	}
	arena_free(&b->arena);
	free(b);
}

/* --- starting a batch --- */

struct job {
	struct commit_item items[COMMIT_FDS_MAX];
	dev_t devices[COMMIT_FDS_MAX];
	size_t count;
};

/* Move up to BATCH_MAX requests into the flusher's batch. */
static size_t
batch_gather(struct batches *b, struct list *batch)
{
	size_t count = 0;

	while (count < BATCH_MAX && !list_is_empty(&b->waiting)) {
		struct list *link = b->waiting.next;

		list_remove(link);
		list_append(batch, link);
		b->waiting_count--;
		count++;
	}
	return count;
}

static void
job_add(struct job *job, int fd)
{
	if (fd >= 0 && job->count < COMMIT_FDS_MAX)
		job->items[job->count++].fd = fd;
}

/* File by file. fsync_limit is at most half of COMMIT_FDS_MAX, so all fit. */
static void
job_of_files(struct job *job, struct list *batch)
{
	LIST_EACH (cursor, batch) {
		struct request *request = LIST_ENTRY(cursor, struct request, link);

		job_add(job, request->file_fd);
		job_add(job, request->dir_fd);
	}
}

/* The file system of fd is among the job's, or is added. false: the job is full. */
static bool
job_cover(struct job *job, int fd)
{
	struct stat st;

	if (fd < 0)
		return true;
	if (fstat(fd, &st) != 0)
		return false;
	for (size_t i = 0; i < job->count; i++)
		if (job->devices[i] == st.st_dev)
			return true;
	if (job->count == COMMIT_FDS_MAX)
		return false;
	job->devices[job->count] = st.st_dev;
	job_add(job, fd);
	return true;
}

/* One descriptor for each file system; requests on further ones go back to wait. */
static void
job_of_file_systems(struct batches *b, struct job *job, struct list *batch)
{
	LIST_EACH_SAFE (cursor, next, batch) {
		struct request *request = LIST_ENTRY(cursor, struct request, link);

		if (job_cover(job, request->file_fd) && job_cover(job, request->dir_fd))
			continue;
		list_remove(cursor);
		list_append(&b->waiting, cursor);
		b->waiting_count++;
	}
}

static bool
batch_start(struct batches *b, struct flusher *flusher)
{
	size_t count = batch_gather(b, &flusher->batch);
	struct job job = { .count = 0 };
	struct commit_flush message = { .whole = count > (size_t) b->fsync_limit };
	struct err err = { 0 };

	if (message.whole)
		job_of_file_systems(b, &job, &flusher->batch);
	else
		job_of_files(&job, &flusher->batch);
	message.items = (struct msg_list){ job.items, job.count };
	if (peer_send(flusher->peer, &commit_flush_desc, &message, &err))
		return true;
	log_warn_err("hand over a batch", &err);
	batch_done(&flusher->batch, err.text);
	return false;
}

/* At the end of a turn: what has gathered goes to whoever is free. */
static void
start_batches(void *ctx)
{
	struct batches *b = ctx;

	b->is_turn_due = false;
	for (size_t i = 0; i < b->flusher_count && b->waiting_count > 0; i++) {
		if (b->flushers[i].peer == NULL || !list_is_empty(&b->flushers[i].batch))
			continue;
		if (!batch_start(b, &b->flushers[i])) {
			b->on_broken(b->ctx);
			return;
		}
	}
}

static void
start_at_turn_end(struct batches *b)
{
	if (b->is_turn_due || b->waiting_count == 0)
		return;
	b->is_turn_due = true;
	loop_at_turn_end(b->loop, start_batches, b);
}

/* --- flushers --- */

static void
flusher_frame(void *ctx, struct peer *peer UNUSED, struct frame *frame)
{
	struct flusher *flusher = ctx;
	struct batches *b = flusher->batches;
	struct commit_flushed flushed;
	struct err err = { 0 };

	if (msg_decode(&commit_flushed_desc, frame, b->arena, &flushed, &err) != PARSE_OK) {
		log_warn_err("answer of a flusher", &err);
		flushed.errnum = 5;
	}
	if (flushed.errnum != 0)
		log_warn("flush to disk: %s", strerror((int) flushed.errnum));
	batch_done(&flusher->batch, flushed.errnum == 0 ? "" : strerror((int) flushed.errnum));
	arena_clear(b->arena);
	start_at_turn_end(b);
}

static void
flusher_end(void *ctx, struct peer *peer, const struct err *err)
{
	struct flusher *flusher = ctx;

	log_warn_err("a flusher has gone", err);
	flusher->peer = NULL;
	peer_free(&peer);
	batch_done(&flusher->batch, "the flushing process has gone");
	flusher->batches->on_broken(flusher->batches->ctx);
}

bool
batches_add_flusher(struct batches *b, int fd, struct err *err)
{
	static const struct peer_events events = { .on_frame = flusher_frame,
		.on_end = flusher_end };
	struct flusher *flusher = &b->flushers[b->flusher_count];

	if (b->flusher_count == FLUSHERS_MAX)
		return err_config(err, "more than %d flushers", FLUSHERS_MAX);
	if (!fd_set_nonblocking(fd, true, err))
		return false;
	b->flusher_count++;
	flusher->batches = b;
	flusher->peer = peer_new(fd, "flusher", FRAME_BYTES);
	list_init(&flusher->batch);
	peer_attach(flusher->peer, b->loop, &events, flusher);
	return true;
}

/* --- callers --- */

static void
caller_frame(void *ctx, struct peer *peer, struct frame *frame)
{
	struct caller *caller = ctx;
	struct batches *b = caller->batches;
	struct commit_request message;
	struct request *request;
	struct err err = { 0 };

	if (msg_decode(&commit_request_desc, frame, b->arena, &message, &err) != PARSE_OK) {
		log_warn_err(peer_name(peer), &err);
		frame_drop_fds(frame);
		caller_drop(caller, peer);
		return;
	}
	arena_clear(b->arena);
	request = xcalloc(1, sizeof(*request));
	*request = (struct request){ .caller = caller,
		.id = message.id,
		.file_fd = message.file_fd,
		.dir_fd = message.dir_fd };
	list_append(&b->waiting, &request->link);
	b->waiting_count++;
	b->pending++;
	caller->pending++;
	start_at_turn_end(b);
}

static void
caller_end(void *ctx, struct peer *peer, const struct err *err)
{
	if (err->errnum != 0)
		log_warn_err(peer_name(peer), err);
	caller_drop(ctx, peer);
}

void
batches_add_caller(
    struct batches *b, int fd, const char *name, void (*on_end)(void *ctx), void *ctx)
{
	static const struct peer_events events = { .on_frame = caller_frame, .on_end = caller_end };
	struct caller *caller = xcalloc(1, sizeof(*caller));
	static const struct commit_ready ready;
	struct err err = { 0 };

	*caller = (struct caller){ .batches = b, .on_end = on_end, .ctx = ctx };
	list_append(&b->callers, &caller->link);
	caller->peer = peer_new(fd, name, FRAME_BYTES);
	peer_attach(caller->peer, b->loop, &events, caller);
	if (!peer_send(caller->peer, &commit_ready_desc, &ready, &err))
		log_warn_err(name, &err);
}
