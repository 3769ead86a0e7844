/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_LOG_H
#define SMTPD_LOG_H

#include "lib/base/span.h"

struct session;

/* The lines that smtpd writes, in Postfix's shapes (people's tools read them). */

/* The message's queue ID, or "NOQUEUE". */
struct span session_log_id(const struct session *s);

void session_log_connect(const struct session *s);
void session_log_disconnect(const struct session *s);

/* "QID: client=name[address]", with XFORWARD and SASL facts. */
void session_log_client(const struct session *s);

/* "QID|NOQUEUE: WHAT: WHERE from client: TEXT; from=<> to=<> proto= helo=<>" */
void session_log_action(
    const struct session *s, const char *what, const char *where, struct span text);

/* "lost connection after X from client" and its sisters, if the session ended so. */
void session_log_end(const struct session *s);

#endif
