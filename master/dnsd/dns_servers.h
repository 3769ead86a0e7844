/* SPDX-License-Identifier: ISC */
#ifndef DNS_SERVERS_H
#define DNS_SERVERS_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <sys/socket.h>

/* Whom to ask and how patiently: resolv.conf(5), or the parameter dns_servers in its place. */
enum { DNS_SERVERS_MAX = 8 };

struct dns_server {
	struct sockaddr_storage address;
	socklen_t address_len;
	bool is_trusted; /* its AD bit counts: on this host, or trust-ad is set */
};

struct dns_servers {
	struct dns_server list[DNS_SERVERS_MAX];
	size_t count;
	int64_t timeout_us; /* of one attempt */
	int attempts;       /* rounds through the list */
	bool rotate;        /* begin each question with the next server */
	bool use_tcp;
	bool trust_ad;
};

/*
 * Read the text of resolv.conf. What cannot be understood is skipped, as the C library does.
 * Without a usable server it is the one on this host.
 */
void dns_servers_read(struct span resolv_conf, struct dns_servers *out);

/*
 * Take these servers instead: a list of address, address:port, [address]:port.
 * returns   false with *err set: which item, what was expected
 */
MUST_USE bool dns_servers_replace(struct span list, struct dns_servers *servers, struct err *err);

#endif
