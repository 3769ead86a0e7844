/* SPDX-License-Identifier: ISC */
#ifndef PICKUP_MAIL_H
#define PICKUP_MAIL_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/sys/mail_conf.h"
#include "lib/sys/peer.h"

/* One file of maildrop on its way to cleanup. */

enum pickup_result {
	PICKUP_DONE,  /* cleanup has it: remove the file */
	PICKUP_LATER, /* try again at the next wake-up */
	PICKUP_REFUSED,
	/* cleanup will never take it; the sender was told: remove the file */
	PICKUP_CORRUPT, /* not what postdrop writes: set it aside */
	PICKUP_BROKEN,  /* the connection is of no more use; try again with a new one */
};

/* The connection to cleanup and the queue ID that comes next on it. */
struct pickup_link {
	struct peer *peer;
	char next_id[100];
	int64_t timeout_us;
	const struct mail_conf *mail;
};

/* Take a new connection: cleanup speaks first. */
MUST_USE bool pickup_link_open(
    struct pickup_link *link, struct peer *peer, const struct mail_conf *mail, struct err *err);

/*
 * Hand over one file.
 * fd        open at its start, regular; read twice
 * id        its name in maildrop, for messages
 * uid       who submitted it
 */
enum pickup_result pickup_mail(struct pickup_link *link, int fd, const char *id, int64_t uid,
    int64_t arrival_us, struct err *err) MUST_USE;

#endif
