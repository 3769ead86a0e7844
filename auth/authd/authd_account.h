/* SPDX-License-Identifier: ISC */
#ifndef AUTHD_ACCOUNT_H
#define AUTHD_ACCOUNT_H

#include "lib/auth/auth_source.h"
#include "lib/net/auth_proto.h"

/* What an account's fields mean for a login. Memory only; the clock is handed in. */

/*
 * The stored values that a password may fit: the account's own, then its application passwords that
 * are still good.
 *
 * names_out   for each value the name of its application password, "" for the account's own;
 *             AUTH_STORED_MAX places
 * returns     how many
 */
size_t account_passwords(const struct auth_account *account, const char *today,
    struct auth_stored *stored_out, struct span *names_out);

/* "nopassword": any password is right. */
bool account_needs_no_password(const struct auth_account *account);

/*
 * The value for a mechanism that proves a password from keys: the field scram_sha_256 or scram_sha_1,
 * or a stored password in that scheme or as plain text; "{SCHEME}value" is appended. false: there is none.
 */
bool account_keys(const struct auth_account *account, struct span mechanism, struct str *stored_out);

/*
 * May who has proved to be this user log in from there? AUTH_YES; AUTH_NO (allow_nets) or AUTH_REFUSED
 * (nologin) with the reason.
 */
enum auth_verdict account_may_log_in(const struct auth_account *account, struct span client_address,
    struct span *reason_out);

/* The fields that who asked gets to see; at most AUTH_FIELDS_MAX, in the arena. */
struct msg_list account_fields(const struct auth_account *account, struct arena *arena);

#endif
