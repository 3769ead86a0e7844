/* SPDX-License-Identifier: ISC */
/* Batches of commit: everybody is answered, a failed flush fails its whole batch. */
#include "t.h"

#include "lib/queue/commit_proto.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "qmgr/commit/batches.h"
#include "qmgr/commit/flusher.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLERS = 20 };

struct scene {
	struct loop *loop;
	struct batches *batches;
	struct loop_timer limit;
	struct peer *callers[CALLERS];
	size_t answers, ended, broken;
	size_t want;
	char errors[CALLERS][100];
};

static void
scene_stop(void *ctx)
{
	struct scene *s = ctx;

	loop_stop(s->loop);
}

static void
flusher_broke(void *ctx)
{
	struct scene *s = ctx;

	s->broken++;
	loop_stop(s->loop);
}

static void
caller_ended(void *ctx)
{
	struct scene *s = ctx;

	s->ended++;
}

static void
answer_frame(void *ctx, struct peer *peer UNUSED, struct frame *frame)
{
	struct scene *s = ctx;
	struct arena *arena = arena_new("test", 4096);
	struct commit_done done;
	struct err err = { 0 };

	if (frame_is(frame, &commit_ready_desc)) {
		arena_free(&arena);
		return;
	}
	if (msg_decode(&commit_done_desc, frame, arena, &done, &err) == PARSE_OK &&
	    s->answers < CALLERS)
		snprintf(s->errors[done.id], sizeof(s->errors[0]), "%.*s", SPAN_ARG(done.error));
	arena_free(&arena);
	if (++s->answers == s->want)
		loop_stop(s->loop);
}

static void
answer_end(void *ctx, struct peer *peer UNUSED, const struct err *err UNUSED)
{
	scene_stop(ctx);
}

static void
scene_start(struct t *t, struct scene *s, int fsync_limit, int flushers)
{
	static const struct peer_events events = { .on_frame = answer_frame, .on_end = answer_end };
	struct err err = { 0 };

	*s = (struct scene){ .loop = loop_new() };
	s->batches = batches_new(s->loop, fsync_limit, flusher_broke, s);
	for (int i = 0; i < flushers; i++)
		T_NEED(t, batches_add_flusher(s->batches, flusher_start(&err), &err));
	for (size_t i = 0; i < CALLERS; i++) {
		int pair[2];

		T_NEED(t,
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
		batches_add_caller(s->batches, pair[0], "caller", caller_ended, s);
		s->callers[i] = peer_new(pair[1], "commit", 4096);
		peer_attach(s->callers[i], s->loop, &events, s);
	}
	loop_timer_init(&s->limit, s->loop, scene_stop, s);
	loop_timer_set(&s->limit, 20 * CLOCK_SECOND_US);
}

static void
scene_end(struct scene *s)
{
	loop_timer_cancel(&s->limit);
	for (size_t i = 0; i < CALLERS; i++)
		peer_free(&s->callers[i]);
	batches_free(&s->batches);
	loop_free(&s->loop);
}

/* Ask for one file; fd is given away. */
static void
ask(struct t *t, struct scene *s, size_t caller, int fd, int dir_fd)
{
	struct commit_request request = { .id = (int64_t) caller, .file_fd = fd, .dir_fd = dir_fd };
	struct err err = { 0 };

	T_TRUE(t, peer_send(s->callers[caller], &commit_request_desc, &request, &err));
	close(fd);
	s->want++;
}

static int
file_in(struct t *t, const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	T_NEED(t, fd >= 0);
	T_NEED(t, write(fd, "x", 1) == 1);
	return fd;
}

static const struct many_case {
	const char *name;
	int fsync_limit, flushers;
	size_t count;
} many_cases[] = {
	{ .name = "one file", .fsync_limit = 2, .flushers = 1, .count = 1 },
	{ .name = "few files", .fsync_limit = 4, .flushers = 1, .count = 4 },
	{ .name = "whole file systems", .fsync_limit = 2, .flushers = 1, .count = CALLERS },
	{ .name = "two flushers", .fsync_limit = 2, .flushers = 2, .count = CALLERS },
	{ .name = "always whole", .fsync_limit = 0, .flushers = 1, .count = 1 },
};

TEST(commit_answers_everybody)
{
	EACH_CASE (t, c, many_cases) {
		int dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct scene s;

		scene_start(t, &s, c->fsync_limit, c->flushers);
		for (size_t i = 0; i < c->count; i++)
			ask(t, &s, i, file_in(t, i % 2 ? "/tmp" : "/dev/shm"), dir);
		loop_run(s.loop);
		T_INT(t, s.answers, c->count);
		T_INT(t, batches_pending(s.batches), 0);
		for (size_t i = 0; i < c->count; i++)
			T_STR(t, s.errors[i], "");
		scene_end(&s);
		close(dir);
	}
}

/* What cannot be flushed fails all of its batch, and none of the next. */
TEST(commit_failed_flush)
{
	struct scene s;
	int pipe_fds[2];

	log_init(&(struct log_setup){ .tag = "test", .host = "test" });
	scene_start(t, &s, 4, 1);
	T_NEED(t, pipe2(pipe_fds, O_CLOEXEC) == 0);
	ask(t, &s, 0, file_in(t, "/tmp"), -1);
	ask(t, &s, 1, pipe_fds[0], -1);
	loop_run(s.loop);
	T_INT(t, s.answers, 2);
	T_TRUE(t, s.errors[0][0] != '\0');
	T_TRUE(t, s.errors[1][0] != '\0');
	ask(t, &s, 2, file_in(t, "/tmp"), -1);
	loop_run(s.loop);
	T_INT(t, s.answers, 3);
	T_STR(t, s.errors[2], "");
	T_INT(t, s.broken, 0);
	close(pipe_fds[1]);
	scene_end(&s);
}

/* A flusher that dies is noticed: commit ends, and who waits is told. */
TEST(commit_dead_flusher)
{
	struct scene s;
	struct err err = { 0 };
	int pair[2];

	scene_start(t, &s, 2, 0);
	T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	T_TRUE(t, batches_add_flusher(s.batches, pair[0], &err));
	ask(t, &s, 0, file_in(t, "/tmp"), -1);
	close(pair[1]);
	loop_run(s.loop);
	T_TRUE(t, s.broken > 0);
	batches_free(&s.batches);
	if (s.answers == 0)
		loop_run(s.loop);
	T_INT(t, s.answers, 1);
	T_TRUE(t, s.errors[0][0] != '\0');
	scene_end(&s);
}

/* A caller that leaves in the middle is forgotten when its file is done; a liar is cut off. */
TEST(commit_caller_leaves)
{
	struct scene s;

	scene_start(t, &s, 2, 1);
	ask(t, &s, 0, file_in(t, "/tmp"), -1);
	peer_free(&s.callers[0]);
	ask(t, &s, 1, file_in(t, "/tmp"), -1);
	s.want = 1;
	loop_run(s.loop);
	T_INT(t, s.answers, 1);
	T_INT(t, s.ended, 1);
	T_INT(t, batches_pending(s.batches), 0);
	scene_end(&s);
}
