/* SPDX-License-Identifier: ISC */
#ifndef SMTP_CONTENT_H
#define SMTP_CONTENT_H

#include "smtp/smtp/smtp_result.h"

/* The message leaves in another encoding than it has here. */
bool smtp_content_is_converted(
    const struct smtp_delivery *delivery, const struct client_session *session);

/*
 * Send the message of a delivery, with the final dot, and let the stream keep the last piece: whoever
 * waits for the reply flushes it. Converted where the server or the configuration wants it:
 * generic_maps on addresses, header and body checks, 8-bit content for servers without 8BITMIME.
 *
 * returns   false with *err TEMP: the queue file cannot be read, or a table does not answer (4.3.0); the
 *           connection then is in the middle of a message and must be dropped. Failures of the connection show at the
 *           next reply.
 */
MUST_USE bool smtp_content_send(
    struct smtp_delivery *delivery, struct client_session *session, struct err *err);

#endif
