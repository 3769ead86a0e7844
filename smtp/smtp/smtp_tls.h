/* SPDX-License-Identifier: ISC */
#ifndef SMTP_TLS_H
#define SMTP_TLS_H

#include "smtp/smtp/smtp_session.h"

/*
 * The TLS handshake with the server, and whether its certificate is what the policy demands. Logs
 * "Trusted TLS connection established to ..." when smtp_tls_loglevel says so.
 * returns   false with *err TEMP 4.7.5; the connection is unusable
 */
MUST_USE bool smtp_tls_start(struct client_session *session, struct err *err);

#endif
