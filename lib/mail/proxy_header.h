/* SPDX-License-Identifier: ISC */
#ifndef PROXY_HEADER_H
#define PROXY_HEADER_H

#include "lib/base/result.h"
#include "lib/base/span.h"

/*
 * The header that a load balancer puts in front of a connection (HAProxy's PROXY protocol, version
 * 1 in text, version 2 in binary): who the client is, and which of our addresses it called.
 */
enum {
	PROXY_HEADER_MAX = 4096, /* longer ones are PARSE_BAD; addresses need at most 52 bytes */
	PROXY_HOST_MAX = 46,     /* text form of an address, with NUL */
};

struct proxy_end {
	char host[PROXY_HOST_MAX]; /* "192.0.2.1", "2001:db8::1"; IPv4 in IPv6's clothes is IPv4 */
	unsigned port;
};

struct proxy_header {
	/* the balancer speaks for itself (LOCAL, a health check) or cannot tell (UNKNOWN) */
	bool has_client;
	struct proxy_end client, server; /* when has_client */
};

/*
 * Parse the header at the start of in.
 *
 * in        what has come so far, any bytes
 * returns   PARSE_OK    *header_out filled, *used_out bytes belong to the header
 *           PARSE_MORE  it is not complete, and could still become one
 *           PARSE_BAD   *why_out says what is wrong
 * spec      HAProxy doc/proxy-protocol.txt 2.1, 2.2: TCP over IPv4 and IPv6; extensions (TLV) of
 *           version 2 are skipped
 */
MUST_USE enum parse proxy_header_parse(
    struct span in, struct proxy_header *header_out, size_t *used_out, const char **why_out);

#endif
