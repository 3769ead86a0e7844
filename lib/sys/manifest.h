/* SPDX-License-Identifier: ISC */
#ifndef MANIFEST_H
#define MANIFEST_H

#include "lib/base/attr.h"

/*
 * What a daemon is and may do, as constant data: master enforces who may call whom by it, the
 * daemon skeleton confines itself by it, `carteiro topology` prints it, and a test compares it
 * with the running system. Each daemon has one in its own STEM_manifest.c.
 */

enum manifest_model {
	MODEL_SINGLE,           /* one client at a time, sequential */
	MODEL_EVENTS,           /* many clients, by events */
	MODEL_TRIGGER,          /* woken by a byte on its socket; sequential work */
	MODEL_DATAGRAM,         /* receives datagrams; by events */
};

enum manifest_user {
	RUN_AS_ROOT,            /* keeps only the capabilities in .caps */
	RUN_AS_MAIL,            /* mail_owner */
	RUN_AS_NET,             /* net_owner: parses strangers' bytes, holds nothing */
	RUN_AS_AUTH,            /* auth_owner */
	RUN_AS_KEY,             /* key_owner */
};

enum manifest_root {
	ROOT_HOST,              /* the system's root directory */
	ROOT_QUEUE,             /* queue_directory */
	ROOT_EMPTY,             /* an empty directory that nobody may write */
};

/* System calls beyond the common set (memory, time, reading and writing open descriptors, ending). */
enum sandbox_right {
	SANDBOX_ACCEPT      = 1 << 0,   /* take clients from listening sockets */
	SANDBOX_READ        = 1 << 1,   /* open files and directories to read */
	SANDBOX_WRITE       = 1 << 2,   /* create, write, rename, remove, change modes and times */
	SANDBOX_LOCK        = 1 << 3,   /* flock, fcntl locks */
	SANDBOX_SOCKETS     = 1 << 4,   /* make sockets and connect them to the network */
	SANDBOX_FORK        = 1 << 5,   /* make child processes, wait for and signal them */
	SANDBOX_IDS         = 1 << 6,   /* change user and group ids */
	SANDBOX_SYNC        = 1 << 7,   /* flush files and file systems */
	SANDBOX_NONE        = 1 << 8,   /* no filter, Landlock or no-new-privileges: a launcher of commands (ARCHITECTURE says which and why) */
};

enum manifest_dir { DIR_END, DIR_QUEUE, DIR_DATA, DIR_CONFIG, DIR_HOST };
enum path_right { PATH_READ = 1, PATH_WRITE = 2 };

/* What stays reachable after the sandbox is entered (Landlock). */
struct manifest_path {
	enum manifest_dir dir;
	const char *sub;                /* below it; "" is the directory itself; DIR_HOST: an absolute path */
	unsigned rights;
};

struct manifest {
	const char *program;            /* file name in daemon_directory */
	const char *doc;                /* one sentence */
	enum manifest_model model;
	enum manifest_user user;
	enum manifest_root root;
	unsigned sandbox;               /* mask of sandbox_right */
	const struct manifest_path *paths;      /* ends with DIR_END; NULL: none */
	uint64_t caps;                  /* RUN_AS_ROOT: mask of capabilities kept (1 << CAP_SETUID ...) */
	const char *const *calls;       /* programs it may be introduced to; ends with NULL; NULL: none */
	bool is_public;                 /* its socket lies in public/: commands may call it, nobody is introduced */
	bool is_transport;              /* a delivery agent: qmgr may call it under any service name */
	bool is_solitary;               /* at most one process */
	bool is_unlimited;              /* process limit must be 0 (no limit) */
	bool reloads_in_place;          /* stays on reload and reads its configuration anew */
	bool may_be_last_to_stop;       /* told to stop after the others (postlogd) */
	size_t memory_bytes;            /* limit of address space (RLIMIT_AS), 0: the common 2 GB */
};

/* Every manifest of the suite by name (STEM_manifest), and all of them in one array that ends with NULL. */
#define MANIFEST(STEM)  extern const struct manifest STEM##_manifest;
#include "lib/sys/manifest_registry.def"
#undef MANIFEST
extern const struct manifest *const manifest_registry[];

/* The manifest of a program, or NULL. */
const struct manifest *manifest_find(const char *program);

/* Why a row of master.cf with this program cannot work: a sentence. NULL when it can, or is not needed here. */
const char *manifest_why_not(const char *program);

/* caller may be introduced to callee. All delivery agents together are named by the word "transport" in .calls. */
bool manifest_may_call(const struct manifest *caller, const struct manifest *callee);

#endif
