/* SPDX-License-Identifier: ISC */
#ifndef DNS_HOSTS_H
#define DNS_HOSTS_H

#include "lib/base/array.h"
#include "lib/net/dns_client.h"

/* The hosts file, in memory. */
struct dns_hosts;

/* Read its text; lines that make no sense are skipped. */
struct dns_hosts *dns_hosts_new(struct span text) MUST_USE;
void dns_hosts_free(struct dns_hosts **hosts);

/*
 * Answer DNS_A, DNS_AAAA or DNS_PTR (name as dns_reverse_name makes it).
 * returns   LOOKUP_FOUND with *answer_out set: records, or DNS_NO_DATA for a name that is there with
 *           addresses of the other kind only; LOOKUP_NONE: the file says nothing, ask the DNS
 */
MUST_USE enum lookup dns_hosts_find(const struct dns_hosts *hosts, struct span name, int type,
    struct arena *arena, struct dns_answer *answer_out);

#endif
