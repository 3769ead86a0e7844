/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_LIMITS_H
#define SMTPD_LIMITS_H

#include "lib/base/attr.h"

/*
 * Counts and rates per client, kept by anvil for all smtpd processes, and the space that is left
 * for
 * the queue. When anvil cannot be reached there are no limits: mail goes on.
 */
struct session;

/* Each says what is wrong to the client and the log, and returns false, when a limit is passed. */
bool limits_connect(struct session *s); /* number and rate of connections: 421; anew after XCLIENT */
bool limits_mail(struct session *s);    /* rate of transactions */
bool limits_rcpt(struct session *s);    /* rate of recipients */
bool limits_auth(struct session *s);    /* rate of AUTH commands */

/*
 * New TLS sessions: no handshake begins for a client that has made too many; each new session counts,
 * also one whose handshake failed (then nothing is said to the client).
 */
bool limits_tls_start(struct session *s);
bool limits_tls_done(struct session *s);

/* Is there room in the queue's file system? Logged when not. */
bool limits_has_space(struct session *s);

void limits_disconnect(struct session *s);

#endif
