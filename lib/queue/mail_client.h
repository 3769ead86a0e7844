/* SPDX-License-Identifier: ISC */
#ifndef MAIL_CLIENT_H
#define MAIL_CLIENT_H

#include "lib/queue/deliver_proto.h"
#include "lib/queue/mail_proto.h"
#include "lib/sys/service.h"

/*
 * Giving messages to cleanup over a kept connection: for sequential daemons whose manifest calls
 * cleanup. One message is mail_client_next_id, _begin, then _rcpts, _bytes and _extent as needed, and
 * _end. After a false the connection is given up, and with it the message: cleanup takes its end for
 * a message that was never finished. All errors are TEMP.
 */
struct mail_client {
	const struct mail_conf *mail;
	struct service_peers peers;
	struct peer *peer;      /* from mail_client_next_id to the end of the message */
	char next_id[101];      /* of the message at hand, or the next one on the same connection */
	bool is_begun;          /* next_id is taken */
};

void mail_client_init(
    struct mail_client *client, const struct mail_conf *mail, struct service_peers peers);

/*
 * The queue ID that the next message will have, connecting if need be; NULL with *err. For a
 * Received: field.
 */
const char *mail_client_next_id(struct mail_client *client, struct err *err) MUST_USE;

MUST_USE bool mail_client_begin(
    struct mail_client *client, const struct mail_begin *begin, struct err *err);
MUST_USE bool mail_client_rcpts(
    struct mail_client *client, const struct mail_rcpts *rcpts, struct err *err);

/* Content, with LF line ends: bytes, or a part of an open file. */
MUST_USE bool mail_client_bytes(struct mail_client *client, struct span bytes, struct err *err);
MUST_USE bool mail_client_extent(
    struct mail_client *client, int fd, int64_t offset, int64_t count, struct err *err);

/*
 * The end, and cleanup's verdict (spans in the arena).
 * end       what was decided since mail_client_begin; NULL: nothing
 */
MUST_USE bool mail_client_end(struct mail_client *client, const struct mail_end *end,
    struct arena *arena, struct mail_done *done_out, struct err *err);

/* Append the trace of mail that this system writes: "Received: by host (Postfix) id QID; date". */
void mail_client_add_trace(const struct mail_conf *mail, const char *queue_id, struct str *out);

/* A message that was begun shall not be. */
void mail_client_abandon(struct mail_client *client);

/*
 * Send the envelope, `top` (header fields with LF line ends), and the content of a delivery request.
 * returns   true: accepted and durable as id_out (in the arena). false with *err: TEMP, or PERM when
 *           cleanup refuses it
 */
MUST_USE bool mail_client_resend(struct mail_client *client, const struct mail_begin *begin,
    struct span top, const struct deliver *content, struct arena *arena, struct span *id_out,
    struct err *err);

#endif
