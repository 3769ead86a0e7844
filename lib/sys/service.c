/* SPDX-License-Identifier: ISC */
/*
 * The daemon skeleton: everything that a reader must trust about start-up, in order, on one page.
 * What happens afterwards is in service_sequential.c and service_events.c.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/mail_log.h"
#include "lib/sys/probe.h"
#include "lib/sys/sandbox.h"
#include "lib/sys/service_int.h"

enum { PROGRAM_ARENA_BYTES = 64 << 20 };

/* The page that master reads. */
static struct slot *
map_slot(void)
{
	void *page = mmap(NULL, sizeof(struct slot), PROT_READ | PROT_WRITE, MAP_SHARED, CHILD_FD_SLOT, 0);

	if (page == MAP_FAILED)
		fatal("this program is started by master; run \"carteiro start\"");
	close(CHILD_FD_SLOT);
	return page;
}

/* Tell master what this process is doing: memory only. */
void
service_set_state(struct program *program, enum slot_state state)
{
	program->slot->changed_us = clock_now_us();
	program->slot->state = state;
}

/* No progress for daemon_timeout. Only calls that a signal handler may make. */
static void
on_alarm(int signum UNUSED)
{
	static const char text[] = "fatal: watchdog timeout\n";

	(void) !write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

/* Start the watchdog's time again; master sees the progress too. */
void
service_arm_watchdog(struct program *program)
{
	program->slot->progress++;
	alarm((unsigned) (program->mail->daemon_timeout.us / CLOCK_SECOND_US));
}

/* Signals: writing to a closed connection is an ordinary error; master's death ends us by the link. */
static void
set_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGALRM, on_alarm);
}

/* The log, opened so that it works in any root directory. */
static void
open_log(struct program *program)
{
	struct log_setup setup = mail_log_setup(program->mail, program->service->manifest->program, program->arena);

	setup.verbose = program->private->verbose;
	log_init(&setup);
	log_open();
}

/* Option -D: the administrator's debugger has its chance before anything is confined. */
static void
run_debugger(const struct program *program)
{
	if (!program->private->wants_debugger || program->mail->debugger_command[0] == '\0')
		return;
	log_flush();
	if (system(program->mail->debugger_command) != 0)
		log_warn("debugger_command failed: %s", program->mail->debugger_command);
}

/* Run a hook that may fail; a failure means that this process cannot run. */
static void
run_hook(struct program *program, bool (*hook)(struct program *program, struct err *err))
{
	struct err err = { 0 };

	if (hook != NULL && !hook(program, &err))
		fatal("%s", err.text);
}

/* The event-driven daemon's loop, with its link to master; libraries may want it before the drop. */
static void
start_loop(struct program *program)
{
	enum manifest_model model = program->service->manifest->model;

	if (model == MODEL_SINGLE || model == MODEL_TRIGGER)
		return;
	program->loop = loop_new();
	peer_attach(program->private->link, program->loop, &service_link_events, program);
}

/* main of every daemon. */
int
service_main(const struct service *service, int argc, char **argv)
{
	struct service_private private = { .master_pid = getppid() };
	struct program program = { .service = service, .private = &private };
	struct err err = { 0 };

	set_signals();
	tzset();
	program.arena = arena_new(service->manifest->program, PROGRAM_ARENA_BYTES);
	program.config_directory = main_cf_default_dir();
	program.state = arena_zalloc(program.arena, service->state_size);
	service_parse_args(&program, argc, argv);
	program.slot = map_slot();
	service_link_open(&program);
	service_load_conf(&program);
	open_log(&program);
	service_load_params(&program);
	run_debugger(&program);
	service_arm_watchdog(&program);

	start_loop(&program);
	run_hook(&program, service->before_drop);
	if (!service_confine(&program, &err))
		fatal("%s", err.text);
	run_hook(&program, service->after_drop);
#ifdef CARTEIRO_PROBE
	probe_run(&program);
#endif
	service_set_state(&program, SLOT_IDLE);

	if (program.loop != NULL)
		service_run_events(&program);
	else
		service_run_sequential(&program);
	if (service->on_exit != NULL)
		service->on_exit(&program);
	log_flush();
	return 0;
}

/* End after the current callback. */
void
service_stop(struct program *program)
{
	program->private->is_ending = true;
	if (program->loop != NULL)
		loop_stop(program->loop);
}

/* Long work: still alive, and should it go on? */
bool
service_should_end(struct program *program)
{
	service_arm_watchdog(program);
	return program->private->is_ending;
}
