/* SPDX-License-Identifier: ISC */
/*
 * Memory for one unit of work: a chain of blocks, newest first, each filled from its start.
 * Invariants: total is the sum of what was handed out since the last clear, less what resets took
 * back; bytes not handed out are poisoned under ASan. Blocks double up to a bound; a request that
 * does not fit gets a block of its own size.
 */
#include "lib/base/arena.h"

#include <stdalign.h>

#include "lib/base/panic.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(P, N)   ((void) (P), (void) (N))
#define ASAN_UNPOISON_MEMORY_REGION(P, N) ((void) (P), (void) (N))
#endif

enum {
	ARENA_ALIGN = alignof(max_align_t),
	ARENA_FIRST_BLOCK = 4000,
	ARENA_LARGEST_BLOCK = 256 * 1024,
	ARENA_PANIC_FACTOR = 4,
};

struct block {
	struct block *older;
	size_t used;
	size_t size;
	alignas(max_align_t) char bytes[];
};

struct arena {
	const char *name;
	size_t limit;
	size_t total;
	size_t next_size;
	bool is_over;
	struct block *newest;
};

struct arena *
arena_new(const char *name, size_t limit_bytes)
{
	struct arena *arena = xcalloc(1, sizeof(*arena));

	arena->name = name;
	arena->limit = limit_bytes;
	arena->next_size = ARENA_FIRST_BLOCK;
	return arena;
}

/* Poisoned memory must be given back to malloc as it was. */
static void
free_block(struct block *block)
{
	ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
	free(block);
}

void
arena_free(struct arena **arena)
{
	if (*arena == NULL)
		return;
	while ((*arena)->newest != NULL) {
		struct block *block = (*arena)->newest;

		(*arena)->newest = block->older;
		free_block(block);
	}
	free(*arena);
	*arena = NULL;
}

bool
arena_is_over(const struct arena *arena)
{
	return arena->is_over;
}

size_t
arena_used(const struct arena *arena)
{
	return arena->total;
}

static void
add_block(struct arena *arena, size_t need)
{
	size_t size = need > arena->next_size ? need : arena->next_size;
	struct block *block = xmalloc(sizeof(*block) + size);

	block->older = arena->newest;
	block->used = 0;
	block->size = size;
	arena->newest = block;
	ASAN_POISON_MEMORY_REGION(block->bytes, size);
	if (arena->next_size < ARENA_LARGEST_BLOCK)
		arena->next_size *= 2;
}

/* Count bytes against the limit; far past it, the code that should have asked is at fault. */
static void
account(struct arena *arena, size_t size)
{
	size_t limit = arena->limit;
	size_t end = limit > SIZE_MAX / ARENA_PANIC_FACTOR ? SIZE_MAX : limit * ARENA_PANIC_FACTOR;

	if (size > end || arena->total > end - size)
		panic("arena %s: %zu bytes wanted, limit %zu", arena->name, size, limit);
	arena->total += size;
	if (arena->total > limit)
		arena->is_over = true;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	size_t need = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	char *p;

	if (size > SIZE_MAX / 2)
		panic("arena %s: %zu bytes wanted", arena->name, size);
	if (need == 0)
		need = ARENA_ALIGN;
	account(arena, need);
	if (arena->newest == NULL || need > arena->newest->size - arena->newest->used)
		add_block(arena, need);
	p = arena->newest->bytes + arena->newest->used;
	arena->newest->used += need;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	return p;
}

void *
arena_zalloc(struct arena *arena, size_t size)
{
	return memset(arena_alloc(arena, size), 0, size);
}

void *
arena_zarray(struct arena *arena, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / size)
		panic("arena %s: array of %zu times %zu bytes wanted", arena->name, count, size);
	return arena_zalloc(arena, count * size);
}

char *
arena_cstr(struct arena *arena, struct span s)
{
	char *copy = arena_alloc(arena, s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return copy;
}

struct span
arena_dup(struct arena *arena, struct span s)
{
	char *copy = arena_alloc(arena, s.len);

	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	return span_make(copy, s.len);
}

char *
arena_strdup(struct arena *arena, const char *text)
{
	return arena_cstr(arena, span_of(text));
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		panic("arena_printf: bad format or text past INT_MAX: %s", fmt);
	text = arena_alloc(arena, (size_t) len + 1);
	va_start(ap, fmt);
	(void) vsnprintf(text, (size_t) len + 1, fmt, ap);
	va_end(ap);
	return text;
}

struct arena_mark
arena_mark(const struct arena *arena)
{
	struct block *block = arena->newest;

	return (struct arena_mark){ block, block != NULL ? block->used : 0, arena->total };
}

/* Free what was handed out of a block after its first `used` bytes. */
static void
rewind_block(struct block *block, size_t used)
{
	ASAN_POISON_MEMORY_REGION(block->bytes + used, block->size - used);
	block->used = used;
}

void
arena_reset(struct arena *arena, struct arena_mark mark)
{
	if (mark.block == NULL) {
		bool was_over = arena->is_over;

		arena_clear(arena);
		arena->is_over = was_over;
		return;
	}
	while (arena->newest != mark.block) {
		struct block *block = arena->newest;

		if (block == NULL)
			panic("arena %s: reset to a mark that is gone", arena->name);
		arena->newest = block->older;
		free_block(block);
	}
	rewind_block(arena->newest, mark.used);
	arena->total = mark.total;
}

void
arena_clear(struct arena *arena)
{
	while (arena->newest != NULL && arena->newest->older != NULL) {
		struct block *block = arena->newest;

		arena->newest = block->older;
		free_block(block);
	}
	if (arena->newest != NULL)
		rewind_block(arena->newest, 0);
	arena->next_size = ARENA_FIRST_BLOCK;
	arena->total = 0;
	arena->is_over = false;
}
