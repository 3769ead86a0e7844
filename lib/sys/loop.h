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

/* Never NULL: a system that has no descriptor left for it ends the process. */
struct loop *loop_new(void) MUST_USE;

/* What is registered must have been cancelled before; signals are forgotten. *loop becomes NULL. */
void loop_free(struct loop **loop);

/* The libevent base inside, for libraries that bring their own events. */
struct event_base;
struct event_base *loop_base(const struct loop *loop);

/* Serve events until loop_stop (or nothing is left to wait for). loop_stop lets this turn finish. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/*
 * A descriptor. what is LOOP_READ or LOOP_WRITE: what is ready now; the end and errors count as
 * whatever is wanted. When both are ready the callback comes once for each.
 */
struct loop_io {
	struct event *reading;
	struct event *writing;
	struct loop *loop;
	int fd;
	int wanted;
	void (*ready)(void *ctx, int what);
	void *ctx;
};
void loop_io_init(struct loop_io *io, struct loop *loop, int fd,
    void (*ready)(void *ctx, int what), void *ctx);

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
void loop_timer_init(struct loop_timer *timer, struct loop *loop,
    void (*expired)(void *ctx), void *ctx);

/*
 * (Re)start: fires after_us from the beginning of this turn. The clock has steps of a few
 * milliseconds, so who compares with clock_now_us must stand a timer that is early by that much.
 */
void loop_timer_set(struct loop_timer *timer, int64_t after_us);
bool loop_timer_is_set(const struct loop_timer *timer);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_cancel(struct loop_timer *timer);

/* A signal, delivered as an ordinary event. For the life of the loop. */
void loop_signal(struct loop *loop, int signum, void (*caught)(void *ctx), void *ctx);

/* Call once after the callbacks of this turn, before waiting again. */
void loop_at_turn_end(struct loop *loop, void (*call)(void *ctx), void *ctx);

/* Call at the end of every turn, after everything else: one such call per loop. */
void loop_before_each_wait(struct loop *loop, void (*call)(void *ctx), void *ctx);

/* Take back every such call with this ctx, because ctx goes away. */
void loop_forget_turn_end(struct loop *loop, const void *ctx);

#endif
