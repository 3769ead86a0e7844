/* SPDX-License-Identifier: ISC */
#ifndef MASTER_LINK_H
#define MASTER_LINK_H

#include "lib/sys/msg.h"

/* What master and its children say to one another on the socket that each child inherits, and how a child is started. */

/* Descriptors that a child finds open. Listening sockets follow from CHILD_FD_LISTEN on. */
enum { CHILD_FD_MASTER = 3, CHILD_FD_SLOT = 4, CHILD_FD_LISTEN = 5 };

/* child -> master: connect me with a service of master.cf (type unix), by its name. */
struct introduce {
	int64_t id;             /* chosen by the child, comes back */
	struct span service;
};
extern const struct msg_desc introduce_desc;

/* master -> child: the answer, with the connected socket. */
struct introduced {
	int64_t id;
	struct span error;      /* empty: done; else why not (the class is temporary) */
	int fd;
};
extern const struct msg_desc introduced_desc;

/* master -> callee, first frame on a new connection that only master can send: who calls. */
struct hello {
	struct span program;    /* the caller's program */
	struct span service;    /* the caller's service name */
	int64_t pid;
};
extern const struct msg_desc hello_desc;

/* master -> child: finish what you do and end (reload: false for the ones that reload in place). */
struct retire {
	bool reload;            /* read the configuration anew instead of ending */
	bool now;               /* stop: end within stop_deadline_s */
};
extern const struct msg_desc retire_desc;

/*
 * child -> master, only from children by events: put a fresh process in my place, and hand it this
 * trigger. The answer is retire. From one that retires already: pass on the trigger.
 */
enum { TRIGGER_BYTES_MAX = 100 };
struct succeed {
	struct span trigger;    /* may be empty */
};
extern const struct msg_desc succeed_desc;

/*
 * A child's page of shared memory: written by the child, read by master. A child can lie only about
 * itself; master takes anything out of range as busy.
 */
enum slot_state { SLOT_STARTING = 0, SLOT_IDLE = 1, SLOT_BUSY = 2, SLOT_RETIRING = 3 };
struct slot {
	uint32_t version;
	uint32_t state;
	uint64_t clients;       /* served so far */
	int64_t changed_us;     /* clock_now_us of the last change of state */
	uint64_t progress;      /* counts what was done, for the watchdog */
};

#endif
