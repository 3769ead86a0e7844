/* SPDX-License-Identifier: ISC */
#ifndef AUTHD_CACHE_H
#define AUTHD_CACHE_H

#include "lib/net/auth_proto.h"

/*
 * Results of password checks. An entry's key is a keyed hash of all that a result depends on: user,
 * password, and the stored values themselves; so a changed password finds nothing, and no two users
 * can meet. No password is kept.
 */
struct authd_cache;

enum { CACHE_KEY_BYTES = 32 };

/*
 * size   bytes that entries may take; 0: nothing is ever found
 */
struct authd_cache *authd_cache_new(int64_t size, int64_t ttl_us, int64_t negative_ttl_us) MUST_USE;
void authd_cache_free(struct authd_cache **cache);

/* The key of a check. false: the library failed, there is none. */
MUST_USE bool authd_cache_key(const struct authd_cache *cache, const struct auth_check *check,
    unsigned char *key_out);

/* A result that is still good; verdict and which are filled. */
bool authd_cache_get(struct authd_cache *cache, const unsigned char *key, int64_t now_us,
    struct auth_checked *result_out);

/* Remember AUTH_YES and AUTH_NO; the oldest make room. */
void authd_cache_put(struct authd_cache *cache, const unsigned char *key, int64_t now_us,
    const struct auth_checked *result);

#endif
