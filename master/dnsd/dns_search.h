/* SPDX-License-Identifier: ISC */
#ifndef DNS_SEARCH_H
#define DNS_SEARCH_H

#include "lib/base/arena.h"
#include "lib/base/span.h"

/* Search domains of resolv.conf(5): how a short name of a host is completed. */

enum { DNS_SEARCH_DOMAINS_MAX = 6 };

struct dns_search_list {
	struct span domains[DNS_SEARCH_DOMAINS_MAX];
	size_t count;
	unsigned dots_min; /* names with so many dots are asked for as they are first (ndots) */
};

/* Of the text of resolv.conf, which must live as long: the last "search" or "domain" counts. */
void dns_search_read(struct span resolv_conf, struct dns_search_list *out);

/* Take these domains instead. */
void dns_search_replace(struct span list, struct dns_search_list *out);

/*
 * The names to ask for in turn until one is found, as the C library does.
 * mask      of enum dns_search; 0, and a name with a final dot: only the name itself
 * step      0, 1, 2 ...
 * returns   false when there is no other
 */
MUST_USE bool dns_search_name(const struct dns_search_list *list, int64_t mask, struct span name,
    size_t step, struct arena *arena, struct span *name_out);

#endif
