/* SPDX-License-Identifier: ISC */
#ifndef AUTH_NAME_H
#define AUTH_NAME_H

#include "lib/auth/auth_conf.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"

enum { AUTH_NAME_MAX = 512 };   /* bytes of a user's name */

/*
 * The name that sources are asked for: with the domain of who asked (realm) or else the default one, checked against auth_username_chars,
 * formed by auth_username_format.
 *
 * returns   false with *err: which byte is not allowed (PERM), or a fault of the format (CONFIG)
 */
MUST_USE bool auth_name(const struct auth_conf *conf, struct span given, struct span realm,
    struct arena *arena, struct span *name_out, struct err *err);

/*
 * Part "user*master" at auth_master_user_separator. false: there is no separator in it, or none is
 * configured.
 */
bool auth_name_split_master(const struct auth_conf *conf, struct span given, struct span *user_out,
    struct span *master_out);

#endif
