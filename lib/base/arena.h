/* SPDX-License-Identifier: ISC */
#ifndef ARENA_H
#define ARENA_H

#include "lib/base/span.h"

/*
 * Memory for one unit of work (a connection, a message, a command), freed all at once.
 *
 * An arena has a limit. Allocation past it still succeeds, so that code between two reads of input
 * needs no error path, but from then on arena_is_over() is true: whoever feeds input into the arena
 * asks before each unit and answers a temporary failure. At four times the limit the process ends.
 */
struct arena;

/*
 * limit_bytes   what the unit of work may reasonably need; name is for messages and must be static
 */
struct arena *arena_new(const char *name, size_t limit_bytes) MUST_USE;

/* NULL inside is fine; *arena becomes NULL. Also usable as CLEANUP(arena_free). */
void arena_free(struct arena **arena);

bool arena_is_over(const struct arena *arena);
size_t arena_used(const struct arena *arena);

/* Aligned for any type; never NULL; arena_zalloc zeroes. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size) MUST_USE;
void *arena_zalloc(struct arena *arena, size_t size) MUST_USE;

/* One zeroed object, or COUNT zeroed objects, of a type. */
#define ARENA_NEW(ARENA, TYPE)            ((TYPE *) arena_zalloc((ARENA), sizeof(TYPE)))
#define ARENA_ARRAY(ARENA, TYPE, COUNT)   ((TYPE *) arena_zarray((ARENA), (COUNT), sizeof(TYPE)))
void *arena_zarray(struct arena *arena, size_t count, size_t size) MUST_USE;

/* Copies that live as long as the arena (or until reset past them). */
struct span arena_dup(struct arena *arena, struct span s) MUST_USE;
char *arena_cstr(struct arena *arena, struct span s) MUST_USE;
char *arena_strdup(struct arena *arena, const char *text) MUST_USE;
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_USE;

/* Everything allocated after the mark is freed by the reset; under ASan it is poisoned. */
struct arena_mark {
	void *block;
	size_t used;
	size_t total;
};
struct arena_mark arena_mark(const struct arena *arena) MUST_USE;
void arena_reset(struct arena *arena, struct arena_mark mark);

/*
 * Back to empty; one block is kept; that the limit was passed is forgotten (a reset does not
 * forget).
 */
void arena_clear(struct arena *arena);

#endif
