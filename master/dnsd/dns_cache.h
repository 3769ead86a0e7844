/* SPDX-License-Identifier: ISC */
#ifndef DNS_CACHE_H
#define DNS_CACHE_H

#include "lib/base/span.h"

/* Answer packets by question, the least recently used of which goes when there are too many. Times are clock_now_us values. */
struct dns_cache;

struct dns_cached {
	struct span packet; /* good until the next call of dns_cache_put */
	bool is_secure;
	int64_t age_us;
};

/* At most so many packets, and so many bytes of them; 0 packets: it remembers nothing. */
struct dns_cache *dns_cache_new(size_t packets_max, size_t bytes_max) MUST_USE;
void dns_cache_free(struct dns_cache **cache);

MUST_USE bool dns_cache_get(
    struct dns_cache *cache, struct span key, int64_t now_us, struct dns_cached *out);

/* Remember until now_us + ttl_us, in place of what was there. */
void dns_cache_put(struct dns_cache *cache, struct span key, struct span packet, bool is_secure,
    int64_t now_us, int64_t ttl_us);

#endif
