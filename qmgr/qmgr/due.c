/* SPDX-License-Identifier: ISC */
/* Two binary heaps, soonest first. Memory only. A heap that has twice its capacity forgets the later half. */
#include "qmgr/qmgr/due.h"

#include "lib/base/panic.h"

enum { FIRST_ROOM = 64 };

struct due_entry {
	int64_t when_us;
	char id[QUEUE_ID_MAX];
};

struct due_heap {
	struct due_entry *v;
	size_t count, room;
	int64_t horizon_us;
};

struct due {
	size_t capacity;
	bool is_scanning;
	struct due_heap now, next;
};

/* Before the first scan nothing is known. */
struct due *
due_new(size_t capacity)
{
	struct due *due = xcalloc(1, sizeof(*due));

	due->capacity = capacity;
	return due;
}

void
due_free(struct due **due)
{
	if (*due == NULL)
		return;
	free((*due)->now.v);
	free((*due)->next.v);
	free(*due);
	*due = NULL;
}

static void
swap(struct due_entry *a, struct due_entry *b)
{
	struct due_entry kept = *a;

	*a = *b;
	*b = kept;
}

static void
sift_up(struct due_heap *heap, size_t i)
{
	for (; i > 0 && heap->v[i].when_us < heap->v[(i - 1) / 2].when_us; i = (i - 1) / 2)
		swap(&heap->v[i], &heap->v[(i - 1) / 2]);
}

static void
sift_down(struct due_heap *heap, size_t i)
{
	for (;;) {
		size_t least = i, child = 2 * i + 1;

		if (child < heap->count && heap->v[child].when_us < heap->v[least].when_us)
			least = child;
		if (child + 1 < heap->count && heap->v[child + 1].when_us < heap->v[least].when_us)
			least = child + 1;
		if (least == i)
			return;
		swap(&heap->v[i], &heap->v[least]);
		i = least;
	}
}

static int
by_time(const void *a, const void *b)
{
	int64_t x = ((const struct due_entry *) a)->when_us, y = ((const struct due_entry *) b)->when_us;

	return (x > y) - (x < y);
}

/* Sorted order is a heap too. */
static void
forget_later_half(struct due_heap *heap, size_t capacity)
{
	qsort(heap->v, heap->count, sizeof(*heap->v), by_time);
	heap->horizon_us = heap->v[capacity].when_us;
	heap->count = capacity;
	while (heap->count > 0 && heap->v[heap->count - 1].when_us >= heap->horizon_us && heap->v[0].when_us < heap->horizon_us)
		heap->count--;
}

static void
heap_add(struct due_heap *heap, size_t capacity, struct span id, int64_t when_us)
{
	struct due_entry *entry;

	if (when_us >= heap->horizon_us)
		return;
	if (heap->count == heap->room) {
		heap->room = heap->room == 0 ? FIRST_ROOM : heap->room * 2;
		heap->v = xrealloc(heap->v, heap->room * sizeof(*heap->v));
	}
	entry = &heap->v[heap->count++];
	entry->when_us = when_us;
	memcpy(entry->id, id.p, id.len);
	entry->id[id.len] = '\0';
	sift_up(heap, heap->count - 1);
	if (heap->count >= 2 * capacity)
		forget_later_half(heap, capacity);
}

void
due_add(struct due *due, struct span id, int64_t when_us)
{
	if (id.len == 0 || id.len >= QUEUE_ID_MAX)
		return;
	heap_add(&due->now, due->capacity, id, when_us);
	if (due->is_scanning)
		heap_add(&due->next, due->capacity, id, when_us);
}

bool
due_take(struct due *due, int64_t now_us, char id_out[QUEUE_ID_MAX])
{
	struct due_heap *heap = &due->now;

	if (heap->count == 0 || heap->v[0].when_us > now_us)
		return false;
	memcpy(id_out, heap->v[0].id, QUEUE_ID_MAX);
	heap->v[0] = heap->v[--heap->count];
	sift_down(heap, 0);
	return true;
}

int64_t
due_next_time(const struct due *due)
{
	return due->now.count == 0 ? INT64_MAX : due->now.v[0].when_us;
}

int64_t
due_horizon(const struct due *due)
{
	return due->now.horizon_us;
}

void
due_begin_scan(struct due *due, int64_t horizon_us)
{
	due->is_scanning = true;
	due->next.count = 0;
	due->next.horizon_us = horizon_us;
}

void
due_end_scan(struct due *due)
{
	free(due->now.v);
	due->now = due->next;
	due->next = (struct due_heap){ 0 };
	due->is_scanning = false;
}

size_t
due_count(const struct due *due)
{
	return due->now.count;
}
