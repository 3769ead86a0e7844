/* SPDX-License-Identifier: ISC */
/* The cache of answers: packets as they came, which are read anew for each use; so their form is bounded by themselves. */
#include "master/dnsd/dns_cache.h"

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/panic.h"

struct entry {
	struct list link; /* in use: the most recently used first */
	int64_t stored_us, expires_us;
	bool is_secure;
	size_t key_len, packet_len;
	char bytes[]; /* key, then packet */
};

struct dns_cache {
	struct map *entries;
	struct list used;
	size_t packets_max, bytes_max, bytes;
};

struct dns_cache *
dns_cache_new(size_t packets_max, size_t bytes_max)
{
	struct dns_cache *cache = xcalloc(1, sizeof(*cache));

	cache->entries = map_new();
	cache->packets_max = packets_max;
	cache->bytes_max = bytes_max;
	list_init(&cache->used);
	return cache;
}

void
dns_cache_free(struct dns_cache **cache)
{
	if (*cache == NULL)
		return;
	map_free(&(*cache)->entries, free);
	free(*cache);
	*cache = NULL;
}

static size_t
entry_bytes(const struct entry *entry)
{
	return sizeof(*entry) + entry->key_len + entry->packet_len;
}

static void
forget(struct dns_cache *cache, struct entry *entry)
{
	(void) map_remove(cache->entries, span_make(entry->bytes, entry->key_len));
	list_remove(&entry->link);
	cache->bytes -= entry_bytes(entry);
	free(entry);
}

bool
dns_cache_get(struct dns_cache *cache, struct span key, int64_t now_us, struct dns_cached *out)
{
	struct entry *entry = map_get(cache->entries, key);

	if (entry == NULL)
		return false;
	if (entry->expires_us <= now_us) {
		forget(cache, entry);
		return false;
	}
	list_remove(&entry->link);
	list_prepend(&cache->used, &entry->link);
	*out = (struct dns_cached){ span_make(entry->bytes + entry->key_len, entry->packet_len),
		entry->is_secure, now_us - entry->stored_us };
	return true;
}

void
dns_cache_put(struct dns_cache *cache, struct span key, struct span packet, bool is_secure,
    int64_t now_us, int64_t ttl_us)
{
	struct entry *entry = map_get(cache->entries, key);

	if (entry != NULL)
		forget(cache, entry);
	if (ttl_us <= 0 || cache->packets_max == 0)
		return;
	entry = xmalloc(sizeof(*entry) + key.len + packet.len);
	*entry = (struct entry){ .stored_us = now_us,
		.expires_us = now_us + ttl_us,
		.is_secure = is_secure,
		.key_len = key.len,
		.packet_len = packet.len };
	memcpy(entry->bytes, key.p, key.len);
	memcpy(entry->bytes + key.len, packet.p, packet.len);
	(void) map_set(cache->entries, key, entry);
	list_prepend(&cache->used, &entry->link);
	cache->bytes += entry_bytes(entry);
	while (map_count(cache->entries) > cache->packets_max || cache->bytes > cache->bytes_max)
		forget(cache, LIST_ENTRY(cache->used.prev, struct entry, link));
}
