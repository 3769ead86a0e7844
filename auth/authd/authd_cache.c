/* SPDX-License-Identifier: ISC */
/* The cache of password checks: a map, and a list from the oldest entry to the newest. */
#include "auth/authd/authd_cache.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/panic.h"

enum { SECRET_BYTES = 32, ENTRY_COST = 200 };

struct cache_entry {
	struct list link;
	unsigned char key[CACHE_KEY_BYTES];
	bool is_right;
	int64_t which, good_until_us;
};

struct authd_cache {
	struct map *entries;
	struct list by_age;
	size_t room;
	int64_t ttl_us, negative_ttl_us;
	unsigned char secret[SECRET_BYTES];
};

struct authd_cache *
authd_cache_new(int64_t size, int64_t ttl_us, int64_t negative_ttl_us)
{
	struct authd_cache *cache = xcalloc(1, sizeof(*cache));

	cache->entries = map_new();
	list_init(&cache->by_age);
	cache->ttl_us = ttl_us;
	cache->negative_ttl_us = negative_ttl_us;
	if (getrandom(cache->secret, SECRET_BYTES, 0) == SECRET_BYTES && size > 0)
		cache->room = (size_t) size / ENTRY_COST;
	return cache;
}

static struct span
key_span(const unsigned char *key)
{
	return span_make((const char *) key, CACHE_KEY_BYTES);
}

static void
drop(struct authd_cache *cache, struct cache_entry *entry)
{
	(void) map_remove(cache->entries, key_span(entry->key));
	list_remove(&entry->link);
	free(entry);
}

void
authd_cache_free(struct authd_cache **cache)
{
	if (*cache == NULL)
		return;
	LIST_EACH_SAFE (link, next, &(*cache)->by_age)
		drop(*cache, LIST_ENTRY(link, struct cache_entry, link));
	map_free(&(*cache)->entries, NULL);
	explicit_bzero((*cache)->secret, SECRET_BYTES);
	free(*cache);
	*cache = NULL;
}

/* Each part with its length before it, so that no two lists of parts are the same bytes. */
static bool
feed(EVP_MD_CTX *hash, struct span part)
{
	uint64_t len = part.len;

	return EVP_DigestUpdate(hash, &len, sizeof(len)) == 1 && EVP_DigestUpdate(hash, part.p, part.len) == 1;
}

static bool
feed_check(EVP_MD_CTX *hash, const struct authd_cache *cache, const struct auth_check *check)
{
	const struct auth_stored *stored = check->stored.items;

	if (!feed(hash, span_make((const char *) cache->secret, SECRET_BYTES)) || !feed(hash, check->user) ||
	    !feed(hash, check->scheme) || !feed(hash, check->password))
		return false;
	for (size_t i = 0; i < check->stored.count; i++)
		if (!feed(hash, stored[i].value))
			return false;
	return true;
}

/* The secret stands first and last, so that nothing can be appended. */
bool
authd_cache_key(const struct authd_cache *cache, const struct auth_check *check, unsigned char *key_out)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool is_made = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
	    feed_check(hash, cache, check) &&
	    feed(hash, span_make((const char *) cache->secret, SECRET_BYTES)) &&
	    EVP_DigestFinal_ex(hash, key_out, NULL) == 1;

	EVP_MD_CTX_free(hash);
	return is_made;
}

bool
authd_cache_get(struct authd_cache *cache, const unsigned char *key, int64_t now_us,
    struct auth_checked *result_out)
{
	struct cache_entry *entry = map_get(cache->entries, key_span(key));

	if (entry == NULL)
		return false;
	if (entry->good_until_us <= now_us) {
		drop(cache, entry);
		return false;
	}
	result_out->verdict = entry->is_right ? AUTH_YES : AUTH_NO;
	result_out->which = entry->which;
	return true;
}

void
authd_cache_put(struct authd_cache *cache, const unsigned char *key, int64_t now_us,
    const struct auth_checked *result)
{
	bool is_right = result->verdict == AUTH_YES;
	struct cache_entry *entry = map_get(cache->entries, key_span(key));

	if (cache->room == 0 || (!is_right && result->verdict != AUTH_NO))
		return;
	if (entry != NULL)
		drop(cache, entry);
	while (map_count(cache->entries) >= cache->room)
		drop(cache, LIST_ENTRY(cache->by_age.next, struct cache_entry, link));
	entry = xcalloc(1, sizeof(*entry));
	memcpy(entry->key, key, CACHE_KEY_BYTES);
	entry->is_right = is_right;
	entry->which = result->which;
	entry->good_until_us = now_us + (is_right ? cache->ttl_us : cache->negative_ttl_us);
	list_append(&cache->by_age, &entry->link);
	(void) map_set(cache->entries, key_span(key), entry);
}
