/* SPDX-License-Identifier: ISC */
/* Many clients in one process, by the loop; and datagram services. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service_int.h"

enum { ACCEPTS_PER_TURN = 16, DATAGRAMS_PER_TURN = 64, DATAGRAM_MAX = 64 << 10, LAST_TURNS = 16 };

/* The kernel keeps 10 datagrams for who rests, unless the administrator allows more; then senders wait. */
enum { DATAGRAMS_FEW = 6 };

/* A public client of a service that can be woken: a few bytes are awaited. */
struct trigger_client {
	struct program *program;
	struct loop_io io;
	int fd;
};

/* Read the bytes and be done. */
static void
on_trigger_ready(void *ctx, int what UNUSED)
{
	struct trigger_client *client = ctx;
	struct program *program = client->program;
	char buffer[TRIGGER_BYTES_MAX];
	ssize_t got = recv(client->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	loop_io_cancel(&client->io);
	close(client->fd);
	free(client);
	if (got > 0)
		program->service->on_trigger(program, span_make(buffer, (size_t) got));
	service_client_done(program);
}

/* Wait for a trigger's bytes. */
static void
await_trigger(struct program *program, struct client *taken)
{
	struct trigger_client *client = xcalloc(1, sizeof(*client));

	client->program = program;
	client->fd = fd_take(&taken->fd);
	loop_io_init(&client->io, program->loop, client->fd, on_trigger_ready, client);
	loop_io_want(&client->io, LOOP_READ);
}

/* Clients wait on a listening socket. */
static void
on_listener_ready(void *ctx, int what UNUSED)
{
	struct listener *listener = ctx;
	struct program *program = listener->program;
	struct client client;

	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		if (service_accept(program, listener->io.fd, true, &client) != ACCEPT_CLIENT)
			return;
		program->private->clients_now++;
		program->slot->clients++;
		loop_timer_stop(&program->private->idle_timer);
		if (program->service->on_trigger != NULL
		    && (client.is_public || strcmp(client.caller, "master") == 0))
			await_trigger(program, &client);
		else
			program->service->on_accept(program, &client);
		fd_close(&client.fd);
	}
}

/* Take what has come. returns how many datagrams. */
static int
take_datagrams(struct listener *listener)
{
	struct program *program = listener->program;
	char *buffer = xmalloc(DATAGRAM_MAX);
	int count = 0;

	while (count < DATAGRAMS_PER_TURN) {
		ssize_t got = recv(listener->io.fd, buffer, DATAGRAM_MAX, MSG_DONTWAIT);

		if (got < 0)
			break;
		program->service->on_datagram(program, span_make(buffer, (size_t) got));
		count++;
	}
	free(buffer);
	return count;
}

/* Datagrams wait, or came while we rested. */
static void
serve_datagrams(struct listener *listener)
{
	int64_t rest_us = listener->program->service->rest_us;
	int count = take_datagrams(listener);
	bool rests = rest_us > 0 && count > 0 && count <= DATAGRAMS_FEW;

	loop_io_want(&listener->io, rests ? 0 : LOOP_READ);
	if (rests)
		loop_timer_set(&listener->rest, rest_us);
}

static void
on_datagrams_ready(void *ctx, int what UNUSED)
{
	serve_datagrams(ctx);
}

/* The rest is over. */
static void
on_rested(void *ctx)
{
	serve_datagrams(ctx);
}

/* Nobody came for max_idle. */
static void
on_idle(void *ctx)
{
	struct program *program = ctx;

	if (program->private->clients_now == 0)
		service_stop(program);
}

/* Start the clock of max_idle, unless this process is the only one of its kind. */
static void
start_idle_timer(struct program *program)
{
	if (!program->service->manifest->is_solitary)
		loop_timer_set(&program->private->idle_timer, program->mail->max_idle.us);
}

/* The loop turns: the watchdog may sleep on. */
static void
on_watchdog(void *ctx)
{
	struct program *program = ctx;

	service_arm_watchdog(program);
	loop_timer_set(&program->private->watchdog_timer, program->mail->daemon_timeout.us / 3);
}

/* Log lines of one turn leave together. */
static void
on_turn_end(void *ctx UNUSED)
{
	log_flush();
	log_hold();
}

/* A client is gone. */
void
service_client_done(struct program *program)
{
	if (program->private->clients_now > 0)
		program->private->clients_now--;
	if (program->private->clients_now > 0)
		return;
	if (program->private->is_ending && program->service->on_retire == NULL)
		service_stop(program);
	else
		start_idle_timer(program);
}

/* Put everything that can happen into the loop. */
static void
watch_all(struct program *program)
{
	struct service_private *private = program->private;
	bool is_datagram = program->service->manifest->model == MODEL_DATAGRAM;

	for (int i = 0; i < private->listen_count; i++) {
		struct listener *listener = &private->listeners[i];

		listener->program = program;
		loop_io_init(&listener->io, program->loop, CHILD_FD_LISTEN + i,
		    is_datagram ? on_datagrams_ready : on_listener_ready, listener);
		loop_io_want(&listener->io, LOOP_READ);
		loop_timer_init(&listener->rest, program->loop, on_rested, listener);
	}
	loop_timer_init(&private->idle_timer, program->loop, on_idle, program);
	loop_timer_init(&private->watchdog_timer, program->loop, on_watchdog, program);
	on_watchdog(program);
	start_idle_timer(program);
}

/* No further clients: whoever comes is the successor's. */
void
service_stop_accepting(struct program *program)
{
	for (int i = 0; i < program->private->listen_count; i++) {
		loop_io_cancel(&program->private->listeners[i].io);
		loop_timer_cancel(&program->private->listeners[i].rest);
	}
}

/* What was sent before the end is not left lying. */
static void
take_last_datagrams(struct program *program)
{
	struct listener *listeners = program->private->listeners;

	for (int i = 0; i < program->private->listen_count; i++)
		for (int turn = 0; turn < LAST_TURNS; turn++)
			if (take_datagrams(&listeners[i]) < DATAGRAMS_PER_TURN)
				break;
}

/* Serve until told to end. */
void
service_run_events(struct program *program)
{
	watch_all(program);
	service_set_state(program, SLOT_IDLE);
	log_hold();
	loop_before_each_wait(program->loop, on_turn_end, program);
	loop_run(program->loop);
	if (program->service->manifest->model == MODEL_DATAGRAM)
		take_last_datagrams(program);
	log_flush();
	service_set_state(program, SLOT_RETIRING);
}
