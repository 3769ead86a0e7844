/* SPDX-License-Identifier: ISC */
#ifndef SMTP_TLS_POLICY_H
#define SMTP_TLS_POLICY_H

#include "lib/base/arena.h"
#include "smtp/smtp/smtp.h"
#include "smtp/smtp/smtp_dest.h"

/* What is demanded of TLS with a destination: the security level and its attributes. */

enum smtp_tls_level {
	TLS_LEVEL_NONE,
	TLS_LEVEL_MAY,
	TLS_LEVEL_ENCRYPT,
	TLS_LEVEL_FINGERPRINT,
	TLS_LEVEL_VERIFY,
	TLS_LEVEL_SECURE
};

struct smtp_tls_policy {
	enum smtp_tls_level level;
	const char *protocols, *ciphers, *exclude; /* NULL: the configuration's */
	const char *match; /* names or fingerprints, separated by ':' or blanks or commas */
	const char *servername;
	const char *tafiles; /* files of trust anchors, a list; NULL: the configuration's */
	bool wants_rpk;      /* raw public keys; this version has none, and certificates are used */
	int loglevel;
};

/*
 * The policy for a next hop: of smtp_tls_policy_maps, or the configuration's level.
 * returns   false with *err: TEMP 4.7.5 a table does not answer or says what makes no sense; the details
 *           are in the log
 */
MUST_USE bool smtp_tls_policy_find(struct smtp_client *client, const struct smtp_dest *dest,
    struct arena *arena, struct smtp_tls_policy *policy_out, struct err *err);

/* Raise the policy to what requiretls_policy demands for mail with REQUIRETLS (RFC 8689). */
void smtp_tls_policy_require(const struct smtp_client *client, struct smtp_tls_policy *policy);

/* "may", "encrypt", ... */
const char *smtp_tls_level_word(enum smtp_tls_level level);

/* Parse "level attribute=value ..." over *policy, which holds the defaults. */
MUST_USE bool smtp_tls_policy_parse(
    struct span text, struct arena *arena, struct smtp_tls_policy *policy, struct err *err);

#endif
