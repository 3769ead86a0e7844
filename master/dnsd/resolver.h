/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "lib/net/dns_client.h"
#include "master/dnsd/dns_search.h"
#include "master/dnsd/dns_upstream.h"

/*
 * What dnsd does for its callers: requests with many questions are taken apart, answered from the
 * hosts file, the cache or upstream (a question that is already on its way is not asked twice), and
 * put together again.
 */
struct resolver;
struct dns_hosts;

struct resolver_limits {
	size_t cache_packets, cache_bytes;
	int64_t max_ttl_us, max_negative_ttl_us;
};

/* hosts (may be NULL), search and upstream stay the caller's. */
struct resolver *resolver_new(struct loop *loop, const struct dns_hosts *hosts,
    const struct dns_search_list *search, const struct dns_upstream *upstream, const struct resolver_limits *limits) MUST_USE;

/* Callers are disconnected. upstream must call no `done` any more. */
void resolver_free(struct resolver **resolver);

/* Serve a caller: fd is a non-blocking socket. gone is called when it has ended. */
void resolver_add_caller(
    struct resolver *resolver, int fd, const char *name, void (*gone)(void *ctx), void *ctx);

/* Questions that are on their way. */
size_t resolver_pending(const struct resolver *resolver);

#endif
