/* SPDX-License-Identifier: ISC */
#ifndef AUTH_VAR_H
#define AUTH_VAR_H

#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * Dovecot's variables: %u and %{user} the whole name, %n and %{username} the part before '@', %d and
 * %{domain} the part behind it, %h and %{home}, %s and %{service} ({protocol}), %r and %{rip}
 * ({remote_ip}), %l and %{lip} ({local_ip}), %{uid}, %{gid}, %{orig_user} ({original_user}),
 * %{login_user}, %{master_user}, %% a percent sign.
 *
 * Between the percent sign and the letter or brace may stand L or U (lower, upper case), R (reversed),
 * T (without blanks around), M (MD5 in hex), N (a number in hex, from MD5), and OFFSET.WIDTH or WIDTH: so
 * many characters from there, of N the remainder. Behind a name in braces may stand filters, as in
 * Dovecot 2.4: "%{user | lower}"; also upper, reverse, username, domain, md5, substr(FROM, LENGTH),
 * default("TEXT").
 */
struct auth_vars {
	struct span user, original_user, login_user, master_user;
	struct span home, service, client_address, server_address, uid, gid;
};

/*
 * Append text with its variables replaced.
 *
 * returns   false with *err (CONFIG): which variable, and that it is not known; or out is full
 */
MUST_USE bool auth_var_expand(struct span text, const struct auth_vars *vars, struct str *out,
    struct err *err);

#endif
