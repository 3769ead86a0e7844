/* SPDX-License-Identifier: ISC */
/*
 * A node for every id that occurs, with or without a message; then the steps of RFC 5256. Nothing
 * here recurses: strangers choose the depth. Links that would make a loop, or lie deeper than
 * DEPTH_MAX, are not made.
 */
#include "lib/mail/thread.h"

#include "lib/base/map.h"

enum { DEPTH_MAX = 5000, REFERENCES_MAX = 200 };

struct node {
	const struct thread_message *message; /* NULL: a dummy */
	struct node *parent, *child, *next;
	size_t order;           /* of the message in the mailbox */
	int64_t latest;         /* REFS: when the newest message of the thread arrived */
};

struct forest {
	enum thread_kind kind;
	struct arena *pool;
	struct map *ids, *subjects;
	struct node root;
	ARRAY(struct node *) all, sorting;
};

/* ---- Message ids ---- */

/* msg-id = "<" id-left "@" id-right ">", with quoted strings in it undone */
void
thread_add_ids(struct span value, struct arena *pool, struct thread_message *message)
{
	size_t at = 0;

	while ((at += span_find(span_from(value, at), '<')) < value.len) {
		char *text = arena_alloc(pool, value.len - at), *to = text;
		bool in_quotes = false;

		for (at++; at < value.len && (in_quotes || value.p[at] != '>'); at++) {
			if (value.p[at] == '"')
				in_quotes = !in_quotes;
			else if (value.p[at] == '\\' && in_quotes && at + 1 < value.len)
				*to++ = value.p[++at];
			else if (in_quotes || !ascii_is_space(value.p[at]))
				*to++ = value.p[at];
		}
		if (at >= value.len)
			return;
		if (memchr(text, '@', (size_t) (to - text)) != NULL &&
		    message->references.count < REFERENCES_MAX)
			*ARRAY_ADD(pool, &message->references) = span_make(text, (size_t) (to - text));
	}
}

/* ---- The tree ---- */

static struct node *
add_node(struct forest *f, const struct thread_message *message)
{
	struct node *node = ARENA_NEW(f->pool, struct node);

	node->message = message;
	*ARRAY_ADD(f->pool, &f->all) = node;
	return node;
}

static struct node *
node_of(struct forest *f, struct span id)
{
	struct node *node = map_get(f->ids, id);

	if (node == NULL) {
		node = add_node(f, NULL);
		(void) map_set(f->ids, id, node);
	}
	return node;
}

static void
link_node(struct node *parent, struct node *node)
{
	node->parent = parent;
	node->next = parent->child;
	parent->child = node;
}

/* The list of threads anew, from who has the root as parent. */
static void
link_roots(struct forest *f)
{
	f->root.child = NULL;
	for (size_t i = 0; i < f->all.count; i++)
		if (f->all.v[i]->parent == &f->root)
			link_node(&f->root, f->all.v[i]);
}

/* Whether node may become a child of parent. */
static bool
may_link(const struct node *parent, const struct node *node)
{
	unsigned depth = 0;

	for (; parent != NULL; parent = parent->parent)
		if (parent == node || ++depth > DEPTH_MAX)
			return false;
	return true;
}

/* Step 1: the message and its references, each the parent of the next. */
static void
add_message(struct forest *f, const struct thread_message *message, size_t order)
{
	struct node *node = NULL, *parent = NULL;

	if (message->id.len > 0)
		node = node_of(f, message->id);
	if (node == NULL || node->message != NULL)
		node = add_node(f, NULL);
	node->message = message;
	node->order = order;
	for (size_t i = 0; i < message->references.count; i++) {
		struct node *next = node_of(f, message->references.v[i]);

		if (parent != NULL && next->parent == NULL && may_link(parent, next))
			next->parent = parent;
		parent = next;
	}
	if (parent != NULL && may_link(parent, node))
		node->parent = parent;
	else if (parent == NULL)
		node->parent = NULL;
}

/*
 * Steps 2 and 3: dummies go, their children rise to the next message above; a dummy at the top
 * stays if it has more than one. Up to here only `parent` was set.
 */
static void
link_all(struct forest *f)
{
	for (size_t i = 0; i < f->all.count; i++) {
		struct node *node = f->all.v[i], *up = node->parent;

		if (node->message == NULL)
			continue;
		while (up != NULL && up->message == NULL && up->parent != NULL)
			up = up->parent;
		link_node(up == NULL ? &f->root : up, node);
	}
	for (size_t i = 0; i < f->all.count; i++) {
		struct node *node = f->all.v[i], *only = node->child;

		if (node->message != NULL || only == NULL)
			continue;
		node->parent = NULL;
		if (only->next != NULL) {
			link_node(&f->root, node);
		} else {
			node->child = NULL;
			link_node(&f->root, only);
		}
	}
}

/* ---- Order ---- */

static const struct node *
first_message(const struct node *node)
{
	return node->message == NULL && node->child != NULL ? node->child : node;
}

static int
compare_sent(const void *a, const void *b)
{
	const struct node *x = first_message(*(struct node *const *) a);
	const struct node *y = first_message(*(struct node *const *) b);
	int64_t s = x->message->sent, t = y->message->sent;

	return s != t ? (s > t) - (s < t) : (x->order > y->order) - (x->order < y->order);
}

static int
compare_latest(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *) a, *y = *(struct node *const *) b;

	return x->latest != y->latest ? (x->latest > y->latest) - (x->latest < y->latest)
				      : compare_sent(a, b);
}

static void
sort_children(struct forest *f, struct node *parent, int (*compare)(const void *, const void *))
{
	size_t count;

	f->sorting.count = 0;
	for (struct node *node = parent->child; node != NULL; node = node->next)
		*ARRAY_ADD(f->pool, &f->sorting) = node;
	count = f->sorting.count;
	if (count < 2)
		return;
	qsort(f->sorting.v, count, sizeof(*f->sorting.v), compare);
	for (size_t i = 0; i < count; i++)
		f->sorting.v[i]->next = i + 1 < count ? f->sorting.v[i + 1] : NULL;
	parent->child = f->sorting.v[0];
}

/* Children first: a dummy's date is that of its first one. */
static void
sort_all(struct forest *f)
{
	for (size_t i = 0; i < f->all.count; i++)
		sort_children(f, f->all.v[i], compare_sent);
	sort_children(f, &f->root, compare_sent);
}

/* REFS: threads by their newest message. */
static void
sort_by_latest(struct forest *f)
{
	for (struct node *node = f->root.child; node != NULL; node = node->next)
		node->latest = INT64_MIN;
	for (size_t i = 0; i < f->all.count; i++) {
		struct node *node = f->all.v[i], *top = node;

		if (node->message == NULL)
			continue;
		while (top->parent != &f->root)
			top = top->parent;
		if (top->latest < node->message->arrived)
			top->latest = node->message->arrived;
	}
	sort_children(f, &f->root, compare_latest);
}

/* ---- Subjects ---- */

/* Step 5 B: the message that stands for its subject: rather a dummy, rather no reply. */
static void
note_subject(struct forest *f, struct node *node)
{
	const struct thread_message *message = first_message(node)->message;
	struct node *known = map_get(f->subjects, message->subject);
	bool replaces;

	if (message->subject.len == 0)
		return;
	replaces = known != NULL && known->message != NULL &&
	    (node->message == NULL || (known->message->is_reply && !message->is_reply));
	if (known == NULL || replaces)
		(void) map_set(f->subjects, message->subject, node);
}

static void
move_children(struct node *from, struct node *to)
{
	struct node *child;

	while ((child = from->child) != NULL) {
		from->child = child->next;
		link_node(to, child);
	}
}

/* A dummy in the place of `known` with both under it. */
static void
join_under_dummy(struct forest *f, struct node *known, struct node *node, struct span subject)
{
	struct node *dummy = add_node(f, NULL);

	link_node(dummy, known);
	link_node(dummy, node);
	dummy->parent = &f->root;
	(void) map_set(f->subjects, subject, dummy);
}

/* Step 5 C: a thread joins the one that stands for its subject; only `parent` says who is a root. */
static void
merge_subject(struct forest *f, struct node *node)
{
	const struct thread_message *message = first_message(node)->message;
	struct node *known = message->subject.len > 0 ? map_get(f->subjects, message->subject) : NULL;

	if (known == NULL || known == node)
		return;
	node->parent = NULL;
	if (known->message == NULL && node->message == NULL)
		move_children(node, known);
	else if (known->message == NULL || (message->is_reply && !known->message->is_reply))
		link_node(known, node);
	else
		join_under_dummy(f, known, node, message->subject);
}

static void
gather_subjects(struct forest *f)
{
	ARRAY(struct node *) tops = { 0 };

	for (struct node *node = f->root.child; node != NULL; node = node->next) {
		*ARRAY_ADD(f->pool, &tops) = node;
		note_subject(f, node);
	}
	for (size_t i = 0; i < tops.count; i++)
		merge_subject(f, tops.v[i]);
	link_roots(f);
}

/* ORDEREDSUBJECT: all of a subject under its first message by date. */
static void
group_by_subject(struct forest *f)
{
	qsort(f->all.v, f->all.count, sizeof(*f->all.v), compare_sent);
	for (size_t i = 0; i < f->all.count; i++) {
		struct node *node = f->all.v[i];
		struct node *first = map_get(f->subjects, node->message->subject);

		if (first != NULL) {
			link_node(first, node);
			continue;
		}
		(void) map_set(f->subjects, node->message->subject, node);
		node->parent = &f->root;
	}
	link_roots(f);
	sort_all(f);
}

/* ---- Output ---- */

/*
 * thread-list = "(" (thread-members / thread-nested) ")"; an only child follows its parent behind a
 * blank, several stand in parentheses of their own.
 */
static bool
print_forest(const struct forest *f, struct str *out)
{
	const struct node *node = f->root.child;
	bool has_gap = false;

	while (node != NULL) {
		bool is_nested = node->parent == &f->root || node->parent->child->next != NULL;

		if (is_nested)
			(void) str_add_char(out, '(');
		else if (has_gap)
			(void) str_add_char(out, ' ');
		if (node->message != NULL)
			(void) str_addf(out, "%u", node->message->number);
		has_gap = node->message != NULL;
		if (node->child != NULL) {
			if (has_gap && node->child->next != NULL)
				(void) str_add_char(out, ' ');
			node = node->child;
			continue;
		}
		/* Up until there is a sibling. */
		while (node != &f->root) {
			is_nested = node->parent == &f->root || node->parent->child->next != NULL;
			if (is_nested)
				(void) str_add_char(out, ')');
			if (node->next != NULL)
				break;
			node = node->parent;
		}
		node = node == &f->root ? NULL : node->next;
	}
	return !out->overflowed;
}

bool
thread_print(enum thread_kind kind, const struct thread_message *messages, size_t count,
    struct arena *pool, struct str *out)
{
	struct forest f = { .kind = kind, .pool = pool, .ids = map_new(), .subjects = map_new() };
	bool printed;

	for (size_t i = 0; i < count; i++) {
		if (kind == THREAD_ORDEREDSUBJECT)
			add_node(&f, &messages[i])->order = i;
		else
			add_message(&f, &messages[i], i);
	}
	if (kind == THREAD_ORDEREDSUBJECT) {
		if (count > 0)
			group_by_subject(&f);
	} else {
		link_all(&f);
		sort_all(&f);
	}
	if (kind == THREAD_REFERENCES) {
		gather_subjects(&f);
		sort_all(&f);
	} else if (kind == THREAD_REFS) {
		sort_by_latest(&f);
	}
	printed = print_forest(&f, out);
	map_free(&f.ids, NULL);
	map_free(&f.subjects, NULL);
	return printed;
}
