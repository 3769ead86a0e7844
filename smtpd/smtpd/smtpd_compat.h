/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_COMPAT_H
#define SMTPD_COMPAT_H

#include "lib/base/span.h"

/*
 * Old defaults that hold only because of compatibility_level: what they let happen is said in the log, so
 * that an administrator sees what a new default would change.
 */
struct main_cf;
struct session;
struct smtpd;

/* Which defaults are old ones here. */
struct smtpd_compat {
	bool mynetworks, relay_domains, relay_restrictions;
};
void smtpd_compat_setup(struct smtpd *smtpd, struct main_cf *cf);

/* permit_mynetworks let the client pass. */
void smtpd_compat_note_client(const struct session *s);

/* permit_auth_destination let a domain of relay_domains pass. */
void smtpd_compat_note_domain(const struct session *s, struct span domain);

/* The recipient was accepted. */
void smtpd_compat_note_recipient(struct session *s);

#endif
