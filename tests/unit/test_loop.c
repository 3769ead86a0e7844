/* SPDX-License-Identifier: ISC */
/* The event loop: readiness, timers, signals, ends of turns, and cancelling from inside callbacks. */
#include "t.h"

#include <signal.h>
#include <sys/socket.h>

#include "lib/sys/clock.h"
#include "lib/sys/loop.h"

enum { MS = 1000 };

struct state {
	struct loop *loop;
	struct loop_io *io, *other;
	struct loop_timer *timer, *watch;
	int fd;
	unsigned calls, reads, writes;
	unsigned stop_at;
	bool frees;
	char order[20];
	size_t order_len;
};

static void
count_call(struct state *state)
{
	state->calls++;
	if (state->calls == state->stop_at)
		loop_stop(state->loop);
}

static void
on_ready(void *ctx, int what)
{
	struct state *state = ctx;
	char c;

	if (what & LOOP_WRITE)
		state->writes++;
	if (what & LOOP_READ)
		state->reads += recv(state->fd, &c, 1, MSG_DONTWAIT) == 1;
	count_call(state);
}

static void
on_time(void *ctx)
{
	count_call(ctx);
}

static void
make_sockets(struct t *t, int fds[static 2])
{
	T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
}

TEST(read_then_write)
{
	struct state state = { .loop = loop_new(), .stop_at = 1 };
	struct loop_io io;
	int fds[2];

	make_sockets(t, fds);
	state.fd = fds[0];
	loop_io_init(&io, state.loop, fds[0], on_ready, &state);
	loop_io_want(&io, LOOP_READ);
	T_INT(t, write(fds[1], "ab", 2), 2);
	loop_run(state.loop);
	T_INT(t, state.reads, 1);
	T_INT(t, state.writes, 0);
	loop_io_want(&io, LOOP_WRITE);
	state.stop_at = 2;
	loop_run(state.loop);
	T_INT(t, state.reads, 1);
	T_INT(t, state.writes, 1);
	loop_io_want(&io, LOOP_READ | LOOP_WRITE);
	state.stop_at = 4;
	loop_run(state.loop);
	T_INT(t, state.reads, 2);
	T_INT(t, state.writes, 2);
	loop_io_want(&io, 0);
	loop_run(state.loop);           /* nothing is left to wait for */
	loop_io_cancel(&io);
	loop_io_cancel(&io);
	loop_free(&state.loop);
	T_TRUE(t, state.loop == NULL);
	close(fds[0]);
	close(fds[1]);
}

/* Both are ready; whichever comes first takes the other away and frees both. */
static void
cancel_both(void *ctx, int what UNUSED)
{
	struct state *state = ctx;

	state->calls++;
	loop_io_cancel(state->io);
	loop_io_cancel(state->other);
	free(state->io);
	free(state->other);
	state->io = state->other = NULL;
}

TEST(cancel_inside_callback)
{
	struct state state = { .loop = loop_new() };
	int fds[2];

	make_sockets(t, fds);
	state.io = malloc(sizeof(*state.io));
	state.other = malloc(sizeof(*state.other));
	loop_io_init(state.io, state.loop, fds[0], cancel_both, &state);
	loop_io_init(state.other, state.loop, fds[1], cancel_both, &state);
	loop_io_want(state.io, LOOP_READ | LOOP_WRITE);
	loop_io_want(state.other, LOOP_READ | LOOP_WRITE);
	T_INT(t, write(fds[0], "a", 1), 1);
	T_INT(t, write(fds[1], "a", 1), 1);
	loop_run(state.loop);
	T_INT(t, state.calls, 1);
	loop_free(&state.loop);
	close(fds[0]);
	close(fds[1]);
}

static void
free_timer(void *ctx)
{
	struct state *state = ctx;

	state->calls++;
	loop_timer_cancel(state->timer);
	free(state->timer);
}

TEST(timer_freed_inside_callback)
{
	struct state state = { .loop = loop_new() };

	state.timer = malloc(sizeof(*state.timer));
	loop_timer_init(state.timer, state.loop, free_timer, &state);
	loop_timer_set(state.timer, -5);
	loop_run(state.loop);
	T_INT(t, state.calls, 1);
	loop_free(&state.loop);
}

TEST(timer)
{
	struct state state = { .loop = loop_new(), .stop_at = 1 };
	struct loop_timer timer, never;
	int64_t start_us = clock_now_us(), took_us;

	loop_timer_init(&timer, state.loop, on_time, &state);
	loop_timer_init(&never, state.loop, on_time, &state);
	T_FALSE(t, loop_timer_is_set(&timer));
	loop_timer_set(&timer, 10 * CLOCK_SECOND_US);
	loop_timer_set(&timer, 50 * MS);
	loop_timer_set(&never, INT64_MAX);
	T_TRUE(t, loop_timer_is_set(&timer));
	loop_run(state.loop);
	took_us = clock_now_us() - start_us;
	T_TRUE(t, took_us > 40 * MS && took_us < 500 * MS);
	T_FALSE(t, loop_timer_is_set(&timer));
	T_TRUE(t, loop_timer_is_set(&never));
	loop_timer_stop(&never);
	T_FALSE(t, loop_timer_is_set(&never));
	loop_run(state.loop);
	T_INT(t, state.calls, 1);
	loop_timer_cancel(&timer);
	loop_timer_cancel(&timer);
	loop_timer_cancel(&never);
	loop_free(&state.loop);
}

TEST(signal)
{
	struct state state = { .loop = loop_new(), .stop_at = 2 };
	struct loop_timer timer;

	loop_signal(state.loop, SIGUSR1, on_time, &state);
	loop_timer_init(&timer, state.loop, on_time, &state);
	T_INT(t, raise(SIGUSR1), 0);
	loop_timer_set(&timer, 20 * MS);
	loop_run(state.loop);
	T_INT(t, state.calls, 2);
	loop_timer_cancel(&timer);
	loop_free(&state.loop);
}

static void
note_order(struct state *state, char c)
{
	if (state->order_len < sizeof(state->order) - 1)
		state->order[state->order_len++] = c;
}

static void
at_end_again(void *ctx)
{
	note_order(ctx, '2');
}

static void
at_end(void *ctx)
{
	struct state *state = ctx;

	note_order(state, '1');
	loop_at_turn_end(state->loop, at_end_again, state);
}

static void
ask_for_turn_end(void *ctx)
{
	struct state *state = ctx;

	note_order(state, 'a');
	loop_at_turn_end(state->loop, at_end, state);
	loop_stop(state->loop);         /* the turn is finished all the same */
}

static void
plain(void *ctx)
{
	note_order(ctx, 'b');
}

TEST(turn_end)
{
	struct state state = { .loop = loop_new() }, gone = { .loop = state.loop };
	struct loop_timer first, second;

	loop_timer_init(&first, state.loop, ask_for_turn_end, &state);
	loop_timer_init(&second, state.loop, plain, &state);
	loop_timer_set(&first, 0);
	loop_timer_set(&second, 0);
	loop_at_turn_end(state.loop, at_end_again, &state);
	loop_at_turn_end(state.loop, at_end_again, &gone);
	loop_at_turn_end(state.loop, at_end, &gone);
	loop_forget_turn_end(state.loop, &gone);
	loop_run(state.loop);
	T_STR(t, state.order, "2ab12");
	T_INT(t, gone.order_len, 0);
	loop_timer_cancel(&first);
	loop_timer_cancel(&second);
	loop_free(&state.loop);
}

TEST(stopped_before_it_runs)
{
	struct state state = { .loop = loop_new() };
	struct loop_timer timer;

	loop_timer_init(&timer, state.loop, on_time, &state);
	loop_timer_set(&timer, 0);
	loop_stop(state.loop);
	loop_run(state.loop);
	T_INT(t, state.calls, 0);
	loop_run(state.loop);
	T_INT(t, state.calls, 1);
	loop_timer_cancel(&timer);
	loop_free(&state.loop);
}
