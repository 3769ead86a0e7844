/* SPDX-License-Identifier: ISC */
#ifndef AUTHD_NETWORK_H
#define AUTHD_NETWORK_H

#include "lib/base/arena.h"

/* The network that penalties count a client by: IPv4 by address, IPv6 by its first 48 bits. */
struct span authd_network(struct span address, struct arena *arena);

/* Is the address in one of these networks ("192.0.2.0/24,2001:db8::/32,local")? As allow_nets. */
bool authd_is_in_networks(struct span networks, struct span address);

#endif
