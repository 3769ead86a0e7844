/* SPDX-License-Identifier: ISC */
/*
 * Penalties: one map, whose keys begin with what they are of: 'n' a network, 'u' an account, 'k' an
 * account together with a network from which it was used. Entries stand in a list by last use.
 */
#include "auth/authd/authd_penalty.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/panic.h"
#include "lib/base/str.h"
#include "lib/sys/clock.h"

enum { ENTRIES_MAX = 100000, KEY_MAX = 1200, LEVEL_MAX = 3, RECENT = 4, SECRET_BYTES = 32 };

static const int64_t level_time_us = 30 * CLOCK_SECOND_US, known_time_us = 7 * 86400 * CLOCK_SECOND_US;

/* In halves of the unit. */
static const int64_t delays[LEVEL_MAX + 1] = { 0, 4, 8, 15 };

struct penalty_entry {
	struct list link;
	char *key;
	size_t key_len;
	int level;
	int64_t since_us;               /* of the level; of a known network: the last success */
	uint64_t recent[RECENT];        /* hashes of the last wrong passwords */
	size_t next_recent;
};

struct penalty {
	struct map *entries;
	struct list by_use;
	int64_t unit_us;
	unsigned char secret[SECRET_BYTES];
};

struct penalty *
penalty_new(int64_t unit_us)
{
	struct penalty *penalty = xcalloc(1, sizeof(*penalty));

	penalty->entries = map_new();
	penalty->unit_us = unit_us;
	list_init(&penalty->by_use);
	if (getrandom(penalty->secret, SECRET_BYTES, 0) != SECRET_BYTES)
		panic("no random numbers");
	return penalty;
}

static void
drop(struct penalty *penalty, struct penalty_entry *entry)
{
	(void) map_remove(penalty->entries, span_make(entry->key, entry->key_len));
	list_remove(&entry->link);
	free(entry->key);
	free(entry);
}

void
penalty_free(struct penalty **penalty)
{
	if (*penalty == NULL)
		return;
	LIST_EACH_SAFE (link, next, &(*penalty)->by_use)
		drop(*penalty, LIST_ENTRY(link, struct penalty_entry, link));
	map_free(&(*penalty)->entries, NULL);
	free(*penalty);
	*penalty = NULL;
}

/* ---- Entries ---- */

static void
make_key(struct str *key, char kind, struct span first, struct span second)
{
	str_add_char(key, kind);
	str_add(key, first);
	if (second.len > 0) {
		str_add_char(key, '\0');
		str_add(key, second);
	}
}

static struct penalty_entry *
find(struct penalty *penalty, char kind, struct span first, struct span second)
{
	CLEANUP(str_fini) struct str key = { .max = KEY_MAX };

	make_key(&key, kind, first, second);
	return map_get(penalty->entries, str_span(&key));
}

/* The entry, made if need be, as the one used last. */
static struct penalty_entry *
need(struct penalty *penalty, char kind, struct span first, struct span second)
{
	CLEANUP(str_fini) struct str key = { .max = KEY_MAX };
	struct penalty_entry *entry;

	make_key(&key, kind, first, second);
	entry = map_get(penalty->entries, str_span(&key));
	if (entry == NULL) {
		if (map_count(penalty->entries) >= ENTRIES_MAX)
			drop(penalty, LIST_ENTRY(penalty->by_use.next, struct penalty_entry, link));
		entry = xcalloc(1, sizeof(*entry));
		entry->key = xmalloc(key.len);
		entry->key_len = key.len;
		memcpy(entry->key, key.p, key.len);
		(void) map_set(penalty->entries, str_span(&key), entry);
	}
	list_remove(&entry->link);
	list_append(&penalty->by_use, &entry->link);
	return entry;
}

/* The level now: time has lowered it. */
static int
level_of(struct penalty_entry *entry, int64_t now_us)
{
	int64_t falls = (now_us - entry->since_us) / level_time_us;

	if (falls <= 0)
		return entry->level;
	entry->level = falls >= entry->level ? 0 : entry->level - (int) falls;
	entry->since_us += falls * level_time_us;
	return entry->level;
}

/* ---- What happens ---- */

static int64_t
delay_of(struct penalty *penalty, char kind, struct span name, int64_t now_us)
{
	struct penalty_entry *entry = find(penalty, kind, name, (struct span){ 0 });

	return entry == NULL ? 0 : delays[level_of(entry, now_us)] * penalty->unit_us / 2;
}

static bool
is_known(struct penalty *penalty, struct span network, struct span user, int64_t now_us)
{
	struct penalty_entry *entry = find(penalty, 'k', user, network);

	return entry != NULL && now_us - entry->since_us < known_time_us;
}

int64_t
penalty_delay_us(struct penalty *penalty, struct span network, struct span user, int64_t now_us)
{
	int64_t by_network, by_user;

	if (network.len == 0)
		return 0;
	by_network = delay_of(penalty, 'n', network, now_us);
	by_user = is_known(penalty, network, user, now_us) ? 0 : delay_of(penalty, 'u', user, now_us);
	return by_network > by_user ? by_network : by_user;
}

/* 0: a proof, of which nobody knows whether its password was tried before. */
static uint64_t
hash_of(const struct penalty *penalty, struct span user, struct span password)
{
	unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint64_t hash;

	if (password.len == 0) {
		EVP_MD_CTX_free(ctx);
		return 0;
	}
	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, penalty->secret, SECRET_BYTES) != 1 ||
	    EVP_DigestUpdate(ctx, user.p, user.len) != 1 || EVP_DigestUpdate(ctx, "", 1) != 1 ||
	    EVP_DigestUpdate(ctx, password.p, password.len) != 1 ||
	    EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		digest[0] = 0;
	EVP_MD_CTX_free(ctx);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

static bool
is_recent(const struct penalty_entry *entry, uint64_t hash)
{
	for (size_t i = 0; i < RECENT; i++)
		if (hash != 0 && entry->recent[i] == hash)
			return true;
	return false;
}

static void
raise_level(struct penalty_entry *entry, uint64_t hash, int64_t now_us)
{
	if (is_recent(entry, hash))
		return;
	entry->recent[entry->next_recent++ % RECENT] = hash;
	entry->level = level_of(entry, now_us) < LEVEL_MAX ? entry->level + 1 : LEVEL_MAX;
	entry->since_us = now_us;
}

void
penalty_note_failure(struct penalty *penalty, struct span network, struct span user,
    struct span password, int64_t now_us)
{
	uint64_t hash = hash_of(penalty, user, password);

	if (network.len == 0)
		return;
	raise_level(need(penalty, 'n', network, (struct span){ 0 }), hash, now_us);
	raise_level(need(penalty, 'u', user, (struct span){ 0 }), hash, now_us);
}

void
penalty_note_success(struct penalty *penalty, struct span network, struct span user, int64_t now_us)
{
	struct penalty_entry *entry;

	if (network.len == 0)
		return;
	need(penalty, 'k', user, network)->since_us = now_us;
	entry = find(penalty, 'n', network, (struct span){ 0 });
	if (entry != NULL && entry->level > 0)
		entry->level--;
}
