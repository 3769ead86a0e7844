/* SPDX-License-Identifier: ISC */
#ifndef LOOP_H
#define LOOP_H

#include "lib/base/attr.h"

struct event;

/*
 * The event loop: libevent's core behind a few calls. It is passed explicitly. Callers embed
 * struct loop_io and struct loop_timer in their own structures; cancelling is idempotent, and both
 * may be cancelled and freed inside any callback.
 */
struct loop;

struct loop *loop_new(void) MUST_USE;
void loop_free(struct loop **loop);

/* Serve events until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/* A descriptor. what is a mask of LOOP_READ and LOOP_WRITE: what is ready now. */
struct loop_io {
	struct event *event;
	struct loop *loop;
	int fd;
	int wanted;
	void (*ready)(void *ctx, int what);
	void *ctx;
};
void loop_io_init(struct loop_io *io, struct loop *loop, int fd, void (*ready)(void *ctx, int what), void *ctx);

/* Say what to wait for; 0 waits for nothing. No system call when nothing changes. */
void loop_io_want(struct loop_io *io, int what);

/* Forget the descriptor (which stays open). */
void loop_io_cancel(struct loop_io *io);

/* A timer that fires once. */
struct loop_timer {
	struct event *event;
	struct loop *loop;
	void (*expired)(void *ctx);
	void *ctx;
};
void loop_timer_init(struct loop_timer *timer, struct loop *loop, void (*expired)(void *ctx), void *ctx);

/* (Re)start: fires after_us from now. */
void loop_timer_set(struct loop_timer *timer, int64_t after_us);
bool loop_timer_is_set(const struct loop_timer *timer);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_cancel(struct loop_timer *timer);

/* A signal, delivered as an ordinary event. For the life of the loop. */
void loop_signal(struct loop *loop, int signum, void (*caught)(void *ctx), void *ctx);

/* Call once after the callbacks of this turn, before waiting again. */
void loop_at_turn_end(struct loop *loop, void (*call)(void *ctx), void *ctx);

#endif
