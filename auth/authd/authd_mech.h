/* SPDX-License-Identifier: ISC */
#ifndef AUTHD_MECH_H
#define AUTHD_MECH_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/base/str.h"
#include "lib/net/auth_proto.h"

/*
 * SASL mechanisms, of libsasl2. That library wants each question answered at once; what takes long
 * does not happen inside it: a mechanism that has the password in hand ends with MECH_CHECK, and whoever
 * runs it asks a worker before the client hears anything. Mechanisms that prove the password from
 * stored keys ask for these by find_keys.
 */
struct mech_set;                        /* what this process offers */
struct mech_run;                        /* one exchange */

enum mech_step {
	MECH_CHALLENGE,         /* *out is the next challenge */
	MECH_CHECK,             /* user and password are known: a worker must say yes */
	MECH_PROVED,            /* the client proved that it is the user; *out may go with the answer */
	MECH_WRONG,             /* it is not, or the user is unknown */
	MECH_BROKEN,            /* the client broke the rules */
	MECH_FAILED,            /* a source or the library failed */
};

/*
 * The stored password of a user for a mechanism that needs keys, in Dovecot's form; called inside
 * mech_step. LOOKUP_NONE for who does not exist or has none.
 */
typedef enum lookup mech_find_keys(void *ctx, struct span user, struct str *stored_out);

/*
 * Load the library and choose from its mechanisms; once in a process, before it is confined. names
 * is a list as of auth_mechanisms.
 *
 * returns   NULL with *err (CONFIG): a mechanism that is not there
 */
struct mech_set *mech_set_new(const char *names, struct err *err) MUST_USE;

/* What is offered, in the list's order: for auth_mechanisms. */
const struct auth_mechanism *mech_set_all(const struct mech_set *set, size_t *count_out);

/*
 * Begin. begin's facts are copied.
 *
 * returns   NULL with *err: the library failed
 */
struct mech_run *mech_run_new(const struct mech_set *set, const struct auth_begin *begin,
    mech_find_keys *find_keys, void *ctx, struct err *err) MUST_USE;

/* The end; a password is wiped. NULL inside is fine. */
void mech_run_free(struct mech_run **run);

/*
 * One message of the client: the initial response (or none) at first, then answers to challenges.
 *
 * response   decoded
 * out        decoded challenge or final data; has_out_out says whether there is any
 * err        why, of all but MECH_CHALLENGE, MECH_CHECK and MECH_PROVED
 */
MUST_USE enum mech_step mech_step(struct mech_run *run, bool has_response, struct span response,
    struct str *out, bool *has_out_out, struct err *err);

/* Who it claims or proves to be, and as whom it wants to act ("" when that is the same). */
struct span mech_user(const struct mech_run *run);
struct span mech_acts_as(const struct mech_run *run);

/* MECH_CHECK: the password. */
struct span mech_password(const struct mech_run *run);

#endif
