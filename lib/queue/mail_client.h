/* SPDX-License-Identifier: ISC */
#ifndef MAIL_CLIENT_H
#define MAIL_CLIENT_H

#include "lib/queue/deliver_proto.h"
#include "lib/queue/mail_proto.h"
#include "lib/sys/service.h"

/*
 * Giving a message that lies in a queue file to cleanup as a new one, over a kept connection: for
 * sequential daemons whose manifest calls cleanup.
 */
struct mail_client {
	struct program *program;
	struct peer *peer; /* the connection that next_id belongs to */
	char next_id[101];
};

/*
 * The queue ID that the next message will have, connecting if need be; NULL with *err TEMP. For
 * a Received: field.
 */
const char *mail_client_next_id(struct mail_client *client, struct err *err) MUST_USE;

/*
 * Send the envelope, `top` (header fields with LF line ends), and the content of a delivery request.
 * returns   true: accepted and durable as id_out (in the arena). false with *err: TEMP, or PERM when
 *           cleanup refuses it
 */
MUST_USE bool mail_client_resend(struct mail_client *client, const struct mail_begin *begin,
    struct span top, const struct deliver *content, struct arena *arena, struct span *id_out,
    struct err *err);

#endif
