/* SPDX-License-Identifier: ISC */
#ifndef LIST_H
#define LIST_H

#include "lib/base/attr.h"

/*
 * A doubly linked list whose links lie inside the members. The head is a link too; an unlinked
 * member has both pointers NULL.
 */
struct list {
	struct list *prev, *next;
};

static inline void
list_init(struct list *head)
{
	head->prev = head->next = head;
}

static inline bool
list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline bool
list_is_linked(const struct list *link)
{
	return link->next != NULL;
}

/* Put link right after, or right before, a place that is in a list. */
static inline void
list_add_after(struct list *place, struct list *link)
{
	link->prev = place;
	link->next = place->next;
	place->next->prev = link;
	place->next = link;
}

static inline void
list_add_before(struct list *place, struct list *link)
{
	list_add_after(place->prev, link);
}

static inline void
list_prepend(struct list *head, struct list *link)
{
	list_add_after(head, link);
}

static inline void
list_append(struct list *head, struct list *link)
{
	list_add_before(head, link);
}

/* No effect on an unlinked member. */
static inline void
list_remove(struct list *link)
{
	if (link->next == NULL)
		return;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->prev = link->next = NULL;
}

/* The structure that holds a link. */
#define LIST_ENTRY(LINK, TYPE, MEMBER)  ((TYPE *) (void *) ((char *) (LINK) - offsetof(TYPE, MEMBER)))

/* Walk; the member under the cursor may be removed with the SAFE form. */
#define LIST_EACH(CURSOR, HEAD) \
	for (struct list *CURSOR = (HEAD)->next; CURSOR != (HEAD); CURSOR = CURSOR->next)
#define LIST_EACH_SAFE(CURSOR, NEXT, HEAD)                                              \
	for (struct list *CURSOR = (HEAD)->next, *NEXT = CURSOR->next; CURSOR != (HEAD); \
	     CURSOR = NEXT, NEXT = CURSOR->next)

#endif
