/* SPDX-License-Identifier: ISC */
#ifndef WORKER_H
#define WORKER_H

#include "lib/queue/deliver_proto.h"
#include "lib/sys/priv.h"
#include "lib/sys/service.h"
#include "local/worker_proto.h"

/*
 * The launcher's side: a bounded pool of processes, each of which has become one UNIX owner and
 * reaches one directory tree. They are forked when needed and kept for max_idle; the one that was
 * not used for longest makes room. Whatever a worker does, it can only fail its own requests.
 */
struct worker_pool;

struct worker_pool *worker_pool_new(struct program *program) MUST_USE;
void worker_pool_free(struct worker_pool **pool);

/* Who shall do it, and where. */
struct worker_place {
	struct priv_user owner;
	const char *tree;     /* absolute; must hold the paths of the request */
	struct span queue_id; /* with rcpt, for deliveries: what is delivered; empty: not noted */
	int64_t rcpt;         /* deliver_rcpt.offset */
};

/*
 * Put a message into a mailbox; it is durable when this returns true. What this process delivered
 * for the same recipient into the same mailbox not long ago (a queue manager that died before it
 * heard of it asks again) is not delivered a second time.
 * returns   false with *err as maildir_deliver and mbox_append give it, or TEMP for a worker that failed
 */
MUST_USE bool worker_deliver(struct worker_pool *pool, const struct worker_place *place,
    const struct work_deliver *work, struct err *err);

/*
 * Read a regular file with the owner's rights, at most WORK_FILE_MAX bytes.
 * is_owners  it must be the owner's or root's and no symbolic link
 * returns   LOOKUP_NONE with *err: no such file; LOOKUP_CONFIG with *err: the owner may not read it, or
 *           it is not to be trusted (everybody may write it); LOOKUP_TEMP with *err: it could not be read
 * owns      *text_out lies in the arena
 */
MUST_USE enum lookup worker_read(struct worker_pool *pool, const struct worker_place *place,
    const char *path, bool is_owners, struct arena *arena, struct span *text_out,
    struct err *err);

/*
 * The content of a message in hand, and how this system locks mailboxes. What is left zero is
 * the caller's.
 */
struct work_deliver worker_describe(const struct deliver *deliver, const struct mail_conf *mail);

/* Minutes east of UTC, now: for From_ lines. */
int worker_zone_minutes(void);

/* The tree for a path: home when the path lies in it, else the directory that holds the path. */
const char *worker_tree(struct arena *arena, const char *home, const char *path) MUST_USE;

#endif
