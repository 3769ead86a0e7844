/* SPDX-License-Identifier: ISC */
/*
 * One client at a time: smtpd, cleanup, the delivery agents; and trigger services, whose client is a
 * few bytes. Idle processes of one service wait on the same listening sockets; EPOLLEXCLUSIVE wakes
 * one of them per client.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service_int.h"

enum { EVENTS_MAX = 8 };

/* Watch listening sockets and master. */
static int
open_watch(struct program *program)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN, .data = { .fd = CHILD_FD_MASTER } };
	bool ok = fd >= 0 && epoll_ctl(fd, EPOLL_CTL_ADD, CHILD_FD_MASTER, &event) == 0;

	for (int i = 0; ok && i < program->private->listen_count; i++) {
		event.events = EPOLLIN | EPOLLEXCLUSIVE;
		event.data.fd = CHILD_FD_LISTEN + i;
		ok = epoll_ctl(fd, EPOLL_CTL_ADD, CHILD_FD_LISTEN + i, &event) == 0;
	}
	if (!ok)
		fatal_errno("watch the listening sockets");
	return fd;
}

/* A trigger's bytes: whatever came with the connection. */
static void
serve_trigger(struct program *program, struct client *client)
{
	char buffer[TRIGGER_BYTES_MAX];
	struct timeval limit = { 2, 0 };
	ssize_t got;

	(void) setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	got = recv(client->fd, buffer, sizeof(buffer), 0);
	if (got > 0)
		program->service->on_trigger(program, span_make(buffer, (size_t) got));
}

/* One client from beginning to end. */
static void
serve_client(struct program *program, struct client *client)
{
	struct slot *slot = program->slot;

	service_set_state(program, SLOT_BUSY);
	service_arm_watchdog(program);
	log_hold();
	if (program->service->manifest->model == MODEL_TRIGGER)
		serve_trigger(program, client);
	else
		program->service->on_client(program, client);
	log_flush();
	fd_close(&client->fd);
	slot->clients++;
	if (slot->clients >= (uint64_t) program->mail->max_use)
		program->private->is_ending = true;
	if (program->service->is_stale != NULL && program->service->is_stale(program))
		program->private->is_ending = true;
	alarm(0);                       /* waiting may take as long as it likes */
	service_set_state(program, SLOT_IDLE);
}

/* Messages from master that have arrived; false when it is gone. */
static bool
read_link(struct program *program)
{
	struct frame frame;
	struct err err = { 0 };

	while (peer_has_input(program->private->link)) {
		if (!peer_recv(program->private->link, &frame, clock_deadline(CLOCK_SECOND_US), &err))
			return false;
		service_link_frame(program, &frame);
	}
	return true;
}

/* Wait for the next client or message. false when max_idle has passed. */
static bool
wait_turn(struct program *program, int watch, int64_t idle_since_us)
{
	int64_t now = clock_now_us(), idle_end = idle_since_us + program->mail->max_idle.us;
	int64_t drop_at = idle_since_us + program->mail->ipc_idle.us;
	int64_t until = now < drop_at && drop_at < idle_end ? drop_at : idle_end;
	struct epoll_event events[EVENTS_MAX];
	struct client client;
	int count = epoll_wait(watch, events, EVENTS_MAX, clock_left_ms(until));

	/* Connections that nobody used for ipc_idle only hold other processes. */
	if (count == 0) {
		service_drop_kept(program);
		return clock_now_us() < idle_end;
	}
	for (int i = 0; i < count && !program->private->is_ending; i++) {
		int fd = events[i].data.fd;

		if (fd == CHILD_FD_MASTER) {
			if (!read_link(program))
				program->private->is_ending = true;
		} else if (service_accept(program, fd, false, &client) == ACCEPT_CLIENT)
			serve_client(program, &client);
	}
	return true;
}

/* Serve until max_use, max_idle, retirement or master's end. */
void
service_run_sequential(struct program *program)
{
	int watch = open_watch(program);
	int64_t idle_since = clock_now_us();
	uint64_t served = 0;

	alarm(0);
	service_set_state(program, SLOT_IDLE);
	while (!program->private->is_ending) {
		if (program->slot->clients != served) {
			served = program->slot->clients;
			idle_since = clock_now_us();
		}
		if (!wait_turn(program, watch, idle_since))
			break;
	}
	service_set_state(program, SLOT_RETIRING);
	service_drop_kept(program);
	close(watch);
}
