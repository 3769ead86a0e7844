/* SPDX-License-Identifier: ISC */
#ifndef SMTP_PROTO_H
#define SMTP_PROTO_H

#include "smtp/smtp/smtp_result.h"

/*
 * Messages of SMTP and LMTP (RFC 5321, RFC 2033) after the handshake, as a table of steps: MAIL, RCPT,
 * DATA, the content, and at the end RSET or QUIT.
 */

/*
 * Send the message of a delivery to its pending recipients, and report them. The session is ready for
 * another message afterwards unless session->is_broken.
 * returns   false when a kept connection proved dead before the content was sent: nothing was reported
 */
MUST_USE bool smtp_transact(struct smtp_delivery *delivery, struct client_session *session);

/* Say QUIT, if it can still be said, and close. *session becomes NULL. */
void smtp_quit(struct client_session **session);

#endif
