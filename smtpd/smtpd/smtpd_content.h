/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CONTENT_H
#define SMTPD_CONTENT_H

#include "lib/base/str.h"

/*
 * What DATA and BDAT have in common: may content come, hand it on, decide. After a failure the rest
 * of the content is read and dropped; the client hears of it at the end.
 */
struct session;

/* Why content that is still coming will be refused. */
enum content_state { CONTENT_GOOD, CONTENT_TOO_BIG, CONTENT_BARE_LF, CONTENT_LOST };

/* Is there somebody to deliver to? The reply has been said when false. */
bool content_has_recipients(struct session *s);

/* At DATA and at the first BDAT: does policy agree? The reply has been said when false. */
bool content_may_begin(struct session *s);

/* Open the message at cleanup. false: 451 has been said. */
bool content_begin(struct session *s);

/* Hand on one converted block, and keep watch over limits. */
void content_put(struct session *s, struct span bytes);

/* Size or form of what came so far is wrong. */
enum content_state content_state(const struct session *s);

/* Refuse with what content_state says. */
void content_refuse(struct session *s);

/*
 * All is there: the last word of policy, of cleanup, and the reply. Ends the transaction.
 * note      text between "250 2.0.0 Ok: " and "queued as ID": "" or "42 bytes "
 * returns   true when the message was accepted
 */
bool content_end(struct session *s, const char *note);

/*
 * A deadline that grows with what has been received, so that a slow drip ends
 * (smtpd_per_request_deadline).
 */
void content_set_deadline(struct session *s, int64_t started_us, int64_t received);

#endif
