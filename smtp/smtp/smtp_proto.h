/* SPDX-License-Identifier: ISC */
#ifndef SMTP_PROTO_H
#define SMTP_PROTO_H

#include "smtp/smtp/smtp_result.h"

/*
 * The conversation of SMTP and LMTP (RFC 5321, RFC 2033), as a table of steps: greeting, EHLO or
 * LHLO, STARTTLS, then for each message MAIL, RCPT, DATA, the content, and at the end RSET or QUIT.
 */

/*
 * From the greeting until the server is ready for MAIL, inside TLS when the session's policy wants it.
 * returns   false with *trouble_out. session->tls_failed: an opportunistic TLS handshake failed, and
 *           a new connection without TLS may do.
 */
MUST_USE bool smtp_handshake(struct smtp_delivery *delivery, struct client_session *session,
    struct smtp_trouble *trouble_out);

/*
 * Send the message of a delivery to its pending recipients, and report them. The session is ready for
 * another message afterwards unless session->is_broken.
 * returns   false when a kept connection proved dead before the content was sent: nothing was reported
 */
MUST_USE bool smtp_transact(struct smtp_delivery *delivery, struct client_session *session);

/* Say QUIT, if it can still be said, and close. *session becomes NULL. */
void smtp_quit(struct client_session **session);

#endif
