/* SPDX-License-Identifier: ISC */
#ifndef PICKUP_MAIL_H
#define PICKUP_MAIL_H

#include "lib/queue/mail_client.h"

/* One file of maildrop on its way to cleanup. */

enum pickup_result {
	PICKUP_DONE,  /* cleanup has it: remove the file */
	PICKUP_LATER, /* try again at the next wake-up */
	PICKUP_REFUSED,
	/* cleanup will never take it; the sender was told: remove the file */
	PICKUP_CORRUPT, /* not what postdrop writes: set it aside */
	PICKUP_BROKEN,  /* the conversation failed: try again at the next wake-up */
};

/*
 * Hand over one file. mail_client_next_id was asked.
 * fd        open at its start, regular; read twice
 * id        its name in maildrop, for messages
 * uid       who submitted it
 */
enum pickup_result pickup_mail(struct mail_client *cleanup, int fd, const char *id, int64_t uid,
    int64_t arrival_us, struct err *err) MUST_USE;

#endif
