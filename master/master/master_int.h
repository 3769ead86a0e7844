/* SPDX-License-Identifier: ISC */
#ifndef MASTER_INT_H
#define MASTER_INT_H

/* What the files master_*.c share; nobody else includes this. */

#include <sys/types.h>

#include "lib/base/list.h"
#include "lib/base/panic.h"
#include "lib/base/path.h"
#include "lib/sys/loop.h"
#include "lib/sys/mail_conf.h"
#include "lib/sys/manifest.h"
#include "lib/sys/master_cf.h"
#include "lib/sys/master_link.h"
#include "lib/sys/peer.h"
#include "master/master/master_conf.h"

enum { SLOTS_MAX = 4096, LISTEN_MAX = 64 };

/* One listening socket of a service. */
struct endpoint {
	char *address;                  /* "[127.0.0.1]:25", "private/bounce": tells on reload whether it stays */
	int fd;
	struct loop_io io;
};

/* One row of master.cf at work. */
struct service_entry {
	struct list link;               /* master->services */
	struct master *master;
	struct configuration *conf;     /* held: the one that entry is of */
	const struct master_entry *entry;
	const struct manifest *manifest;

	struct endpoint *endpoints[LISTEN_MAX];
	size_t endpoint_count;
	bool is_watching;

	struct list children;           /* of all generations */
	bool was_used;                  /* for wake-ups with "?" */
	bool is_disabled;               /* gone from master.cf: forgotten when its last child has ended */
	bool limit_was_reported;
	int64_t stress_until_us;

	struct loop_timer recheck;      /* do clients still wait? */
	int64_t recheck_us;             /* how long until the next look */
	struct loop_timer throttle;     /* set: no new process until it fires */
	struct loop_timer wakeup;
};

/* One child process. */
struct child {
	struct list link;               /* service_entry->children */
	struct service_entry *service;
	struct master *master;
	const struct manifest *manifest;        /* of the program that it runs: a reload may name another */
	pid_t pid;
	unsigned slot_number;
	struct slot *slot;              /* shared page */
	struct peer *link_peer;
	bool is_retiring;               /* told to end */
	int64_t started_us;
	uint64_t seen_progress;         /* slot->progress and slot->clients at the last sign of life */
	int64_t alive_us;               /* when that was */
};

/* One configuration, replaced whole by a reload; freed when no service of it is left. */
struct configuration {
	struct arena *arena;
	unsigned holders;               /* master, and the services whose entries point into it */
	struct main_cf *cf;
	struct master_cf *services;
	struct mail_conf mail;
	struct master_conf master;
	const char *const *environment; /* of children; ends with NULL */
};

struct master {
	const char *config_directory;
	struct configuration *conf;
	struct loop *loop;
	struct list services;
	struct child *slots[SLOTS_MAX];
	unsigned next_slot;
	size_t child_count;
	bool is_stopping;
	int stop_signal;
	int stop_stage;
	struct loop_timer stop_timer;
	struct loop_timer health_timer;
	bool in_foreground;
	int verbose;                    /* number of -v; children get as many */
	bool wants_debugger;            /* -D */
	int exit_after_s;               /* -e */
};

/* master_config.c */
struct configuration *configuration_load(const char *dir, struct err *err) MUST_USE;
struct configuration *configuration_hold(struct configuration *conf);
void configuration_release(struct configuration **conf);

/* master_services.c: the rows of master.cf as listening services; also on reload. */
bool services_apply(struct master *master, struct err *err);
struct service_entry *services_find(struct master *master, struct span name, enum master_type type);
void services_log_unsupported(struct master *master);
void services_forget_ended(struct service_entry *service);
void services_close_all(struct master *master);

/*
 * master_listen.c: sockets of one entry. listen_addresses says where it shall listen, separated by
 * blanks (the caller frees); listen_update makes that so: sockets that stay are not touched, those
 * that go are closed for the children too, and what cannot be opened is in *err.
 */
char *listen_addresses(const struct master *master, const struct master_entry *entry, struct err *err);
bool listen_update(struct service_entry *service, const char *addresses, struct err *err);
int listen_connect(const struct service_entry *service, struct err *err);

/* master_spawn.c: children from fork to wait. */
bool child_start(struct service_entry *service);
void children_reap(struct master *master);
void child_retire(struct child *child, bool reload, bool now);
void child_signal(struct child *child, int signum);
size_t children_ready(const struct service_entry *service);
size_t children_counted(const struct service_entry *service);

/* master_health.c: children that hang, master's own watchdog, and the service manager's. */
void health_start(struct master *master);

/* master_dispatch.c: who takes waiting clients; wake-ups; throttling. */
void dispatch_watch(struct service_entry *service);
void dispatch_stop(struct service_entry *service);
void dispatch_init(struct service_entry *service);
void dispatch_fini(struct service_entry *service);
void dispatch_ready(void *ctx, int what);
void dispatch_throttle(struct service_entry *service, const char *why);
void dispatch_child_gone(struct service_entry *service);
void wakeup_start(struct service_entry *service);
void wakeup_with(struct service_entry *service, struct span trigger);
void wakeup_now(struct service_entry *service);
void wakeup_soon(struct service_entry *service);

/* master_introduce.c: what children ask. */
extern const struct peer_events introduce_events;
bool introduce_send_hello(int fd, const char *program, const char *service, pid_t pid);

/* master_notify.c: the system's supervisor. */
void notify_system(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
