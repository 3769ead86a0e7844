/* SPDX-License-Identifier: ISC */
#ifndef SERVICE_H
#define SERVICE_H

#include "lib/sys/loop.h"
#include "lib/sys/mail_conf.h"
#include "lib/sys/main_cf.h"
#include "lib/sys/manifest.h"
#include "lib/sys/master_link.h"
#include "lib/sys/param.h"
#include "lib/sys/peer.h"

/*
 * The skeleton of every daemon. main is one line:
 *
 *     int main(int argc, char **argv) { return service_main(&discard_service, argc, argv); }
 *
 * Order of start: arguments, main.cf and -o, parameter tables, log, before_drop (open tables, keys),
 * root directory, user, capabilities, limits, system call filter, Landlock, after_drop, first client.
 */

struct program;

/* One client connection, given to on_client or on_accept. */
struct client {
	int fd;                         /* owned by the hook from here on (fd_take) */
	bool is_inet;
	bool is_public;                 /* a stranger or a command; nobody introduced it */
	char caller[32];                /* program that was introduced by master, else "" */
	char caller_service[64];
};

/* A parameter table that the daemon reads. */
struct service_params {
	const struct param_table *table;
	size_t offset;                  /* of its structure within the state */
	const char *prefix;             /* NULL: the table's own; "$": service name and "_" */
};

struct service {
	const struct manifest *manifest;
	size_t state_size;              /* of the daemon's own state, zeroed before before_drop */
	const struct service_params *params;    /* ends with table NULL; may be NULL. struct mail_conf is always read */

	/* Still with all privileges: open what must be opened. false with *err ends the process (master throttles). */
	bool (*before_drop)(struct program *program, struct err *err);

	/* In the sandbox, before the first client. */
	bool (*after_drop)(struct program *program, struct err *err);

	/* MODEL_SINGLE: serve this client to its end. The skeleton closes client->fd unless it was taken. */
	void (*on_client)(struct program *program, struct client *client);

	/* MODEL_EVENTS: a new client; take client->fd and attach it to program->loop. */
	void (*on_accept)(struct program *program, struct client *client);

	/*
	 * MODEL_TRIGGER, and MODEL_EVENTS that can be woken too: somebody wrote these bytes to the public
	 * socket, or the wake-up time of master.cf came ("W").
	 */
	void (*on_trigger)(struct program *program, struct span request);

	/* MODEL_DATAGRAM: one datagram. */
	void (*on_datagram)(struct program *program, struct span datagram);

	/*
	 * MODEL_DATAGRAM: after a few datagrams rest so long, that more come together and one turn
	 * serves them all; 0: never. Who sends much is not kept waiting.
	 */
	int64_t rest_us;

	/* MODEL_SINGLE: asked after each client: true ends the process so that a fresh one opens changed tables. */
	bool (*is_stale)(struct program *program);

	/* Manifests that reload in place: program->cf and the parameter structures are new. */
	void (*on_reload)(struct program *program);

	/* MODEL_EVENTS: told to end; call service_stop when done. NULL: ends when its last client has gone. */
	void (*on_retire)(struct program *program);

	/* Last words. */
	void (*on_exit)(struct program *program);
};

/* One process. */
struct program {
	const struct service *service;
	const char *service_name;       /* of master.cf: "smtp", "127.0.0.1:2525" */
	const char *config_directory;
	struct main_cf *cf;
	struct mail_conf *mail;
	void *state;                    /* service->state_size bytes */
	struct arena *arena;            /* lives as long as the process */
	struct loop *loop;              /* MODEL_EVENTS, MODEL_DATAGRAM; NULL otherwise */
	int process_limit;              /* of master.cf; 0: none */
	unsigned process_slot;          /* 0..4095, unique among the living processes of this master */
	const char *const *args;        /* what follows the options in master.cf; ends with NULL */
	struct slot *slot;
	unsigned sandbox_parts;         /* mask of sandbox_part: what is in force */
	struct service_private *private;
};

int service_main(const struct service *service, int argc, char **argv);

/*
 * A connection to another service of this suite, by its name in master.cf, through master.
 * Sequential daemons: blocks (deadline ipc_timeout). The connection is kept under that name and
 * given again by the next call while it is alive; service_forget closes it after an error.
 * returns   NULL with *err TEMP
 * owns      the program, which closes it after a client when none comes for ipc_idle. So keep no pointer
 *           to it from client to client; what it has said is void when the next one !peer_has_spoken
 */
struct peer *service_peer(struct program *program, const char *service, struct err *err) MUST_USE;
void service_forget(struct program *program, struct peer *peer);

/* The two as values, where a test has its own in their place. */
struct service_peers {
	struct peer *(*get)(void *ctx, const char *service, struct err *err);
	void (*forget)(void *ctx, struct peer *peer);
	void *ctx;
};
struct service_peers service_peers(struct program *program);

/*
 * Event-driven daemons: ask for a new connection; done is called later with the descriptor, or with -1 and *err.
 * The connection is the caller's.
 */
void service_introduce(struct program *program, const char *service,
    void (*done)(void *ctx, int fd, const struct err *err), void *ctx);

/* MODEL_EVENTS: a client has come to its end; idle counting and max_idle depend on it. */
void service_client_done(struct program *program);

/* End the process in order after the current callback. */
void service_stop(struct program *program);

/*
 * MODEL_EVENTS: have master replace this process by a fresh one, which is woken with these bytes (as
 * on_trigger gets them). on_retire is called soon. Again later: the bytes go to the successor.
 */
void service_succeed(struct program *program, struct span trigger);

/* For long sequential work: tells the watchdog that there is progress, and true when this process should end soon. */
bool service_should_end(struct program *program);

#endif
