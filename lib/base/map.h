/* SPDX-License-Identifier: ISC */
#ifndef MAP_H
#define MAP_H

#include "lib/base/span.h"

/*
 * A hash table from bytes to pointers. Keys are copied; values are the caller's.
 * The hash is keyed with a random seed, so that strangers cannot choose collisions.
 */
struct map;

struct map *map_new(void) MUST_USE;

/* free_value may be NULL. *map becomes NULL. */
void map_free(struct map **map, void (*free_value)(void *value));

size_t map_count(const struct map *map);

/* The value, or NULL. */
void *map_get(const struct map *map, struct span key);

/* Set or replace; returns the value that was there before, or NULL. value is not NULL. */
void *map_set(struct map *map, struct span key, void *value);

/* Remove; returns the value that was there, or NULL. */
void *map_remove(struct map *map, struct span key);

/*
 * Visit every entry in no particular order: for (size_t it = 0; map_next(map, &it, &key, &value);).
 * The entry just visited may be removed during the walk; nothing else may change.
 */
bool map_next(const struct map *map, size_t *iterator, struct span *key_out, void **value_out);

#endif
