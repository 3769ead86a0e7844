/* SPDX-License-Identifier: ISC */
#ifndef SERVICE_INT_H
#define SERVICE_INT_H

/* What the files service_*.c share; nobody else includes this. */

#include <sys/types.h>

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/panic.h"
#include "lib/base/path.h"
#include "lib/sys/service.h"

enum { SERVICE_LISTEN_MAX = 64 };

/* A listening socket in the loop. */
struct listener {
	struct loop_io io;
	struct loop_timer rest;         /* MODEL_DATAGRAM: set while it does not listen */
	struct program *program;
};

struct service_private {
	const char *type;               /* of master.cf: "inet", "unix", "pass", "unix-dgram" */
	pid_t master_pid;
	int listen_count;
	int verbose;
	bool wants_debugger;            /* -D */
	const char *const *overrides;   /* the values of -o, for a reload; end with NULL */

	struct peer *link;              /* to master */
	int64_t next_id;                /* of introductions */
	struct map *kept;               /* service name -> struct peer *; sequential daemons */
	struct list asked;              /* introductions on their way; event-driven daemons */

	bool is_ending;                 /* told by master, by a stale table or by max_use */
	uint64_t clients_now;
	struct listener listeners[SERVICE_LISTEN_MAX];
	struct loop_timer idle_timer, watchdog_timer;
};

/* service_conf.c: arguments, main.cf, parameter tables. Fatal when they are wrong: the process cannot run. */
void service_parse_args(struct program *program, int argc, char **argv);
void service_load_conf(struct program *program);   /* main.cf, and what concerns all; anew on reload */
void service_load_params(struct program *program); /* the daemon's own tables; the log is open by then */

/* service_confine.c: root directory, user, capabilities, limits, filter, Landlock. */
bool service_confine(struct program *program, struct err *err);

/* service_accept.c */
enum accept_result { ACCEPT_CLIENT, ACCEPT_NOBODY };
enum accept_result service_accept(struct program *program, int listen_fd, bool nonblocking, struct client *client_out);

/* service_link.c: the socket to master. */
void service_link_open(struct program *program);
void service_link_frame(struct program *program, struct frame *frame);
void service_drop_kept(struct program *program);
extern const struct peer_events service_link_events;

/* The two ways of serving; they return when the process should end. */
void service_run_sequential(struct program *program);
void service_run_events(struct program *program);
void service_stop_accepting(struct program *program);

/* Shared: state in the slot, watchdog. */
void service_set_state(struct program *program, enum slot_state state);
void service_arm_watchdog(struct program *program);

#endif
