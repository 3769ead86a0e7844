/* SPDX-License-Identifier: ISC */
#ifndef ARRAY_H
#define ARRAY_H

#include "lib/base/arena.h"

/*
 * A growing array in an arena. Declare as ARRAY(struct x) xs = { 0 }; old storage is left to the
 * arena when it grows, so pointers into the array are good until the next add only.
 */
#define ARRAY(TYPE)  struct { TYPE *v; size_t count; size_t room; }

/* Add one zeroed element; the value is a pointer to it. */
#define ARRAY_ADD(ARENA, A)                                                                        \
	((A)->count == (A)->room                                                                   \
	     ? (void) ((A)->v = array_grow((ARENA), (A)->v, (A)->count, &(A)->room, sizeof(*(A)->v))) \
	     : (void) 0,                                                                           \
	 &(A)->v[(A)->count++])

/* Doubles the room and copies. Storage past count is zeroed. */
void *array_grow(struct arena *arena, const void *old, size_t count, size_t *room,
    size_t size) MUST_USE;

#endif
