/* SPDX-License-Identifier: ISC */
#ifndef PASSWORD_H
#define PASSWORD_H

#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * Stored passwords in Dovecot's form: "{SCHEME}value", with ".hex" or ".b64" behind the scheme's
 * name for another encoding of the value than its own.
 */

enum password_result {
	PASSWORD_MATCHES,
	PASSWORD_DIFFERS,
	PASSWORD_UNKNOWN,               /* no such scheme or encoding */
	PASSWORD_BROKEN,                /* the value is not one of its scheme */
	PASSWORD_REFUSED,               /* the policy forbids it */
	PASSWORD_FAILED,                /* memory or a library was missing; try again */
};

struct password_policy {
	bool refuses_weak;              /* auth_allow_weak_schemes = no */
	uint64_t memory_max_kib;        /* what one check may take; 0: no limit */
	uint64_t rounds_max;            /* of all schemes that have some; 0: no limit */
};

/*
 * Compare a password with a stored one. Takes as long for a wrong password as for the right one;
 * copies made on the way are wiped.
 *
 * stored          at most PASSWORD_STORED_MAX bytes
 * default_scheme  for a value without "{SCHEME}": "CRYPT", say
 * user            whole name; DIGEST-MD5 needs it
 * password        any bytes without NUL, at most PASSWORD_MAX; else PASSWORD_DIFFERS
 * err             says what is wrong unless the value is MATCHES or DIFFERS; never the value itself
 */
enum { PASSWORD_MAX = 1024, PASSWORD_STORED_MAX = 4096 };
MUST_USE enum password_result password_check(struct span stored, const char *default_scheme,
    struct span user, struct span password, const struct password_policy *policy, struct err *err);

/*
 * Append "{SCHEME}value" for a new password, with a fresh salt.
 *
 * scheme   any but those that can only be checked; NULL for ARGON2ID
 * returns  false with err: no such scheme, or a library failed
 */
MUST_USE bool password_make(const char *scheme, struct span user, struct span password,
    struct str *out, struct err *err);

/* Name of scheme number i, NULL behind the last; for lists of what is known. */
const char *password_scheme_name(size_t i);

#endif
