/* SPDX-License-Identifier: ISC */
/*
 * Signs of life. Every daemon has a watchdog of its own; this one sees to the children whose own
 * cannot help (stopped, stuck in the kernel): one that made no progress for longer than its watchdog
 * would have stood is killed. master itself ends when its loop does not turn, and tells the service
 * manager that it does.
 */
#include <signal.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "master/master/master_int.h"

enum { LOOP_TIMEOUT_S = 1000, PERIOD_US = 60000000, PERIOD_MIN_US = 100000 };

/* What moves while a child works. */
static uint64_t
progress_of(const struct child *child)
{
	return child->slot->progress + child->slot->clients;
}

/* Nothing is expected of a child that waits for work. */
static bool
may_rest(const struct child *child)
{
	return !child->is_retiring && child->slot->state == SLOT_IDLE && child->manifest->model != MODEL_EVENTS
	    && child->manifest->model != MODEL_DATAGRAM;
}

/* Look at one child; kill it when it hangs. */
static void
examine(struct child *child, int64_t now, int64_t patience_us)
{
	uint64_t progress = progress_of(child);

	if (progress != child->seen_progress || may_rest(child)) {
		child->seen_progress = progress;
		child->alive_us = now;
	} else if (now - child->alive_us > patience_us) {
		log_warn("process %s pid %ld made no progress for %lld seconds: killed", child->manifest->program,
		    (long) child->pid, (long long) ((now - child->alive_us) / CLOCK_SECOND_US));
		child_signal(child, SIGKILL);
		child->alive_us = now;
	}
}

/* How often the service manager wants to hear of us, in half; 0 when it does not. */
static int64_t
manager_period(void)
{
	const char *text = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t usec, number;

	if (text == NULL || !span_to_u64(span_of(text), INT64_MAX, &usec))
		return 0;
	if (pid != NULL && (!span_to_u64(span_of(pid), INT32_MAX, &number) || (pid_t) number != getpid()))
		return 0;
	return (int64_t) usec / 2;
}

/* The time between two looks. */
static int64_t
period_of(const struct master *master)
{
	int64_t period = master->conf->mail.daemon_timeout.us / 4, manager = manager_period();

	if (period > PERIOD_US)
		period = PERIOD_US;
	if (manager > 0 && manager < period)
		period = manager;
	return period > PERIOD_MIN_US ? period : PERIOD_MIN_US;
}

/* One look at everything. */
static void
on_health(void *ctx)
{
	struct master *master = ctx;
	int64_t now = clock_now_us(), timeout = master->conf->mail.daemon_timeout.us;

	alarm(LOOP_TIMEOUT_S);
	if (manager_period() > 0)
		notify_system("WATCHDOG=1\n");
	for (unsigned i = 0; i < SLOTS_MAX; i++)
		if (master->slots[i] != NULL)
			examine(master->slots[i], now, timeout + timeout / 4);
	loop_timer_set(&master->health_timer, period_of(master));
}

/* Only calls that a signal handler may make. */
static void
on_alarm(int signum UNUSED)
{
	static const char text[] = "master: fatal: watchdog timeout\n";

	(void) !write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

/* Begin to look. */
void
health_start(struct master *master)
{
	signal(SIGALRM, on_alarm);
	loop_timer_init(&master->health_timer, master->loop, on_health, master);
	on_health(master);
}
