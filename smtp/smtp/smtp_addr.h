/* SPDX-License-Identifier: ISC */
#ifndef SMTP_ADDR_H
#define SMTP_ADDR_H

#include "lib/base/array.h"
#include "lib/net/dns_client.h"
#include "smtp/smtp/smtp.h"
#include "smtp/smtp/smtp_dest.h"

/* From a next hop to the addresses to connect to, in the order to try them (RFC 5321 5.1, RFC 7505, RFC 2782). */

struct smtp_host {
	struct span name;    /* as the server is called in logs and for TLS */
	struct span address; /* text form; empty for a UNIX socket */
	bool is_ipv6;
	int64_t preference;
	int64_t weight; /* SRV: share of the connections among hosts of the same preference */
	uint16_t port;  /* SRV; 0: that of the next hop */
};
struct smtp_hosts {
	ARRAY(struct smtp_host) list;
	bool has_weights; /* they come from SRV records */
};

/*
 * Ask the DNS for a destination that is no UNIX socket.
 * see_loops     this host among the MX hosts is a loop (port 25)
 * returns       false with *err: 5.4.4 or 5.1.0 PERM (no such domain, null MX or SRV), 5.4.6 PERM (loop),
 *               4.4.3 TEMP
 */
MUST_USE bool smtp_hosts_find(struct smtp_client *client, const struct smtp_dest *dest,
    bool see_loops, struct arena *arena, struct smtp_hosts *hosts_out, struct err *err);

/*
 * The order to try: by preference, equal ones shuffled when randomize_addresses (by weight when they
 * have any), the address families as address_preference and balance_inet_protocols say, at most
 * mx_address_limit.
 */
void smtp_hosts_order(const struct smtp_conf *conf, struct smtp_hosts *hosts, uint64_t seed);

#endif
