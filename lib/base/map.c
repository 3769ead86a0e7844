/* SPDX-License-Identifier: ISC */
/*
 * The hash table: entries in order of arrival, and an open-addressed index of their numbers.
 * Invariants: the index has a power of two of slots, at most two thirds of them not SLOT_EMPTY;
 * a removed entry keeps its place (value NULL) until the next rebuild, so a walk may remove.
 * Hashing is SipHash-1-3 with a seed from the kernel for each table.
 */
#include "lib/base/map.h"

#include <sys/random.h>

#include "lib/base/panic.h"

enum { MAP_FIRST_SLOTS = 16 };

#define SLOT_EMPTY UINT32_MAX

struct entry {
	uint64_t hash;
	char *key;
	size_t key_len;
	void *value; /* NULL: removed */
};

struct map {
	uint64_t seed[2];
	struct entry *entries;
	uint32_t *slots;
	size_t slot_count;
	size_t entry_count; /* with removed ones */
	size_t live_count;
};

static inline uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static inline void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

/* SipHash-1-3; byte order inside a word does not matter, since hashes never leave the process. */
static uint64_t
hash_key(const struct map *map, struct span key)
{
	uint64_t v[4] = {
		map->seed[0] ^ UINT64_C(0x736f6d6570736575),
		map->seed[1] ^ UINT64_C(0x646f72616e646f6d),
		map->seed[0] ^ UINT64_C(0x6c7967656e657261),
		map->seed[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t tail = (uint64_t) key.len << 56;
	size_t whole = key.len & ~(size_t) 7;

	for (size_t i = 0; i < whole; i += 8) {
		uint64_t word;

		memcpy(&word, key.p + i, sizeof(word));
		sip_word(v, word);
	}
	for (size_t i = whole; i < key.len; i++)
		tail |= (uint64_t) (unsigned char) key.p[i] << (8 * (i - whole));
	sip_word(v, tail);
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* How many entries fit before the index must be rebuilt. */
static size_t
entry_room(size_t slot_count)
{
	return slot_count / 3 * 2;
}

static void
take_room(struct map *map, size_t slot_count)
{
	map->slot_count = slot_count;
	map->slots = xmalloc(slot_count * sizeof(*map->slots));
	memset(map->slots, 0xff, slot_count * sizeof(*map->slots));
	map->entries = xrealloc(map->entries, entry_room(slot_count) * sizeof(*map->entries));
}

struct map *
map_new(void)
{
	struct map *map = xcalloc(1, sizeof(*map));

	if (getrandom(map->seed, sizeof(map->seed), 0) != (ssize_t) sizeof(map->seed))
		panic("map_new: the kernel has no random bytes");
	take_room(map, MAP_FIRST_SLOTS);
	return map;
}

void
map_free(struct map **map, void (*free_value)(void *value))
{
	if (*map == NULL)
		return;
	for (size_t i = 0; i < (*map)->entry_count; i++) {
		struct entry *entry = &(*map)->entries[i];

		if (entry->value != NULL && free_value != NULL)
			free_value(entry->value);
		free(entry->key);
	}
	free((*map)->entries);
	free((*map)->slots);
	free(*map);
	*map = NULL;
}

size_t
map_count(const struct map *map)
{
	return map->live_count;
}

/* The slot to begin with, and the one after it. */
static size_t
slot_home(const struct map *map, uint64_t hash)
{
	return (size_t) hash & (map->slot_count - 1);
}

static size_t
slot_after(const struct map *map, size_t slot)
{
	return (slot + 1) & (map->slot_count - 1);
}

/* The live entry with this key, or NULL. */
static struct entry *
find_entry(const struct map *map, struct span key, uint64_t hash)
{
	for (size_t slot = slot_home(map, hash); map->slots[slot] != SLOT_EMPTY;
	     slot = slot_after(map, slot)) {
		struct entry *entry = &map->entries[map->slots[slot]];

		if (entry->value != NULL && entry->hash == hash &&
		    span_eq(span_make(entry->key, entry->key_len), key))
			return entry;
	}
	return NULL;
}

static void
index_entry(struct map *map, size_t number)
{
	size_t slot = slot_home(map, map->entries[number].hash);

	while (map->slots[slot] != SLOT_EMPTY)
		slot = slot_after(map, slot);
	map->slots[slot] = (uint32_t) number;
}

/* Close the gaps of removed entries, take more room when it is live entries that fill it. */
static void
rebuild(struct map *map)
{
	size_t slots = map->slot_count;
	size_t kept = 0;

	for (size_t i = 0; i < map->entry_count; i++)
		if (map->entries[i].value != NULL)
			map->entries[kept++] = map->entries[i];
	map->entry_count = kept;
	if (kept > entry_room(slots) / 2)
		slots *= 2;
	if (slots >= SLOT_EMPTY)
		panic("map of %zu entries cannot grow", kept);
	free(map->slots);
	take_room(map, slots);
	for (size_t i = 0; i < kept; i++)
		index_entry(map, i);
}

void *
map_get(const struct map *map, struct span key)
{
	struct entry *entry = find_entry(map, key, hash_key(map, key));

	return entry != NULL ? entry->value : NULL;
}

void *
map_set(struct map *map, struct span key, void *value)
{
	uint64_t hash = hash_key(map, key);
	struct entry *entry = find_entry(map, key, hash);

	if (value == NULL)
		panic("map_set: NULL value");
	if (entry != NULL) {
		void *old = entry->value;

		entry->value = value;
		return old;
	}
	if (map->entry_count == entry_room(map->slot_count))
		rebuild(map);
	entry = &map->entries[map->entry_count];
	*entry = (struct entry){ hash, xmalloc(key.len), key.len, value };
	if (key.len > 0)
		memcpy(entry->key, key.p, key.len);
	index_entry(map, map->entry_count);
	map->entry_count++;
	map->live_count++;
	return NULL;
}

void *
map_remove(struct map *map, struct span key)
{
	struct entry *entry = find_entry(map, key, hash_key(map, key));
	void *old;

	if (entry == NULL)
		return NULL;
	old = entry->value;
	entry->value = NULL;
	free(entry->key);
	entry->key = NULL;
	map->live_count--;
	return old;
}

bool
map_next(const struct map *map, size_t *iterator, struct span *key_out, void **value_out)
{
	while (*iterator < map->entry_count) {
		const struct entry *entry = &map->entries[(*iterator)++];

		if (entry->value == NULL)
			continue;
		*key_out = span_make(entry->key, entry->key_len);
		*value_out = entry->value;
		return true;
	}
	return false;
}
