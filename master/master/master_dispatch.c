/* SPDX-License-Identifier: ISC */
/*
 * Who takes the clients that wait on a service's sockets.
 *
 * Children accept for themselves; master only sees to it that there are enough of them, and learns
 * their state from shared memory, so that serving a client costs no message. When a socket becomes
 * readable and nobody is ready, a process is started; when somebody is, the socket is left alone for
 * a moment and looked at again, in case that somebody was just taking another client.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "master/master/master_int.h"

enum { RECHECK_FIRST_US = 5000, RECHECK_MOST_US = 200000, START_AT_ONCE_MAX = 16 };
static const int64_t stress_us = 1000 * CLOCK_SECOND_US;

/* Clients that wait on one socket: the kernel tells for TCP; for others one is as good as any. */
static size_t
waiting_on(const struct service_entry *service, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (poll(&poll_fd, 1, 0) <= 0)
		return 0;
	if (service->entry->type == MASTER_INET && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0
	    && info.tcpi_unacked > 0)
		return info.tcpi_unacked;
	return 1;
}

/* Clients that wait for a service. */
static size_t
waiting_clients(const struct service_entry *service)
{
	size_t count = 0;

	for (size_t i = 0; i < service->endpoint_count; i++)
		count += waiting_on(service, service->endpoints[i]->fd);
	return count;
}

/* How many processes there may be. */
static size_t
process_limit(const struct service_entry *service)
{
	if (service->manifest->is_solitary)
		return 1;
	if (service->manifest->is_unlimited || service->entry->max_processes == 0)
		return SLOTS_MAX;
	return (size_t) service->entry->max_processes;
}

/* Every process of a public service is busy: say so once, and start new ones in stress mode. */
static void
note_full(struct service_entry *service)
{
	const struct master_entry *entry = service->entry;

	if (service->manifest->is_solitary)
		return;
	if (entry->type == MASTER_INET)
		service->stress_until_us = clock_deadline(stress_us);
	if (service->limit_was_reported)
		return;
	service->limit_was_reported = true;
	log_warn("service \"%s\" (%s) has reached its process limit \"%d\": new clients may experience noticeable delays",
	    entry->name, entry->type == MASTER_INET ? entry->name : service->endpoints[0]->address, entry->max_processes);
	log_warn("to avoid this condition, increase the process count in master.cf or reduce the service time per client");
}

/* Start as many processes as the waiting clients need and the limit allows. returns how many. */
static size_t
start_for(struct service_entry *service, size_t waiting)
{
	size_t ready = children_ready(service), limit = process_limit(service), started = 0;
	size_t wanted = waiting > ready ? waiting - ready : 0;

	if (wanted > START_AT_ONCE_MAX)
		wanted = START_AT_ONCE_MAX;
	while (wanted-- > 0) {
		if (children_counted(service) >= limit) {
			note_full(service);
			break;
		}
		if (!child_start(service))
			break;
		started++;
	}
	return started;
}

/* Look again later; less and less often while nothing changes. */
static void
recheck_later(struct service_entry *service)
{
	service->recheck_us = service->recheck_us == 0 ? RECHECK_FIRST_US : service->recheck_us * 2;
	if (service->recheck_us > RECHECK_MOST_US)
		service->recheck_us = RECHECK_MOST_US;
	loop_timer_set(&service->recheck, service->recheck_us);
}

/* Clients wait. */
void
dispatch_ready(void *ctx, int what UNUSED)
{
	struct service_entry *service = ctx;

	dispatch_stop(service);
	service->was_used = true;
	if (loop_timer_is_set(&service->throttle) || service->master->is_stopping)
		return;
	if (children_ready(service) == 0)
		start_for(service, 1);
	service->recheck_us = 0;
	recheck_later(service);
}

/* A moment later: whoever still waits gets a process, unless enough are on their way. */
static void
on_recheck(void *ctx)
{
	struct service_entry *service = ctx;
	size_t waiting = waiting_clients(service);

	if (loop_timer_is_set(&service->throttle) || service->master->is_stopping)
		return;
	if (waiting == 0) {
		dispatch_watch(service);
		return;
	}
	if (start_for(service, waiting) > 0)
		service->recheck_us = 0;
	recheck_later(service);
}

/* The program may be tried again. */
static void
on_throttle_end(void *ctx)
{
	dispatch_watch(ctx);
}

/* Column wakeup, and a kind of socket on which one can be said. */
static bool
can_be_woken(const struct service_entry *service)
{
	return service->entry->wakeup_s > 0
	    && (service->entry->type == MASTER_UNIX || service->entry->type == MASTER_FIFO);
}

/* The wake-up time of master.cf has come. */
static void
on_wakeup(void *ctx)
{
	struct service_entry *service = ctx;

	if (service->master->is_stopping || !can_be_woken(service))
		return;
	wakeup_now(service);
	loop_timer_set(&service->wakeup, service->entry->wakeup_s * CLOCK_SECOND_US);
}

/* Prepare the timers of an entry. */
void
dispatch_init(struct service_entry *service)
{
	struct loop *loop = service->master->loop;

	loop_timer_init(&service->recheck, loop, on_recheck, service);
	loop_timer_init(&service->throttle, loop, on_throttle_end, service);
	loop_timer_init(&service->wakeup, loop, on_wakeup, service);
}

/* The entry goes: no timer fires any more. */
void
dispatch_fini(struct service_entry *service)
{
	loop_timer_cancel(&service->recheck);
	loop_timer_cancel(&service->throttle);
	loop_timer_cancel(&service->wakeup);
}

/* Watch the sockets for clients. While the only process that there may be lives, that is its own affair. */
void
dispatch_watch(struct service_entry *service)
{
	if (service->is_disabled || (service->manifest->is_solitary && children_counted(service) > 0))
		return;
	for (size_t i = 0; i < service->endpoint_count; i++)
		loop_io_want(&service->endpoints[i]->io, LOOP_READ);
	service->is_watching = true;
}

/* Leave the sockets alone. */
void
dispatch_stop(struct service_entry *service)
{
	for (size_t i = 0; service->is_watching && i < service->endpoint_count; i++)
		loop_io_want(&service->endpoints[i]->io, 0);
	service->is_watching = false;
}

/* A program that cannot start is not started again for a while. */
void
dispatch_throttle(struct service_entry *service, const char *why)
{
	log_warn("%s/%s: %s -- throttling", service->master->conf->mail.daemon_directory, service->entry->command, why);
	dispatch_stop(service);
	loop_timer_stop(&service->recheck);
	loop_timer_set(&service->throttle, service->master->conf->master.service_throttle_time.us);
}

/* A process ended: there may be room for another. */
void
dispatch_child_gone(struct service_entry *service)
{
	if (children_counted(service) + 1 < process_limit(service))
		service->limit_was_reported = false;
	if (service->is_disabled || service->master->is_stopping || loop_timer_is_set(&service->throttle))
		return;
	if (service->endpoint_count > 0)
		loop_timer_set(&service->recheck, 0);
}

/* Wake a service through its own socket. */
void
wakeup_with(struct service_entry *service, struct span trigger)
{
	struct err err = { 0 };
	int fd = listen_connect(service, &err);

	if (fd < 0) {
		log_debug("wake service %s: %s", service->entry->name, err.text);
		return;
	}
	if (introduce_send_hello(fd, "master", "master", getpid()))
		(void) !send(fd, trigger.p, trigger.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* The wake-up time has come. */
void
wakeup_now(struct service_entry *service)
{
	if (!service->entry->wakeup_only_if_used || service->was_used)
		wakeup_with(service, SPAN("W"));
}

/* Begin with a wake-up at once, so that mail that waits is seen at start. */
void
wakeup_start(struct service_entry *service)
{
	if (can_be_woken(service))
		loop_timer_set(&service->wakeup, 0);
}

/* The process that looks after this service's work has gone or goes: its successor shall not wait for the timer. */
void
wakeup_soon(struct service_entry *service)
{
	if (can_be_woken(service) && !service->is_disabled)
		loop_timer_set(&service->wakeup, CLOCK_SECOND_US);
}
