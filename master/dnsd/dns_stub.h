/* SPDX-License-Identifier: ISC */
#ifndef DNS_STUB_H
#define DNS_STUB_H

#include "lib/sys/loop.h"
#include "master/dnsd/dns_servers.h"
#include "master/dnsd/dns_upstream.h"

/*
 * Questions to name servers that resolve for us: by UDP from a socket of its own with a random ID,
 * by TCP when the answer does not fit, without EDNS when a server does not know it, to the next
 * server when one is silent or fails. A limited number is on its way; the others wait.
 */
struct dns_stub;

struct dns_stub *dns_stub_new(struct loop *loop, const struct dns_servers *servers) MUST_USE;

/* Questions on their way are dropped without a word. */
void dns_stub_free(struct dns_stub **stub);

struct dns_upstream dns_stub_upstream(struct dns_stub *stub);

#endif
