/* SPDX-License-Identifier: ISC */
#ifndef AUTHD_NAMES_H
#define AUTHD_NAMES_H

#include "lib/auth/auth_conf.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"

/*
 * The name that sources are asked for: with the domain of who asked (realm) or else the default one, checked against auth_username_chars,
 * formed by auth_username_format.
 *
 * returns   false with *err: which byte is not allowed (PERM), or a fault of the format (CONFIG)
 */
MUST_USE bool authd_name(const struct auth_conf *conf, struct span given, struct span realm,
    struct arena *arena, struct span *name_out, struct err *err);

/*
 * Part "user*master" at auth_master_user_separator. false: there is no separator in it, or none is
 * configured.
 */
bool authd_split_master(const struct auth_conf *conf, struct span given, struct span *user_out,
    struct span *master_out);

/* The network that penalties count a client by: IPv4 by address, IPv6 by its first 48 bits. */
struct span authd_network(struct span address, struct arena *arena);

/* Is the address in one of these networks ("192.0.2.0/24,2001:db8::/32,local")? As allow_nets. */
bool authd_is_in_networks(struct span networks, struct span address);

#endif
