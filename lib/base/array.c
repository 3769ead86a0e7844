/* SPDX-License-Identifier: ISC */
/* The growing step of ARRAY(); everything else is in the macros. */
#include "lib/base/array.h"

#include "lib/base/panic.h"

enum { ARRAY_FIRST_ROOM = 8 };

void *
array_grow(struct arena *arena, const void *old, size_t count, size_t *room, size_t size)
{
	size_t more = *room > 0 ? *room : ARRAY_FIRST_ROOM / 2;
	void *storage;

	if (more > SIZE_MAX / 2)
		panic("array of %zu elements cannot grow", count);
	*room = more * 2;
	storage = arena_zarray(arena, *room, size);
	if (count > 0)
		memcpy(storage, old, count * size);
	return storage;
}
