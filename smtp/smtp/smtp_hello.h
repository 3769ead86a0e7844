/* SPDX-License-Identifier: ISC */
#ifndef SMTP_HELLO_H
#define SMTP_HELLO_H

#include "smtp/smtp/smtp_result.h"

/*
 * From the greeting until the server is ready for MAIL, inside TLS when the session's policy wants it.
 * returns   false with *trouble_out. session->tls_failed: an opportunistic TLS handshake failed, and
 *           a new connection without TLS may do.
 */
MUST_USE bool smtp_handshake(struct smtp_delivery *delivery, struct client_session *session,
    struct smtp_trouble *trouble_out);

#endif
