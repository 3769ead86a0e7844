/* SPDX-License-Identifier: ISC */
#ifndef DNS_UPSTREAM_H
#define DNS_UPSTREAM_H

#include "lib/base/span.h"

/* Where answers come from: name servers (dns_stub) or a validating resolver of our own (dns_validator). */

/* What came of one question. */
struct dns_raw {
	struct span packet; /* the answer as on the wire; empty: none came */
	bool is_secure;
	const char *bogus; /* why validation failed, or NULL */
};

struct dns_upstream {
	/*
	 * Ask. done is called once, perhaps before ask returns; raw is good until done returns.
	 * name is askable (dns_packet.h).
	 */
	void (*ask)(void *self, struct span name, int type,
	    void (*done)(void *ctx, const struct dns_raw *raw), void *ctx);
	void *self;
};

#endif
