/* SPDX-License-Identifier: ISC */
#ifndef IP_NET_H
#define IP_NET_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/* IP addresses and networks, for cidr tables and match lists. */
struct ip_net {
	uint8_t bytes[16];
	size_t len;             /* 4 or 16 */
	unsigned bits;          /* of the network part */
};

/* One address without brackets or mask; bits covers all of it. */
MUST_USE bool ip_parse(struct span text, struct ip_net *out);

/*
 * An address or network/length; brackets may stand around either part: 10.0.0.0/8, [2001:db8::]/32,
 * [2001:db8::/32].
 * returns   false with *err saying which part is wrong; host bits that are not zero are wrong
 */
MUST_USE bool ip_net_parse(struct span text, struct ip_net *out, struct err *err);

/* The address lies in the network. IPv4 and IPv6 never match one another. */
bool ip_net_has(const struct ip_net *net, const struct ip_net *address);

#endif
