/* SPDX-License-Identifier: ISC */
/*
 * The event loop over libevent's epoll back end. Invariants: an event is allocated when it is first
 * wanted and freed by cancel; nothing of an embedding structure is touched after its callback was
 * called, so the callback may free it. Reading and writing are separate events, which lets libevent
 * change interest with one epoll_ctl(2). Deliberately without priorities, and without threads.
 */
#include "lib/sys/loop.h"

#include <event2/event.h>

#include "lib/base/panic.h"

struct turn_call {
	void (*call)(void *ctx);
	void *ctx;
};

struct loop_signal {
	struct loop_signal *next;
	struct event *event;
	void (*caught)(void *ctx);
	void *ctx;
};

struct loop {
	struct event_base *base;
	struct loop_signal *signals;
	struct turn_call *turn_calls;
	size_t turn_count, turn_room;
	struct turn_call before_wait;
	bool is_stopped;
};

/* An event_base on epoll alone, so that a system call filter knows what to expect. */
static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (config == NULL)
		panic("event loop: no configuration");
	(void) event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	(void) event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
	(void) event_config_avoid_method(config, "poll");
	(void) event_config_avoid_method(config, "select");
	base = event_base_new_with_config(config);
	event_config_free(config);
	if (base == NULL)
		panic("event loop: the system has no room for one");
	return base;
}

struct loop *
loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	loop->base = new_base();
	return loop;
}

struct event_base *
loop_base(const struct loop *loop)
{
	return loop->base;
}

void
loop_free(struct loop **loop)
{
	struct loop *old = *loop;

	*loop = NULL;
	if (old == NULL)
		return;
	while (old->signals != NULL) {
		struct loop_signal *signal = old->signals;

		old->signals = signal->next;
		event_free(signal->event);
		free(signal);
	}
	event_base_free(old->base);
	free(old->turn_calls);
	free(old);
}

/* Make the calls that wait for the end of the turn, also those that such calls add. */
static void
end_turn(struct loop *loop)
{
	for (size_t i = 0; i < loop->turn_count; i++) {
		struct turn_call next = loop->turn_calls[i];

		if (next.call != NULL)
			next.call(next.ctx);
	}
	loop->turn_count = 0;
	if (loop->before_wait.call != NULL)
		loop->before_wait.call(loop->before_wait.ctx);
}

void
loop_run(struct loop *loop)
{
	bool has_events = true;

	end_turn(loop);
	while (!loop->is_stopped && has_events) {
		has_events = event_base_loop(loop->base, EVLOOP_ONCE) == 0;
		end_turn(loop);
	}
	loop->is_stopped = false;
}

void
loop_stop(struct loop *loop)
{
	loop->is_stopped = true;
}

static struct event *
new_event(struct loop *loop, int fd, int what, event_callback_fn call, void *ctx)
{
	struct event *event = event_new(loop->base, fd, (short) what, call, ctx);

	if (event == NULL)
		panic("event loop: no event for descriptor %d", fd);
	return event;
}

static void
free_event(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

static void
on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	struct loop_io *io = ctx;

	io->ready(io->ctx, LOOP_READ);
}

static void
on_writable(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	struct loop_io *io = ctx;

	io->ready(io->ctx, LOOP_WRITE);
}

void
loop_io_init(struct loop_io *io, struct loop *loop, int fd,
    void (*ready)(void *ctx, int what), void *ctx)
{
	*io = (struct loop_io){ .loop = loop, .fd = fd, .ready = ready, .ctx = ctx };
}

/* Wait for one kind of readiness, or no longer. */
static void
want_one(struct loop_io *io, struct event **event, bool wanted, short what, event_callback_fn call)
{
	if (wanted && *event == NULL)
		*event = new_event(io->loop, io->fd, what | EV_PERSIST, call, io);
	if (wanted && event_add(*event, NULL) < 0)
		panic("event loop: descriptor %d cannot be waited for", io->fd);
	if (!wanted && *event != NULL)
		(void) event_del(*event);
}

void
loop_io_want(struct loop_io *io, int what)
{
	int changed = io->wanted ^ what;

	io->wanted = what;
	if (changed & LOOP_READ)
		want_one(io, &io->reading, (what & LOOP_READ) != 0, EV_READ, on_readable);
	if (changed & LOOP_WRITE)
		want_one(io, &io->writing, (what & LOOP_WRITE) != 0, EV_WRITE, on_writable);
}

void
loop_io_cancel(struct loop_io *io)
{
	io->wanted = 0;
	free_event(&io->reading);
	free_event(&io->writing);
}

static void
on_expired(evutil_socket_t fd UNUSED, short what UNUSED, void *ctx)
{
	struct loop_timer *timer = ctx;

	timer->expired(timer->ctx);
}

void
loop_timer_init(struct loop_timer *timer, struct loop *loop, void (*expired)(void *ctx), void *ctx)
{
	*timer = (struct loop_timer){ .loop = loop, .expired = expired, .ctx = ctx };
}

void
loop_timer_set(struct loop_timer *timer, int64_t after_us)
{
	int64_t wait_us = after_us > 0 ? after_us : 0;
	struct timeval wait = { .tv_sec = wait_us / 1000000, .tv_usec = wait_us % 1000000 };

	/* Past some years libevent's sums would overflow. */
	if (wait.tv_sec > INT32_MAX)
		wait.tv_sec = INT32_MAX;
	if (timer->event == NULL)
		timer->event = new_event(timer->loop, -1, 0, on_expired, timer);
	if (event_add(timer->event, &wait) < 0)
		panic("event loop: a timer was refused");
}

bool
loop_timer_is_set(const struct loop_timer *timer)
{
	return timer->event != NULL && event_pending(timer->event, EV_TIMEOUT, NULL);
}

void
loop_timer_stop(struct loop_timer *timer)
{
	if (timer->event != NULL)
		(void) event_del(timer->event);
}

void
loop_timer_cancel(struct loop_timer *timer)
{
	free_event(&timer->event);
}

static void
on_signal(evutil_socket_t signum UNUSED, short what UNUSED, void *ctx)
{
	struct loop_signal *signal = ctx;

	signal->caught(signal->ctx);
}

void
loop_signal(struct loop *loop, int signum, void (*caught)(void *ctx), void *ctx)
{
	struct loop_signal *signal = xcalloc(1, sizeof(*signal));

	*signal = (struct loop_signal){ .next = loop->signals, .caught = caught, .ctx = ctx };
	signal->event = new_event(loop, signum, EV_SIGNAL | EV_PERSIST, on_signal, signal);
	loop->signals = signal;
	if (event_add(signal->event, NULL) < 0)
		panic("event loop: signal %d cannot be caught", signum);
}

void
loop_at_turn_end(struct loop *loop, void (*call)(void *ctx), void *ctx)
{
	if (loop->turn_count == loop->turn_room) {
		loop->turn_room = loop->turn_room > 0 ? loop->turn_room * 2 : 16;
		loop->turn_calls = xrealloc(loop->turn_calls,
		    loop->turn_room * sizeof(*loop->turn_calls));
	}
	loop->turn_calls[loop->turn_count++] = (struct turn_call){ call, ctx };
}

void
loop_before_each_wait(struct loop *loop, void (*call)(void *ctx), void *ctx)
{
	loop->before_wait = (struct turn_call){ call, ctx };
}

void
loop_forget_turn_end(struct loop *loop, const void *ctx)
{
	for (size_t i = 0; i < loop->turn_count; i++)
		if (loop->turn_calls[i].ctx == ctx)
			loop->turn_calls[i].call = NULL;
}
