/* SPDX-License-Identifier: ISC */
#ifndef MAIL_NET_H
#define MAIL_NET_H

#include "lib/base/arena.h"

/*
 * The networks of this host's own interfaces, as mynetworks wants them by default:
 * "127.0.0.1/32 192.0.2.5/32 [::1]/128".
 *
 * style        host, subnet (the interface's netmask) or class (IPv4's old classes); others count
 *              as host
 * interfaces   inet_interfaces: only addresses that mail is received on count
 * protocols    inet_protocols
 */
const char *mail_net_of_style(
    const char *style, const char *interfaces, const char *protocols, struct arena *arena) MUST_USE;

#endif
