/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SASL_H
#define SMTPD_SASL_H

#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * Logging in (RFC 4954): what is offered to a client, and who it has proved to be. Exchanges are
 * authd's; here they pass through.
 */
struct msg_list;
struct session;
struct smtpd;

/* What smtpd_sasl_security_options demand of a mechanism: masks of auth_mech_trait. */
struct sasl_demands {
	unsigned forbidden, required;
};

/* Read the parameters. false with *err: which word is not known. */
MUST_USE bool sasl_setup(struct smtpd *smtpd, struct err *err);

/* May this client log in, now and here? authd was not asked for it. */
bool sasl_is_offered(const struct session *s);

/* Append the mechanisms that this client may use, each behind a blank; nothing when authd is not there. */
void sasl_add_mechanisms(struct session *s, struct str *out);

/* This client may use the mechanism, one of those that authd offers (struct auth_mechanism). */
bool sasl_has_mechanism(struct session *s, const struct msg_list *all, struct span name);

/* Nobody is logged in from here on. */
void sasl_log_out(struct session *s);

/* XCLIENT LOGIN=: another system has checked who it is. */
void sasl_set_login(struct session *s, struct span method, struct span user);

/* Append " sasl_method=..., sasl_username=..." with the separator between them; nothing when nobody is logged in. */
void sasl_add_log(const struct session *s, const char *separator, struct str *out);

#endif
