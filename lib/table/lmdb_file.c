/* SPDX-License-Identifier: ISC */
/*
 * Reading LMDB files: two first pages of which the newer one counts, and a tree below. Invariants:
 * a page in a slot holds page_size bytes and was read while file->state was in force; nothing in
 * them is believed before a check. Ways down have at most LMDB_DEPTH_MAX steps, and a walk sees each
 * page once, so a tree that goes in a circle ends.
 */
#include "lib/table/lmdb_file.h"

#include <sys/stat.h>

#include "lib/base/panic.h"
#include "lib/sys/file.h"

/* Offsets: of a page, of the facts in a first page, and of an entry. */
enum {
	PAGE_FLAGS = 10,
	PAGE_LOWER = 12,
	PAGE_HEADER = 16,
	META_MAGIC = 0,
	META_VERSION = 4,
	META_PAGE_SIZE = 24, /* kept in the description of the list of free pages */
	META_FLAGS = 76,
	META_ROOT = 112,
	META_LAST_PAGE = 120,
	META_TRANSACTION = 128,
	META_SIZE = 136,
	NODE_LOW = 0,
	NODE_FLAGS = 4,
	NODE_KEY_SIZE = 6,
	NODE_BYTES = 8,
};

enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8, PAGE_KIND = 0x6f };
enum { NODE_LONG = 1 };

#define MAGIC   0xBEEFC0DEU
#define NO_PAGE UINT64_MAX

enum {
	PAGE_SIZE_MIN = 512,
	PAGE_SIZE_MAX = 1 << 16,
	KEY_MAX = 1 << 16,
	VALUE_MAX = 1 << 24,
	TRIES_MAX = 20,
};

/* An entry of the page that is looked at. */
struct node {
	struct span key;
	unsigned flags;
	uint64_t child;     /* in a branch */
	const uint8_t *data; /* in a leaf, with `room` bytes behind it in the page */
	uint32_t room, len;
};

static uint16_t
u16(const uint8_t *p)
{
	uint16_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

static uint32_t
u32(const uint8_t *p)
{
	uint32_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

static uint64_t
u64(const uint8_t *p)
{
	uint64_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

static bool
damaged(const struct lmdb_file *file, uint64_t page, struct err *err)
{
	return err_temp(err, "read database %s: page %llu is damaged (make the table again)",
	    file->path, (unsigned long long) page);
}

static bool
is_meta(const uint8_t *meta)
{
	return u32(meta + META_MAGIC) == MAGIC && u32(meta + META_VERSION) == 1;
}

/* Of the two first pages, read at once. */
static bool
load_state(const struct lmdb_file *file, struct lmdb_state *state_out, struct err *err)
{
	const uint8_t *first = file->metas, *second = file->metas + file->page_size, *meta;

	if (!fd_pread_all(file->fd, file->metas, file->page_size + META_SIZE, PAGE_HEADER,
		file->path, err))
		return false;
	if (!is_meta(first) || !is_meta(second))
		return damaged(file, is_meta(first) ? 1 : 0, err);
	meta = u64(second + META_TRANSACTION) > u64(first + META_TRANSACTION) ? second : first;
	if (u16(meta + META_FLAGS) != 0)
		return err_config(err, "read database %s: with duplicates or numbers as keys, which no "
				       "lookup table has", file->path);
	*state_out = (struct lmdb_state){ .transaction = u64(meta + META_TRANSACTION),
		.root = u64(meta + META_ROOT),
		.last_page = u64(meta + META_LAST_PAGE) };
	return true;
}

/* Work in this state from now on: pages of another one are forgotten. */
static void
enter_state(struct lmdb_file *file, const struct lmdb_state *state)
{
	if (state->transaction == file->state.transaction)
		return;
	file->state = *state;
	file->last.number = 0;
	for (size_t i = 0; i < LMDB_SLOTS; i++)
		file->branches[i].number = 0;
}

bool
lmdb_file_open(struct lmdb_file *file, const char *path, int fd, struct err *err)
{
	uint8_t meta[META_SIZE];

	*file = (struct lmdb_file){ .path = xstrdup(path), .fd = fd };
	str_init(&file->key, KEY_MAX);
	str_init(&file->value, VALUE_MAX);
	if (!fd_pread_all(fd, meta, META_SIZE, PAGE_HEADER, path, err))
		return false;
	if (u32(meta + META_MAGIC) == __builtin_bswap32(MAGIC))
		return err_config(
		    err, "open database %s: made on a machine with another byte order", path);
	if (!is_meta(meta))
		return err_config(err, "open database %s: not an LMDB file", path);
	file->page_size = u32(meta + META_PAGE_SIZE);
	if (file->page_size < PAGE_SIZE_MIN || file->page_size > PAGE_SIZE_MAX ||
	    (file->page_size & (file->page_size - 1)) != 0)
		return damaged(file, 0, err);
	file->metas = xmalloc(file->page_size + META_SIZE);
	return load_state(file, &file->state, err);
}

void
lmdb_file_close(struct lmdb_file *file)
{
	for (size_t i = 0; i < LMDB_SLOTS; i++)
		free(file->branches[i].bytes);
	free(file->last.bytes);
	free(file->metas);
	str_fini(&file->key);
	str_fini(&file->value);
	free(file->path);
	fd_close(&file->fd);
}

/* Read a page of the tree into `last`. */
static bool
read_page(struct lmdb_file *file, uint64_t number, struct err *err)
{
	struct lmdb_slot *last = &file->last;
	unsigned kind;

	if (number < 2 || number > file->state.last_page || number > INT64_MAX / file->page_size)
		return damaged(file, number, err);
	if (last->bytes == NULL)
		last->bytes = xmalloc(file->page_size);
	last->number = 0;
	file->reads++;
	if (!fd_pread_all(file->fd, last->bytes, file->page_size,
		(int64_t) number * file->page_size, file->path, err))
		return false;
	kind = u16(last->bytes + PAGE_FLAGS) & PAGE_KIND;
	if (u64(last->bytes) != number || (kind != PAGE_BRANCH && kind != PAGE_LEAF) ||
	    u16(last->bytes + PAGE_LOWER) < PAGE_HEADER ||
	    u16(last->bytes + PAGE_LOWER) > file->page_size)
		return damaged(file, number, err);
	last->number = number;
	return true;
}

/* Look at a page of the tree: one that is in memory, or from the file. */
static bool
get_page(struct lmdb_file *file, uint64_t number, struct err *err)
{
	struct lmdb_slot *slot = &file->branches[number % LMDB_SLOTS];
	struct lmdb_slot read;

	if (number != 0 && number == slot->number) {
		file->page = slot->bytes;
		return true;
	}
	if ((number == 0 || number != file->last.number) && !read_page(file, number, err))
		return false;
	read = file->last;
	file->page = read.bytes;
	if ((u16(read.bytes + PAGE_FLAGS) & PAGE_BRANCH) != 0) {
		file->last = (struct lmdb_slot){ .bytes = slot->bytes };
		*slot = read;
	}
	return true;
}

static bool
is_leaf(const struct lmdb_file *file)
{
	return (u16(file->page + PAGE_FLAGS) & PAGE_LEAF) != 0;
}

static unsigned
count_nodes(const struct lmdb_file *file)
{
	return (u16(file->page + PAGE_LOWER) - (unsigned) PAGE_HEADER) / sizeof(uint16_t);
}

/* Entry number i of the page. */
static bool
get_node(const struct lmdb_file *file, unsigned i, struct node *node_out, struct err *err)
{
	uint32_t begin, room, key_size;
	const uint8_t *p;

	*node_out = (struct node){ .len = 0 };
	if (i >= count_nodes(file))
		return damaged(file, u64(file->page), err);
	begin = u16(file->page + PAGE_HEADER + sizeof(uint16_t) * i);
	if (begin < PAGE_HEADER || begin + NODE_BYTES > file->page_size)
		return damaged(file, u64(file->page), err);
	p = file->page + begin;
	room = file->page_size - begin - NODE_BYTES;
	key_size = u16(p + NODE_KEY_SIZE);
	if (key_size > room)
		return damaged(file, u64(file->page), err);
	node_out->key = span_make((const char *) p + NODE_BYTES, key_size);
	node_out->flags = u16(p + NODE_FLAGS);
	node_out->len = u32(p + NODE_LOW);
	node_out->child = node_out->len | (uint64_t) node_out->flags << 32;
	node_out->data = p + NODE_BYTES + key_size;
	node_out->room = room - key_size;
	return true;
}

/* A long value: one page's header, and the bytes behind it, over as many pages as it takes. */
static bool
read_long(struct lmdb_file *file, uint64_t number, uint32_t len, struct err *err)
{
	uint8_t header[PAGE_HEADER];
	char *to;

	if (number < 2 || number > file->state.last_page || number > INT64_MAX / file->page_size)
		return damaged(file, number, err);
	file->reads++;
	if (!fd_pread_all(file->fd, header, sizeof(header), (int64_t) number * file->page_size,
		file->path, err))
		return false;
	if (u64(header) != number || (u16(header + PAGE_FLAGS) & PAGE_KIND) != PAGE_OVERFLOW ||
	    (uint64_t) u32(header + PAGE_LOWER) * file->page_size < (uint64_t) len + PAGE_HEADER ||
	    (to = str_reserve(&file->value, len)) == NULL)
		return damaged(file, number, err);
	if (!fd_pread_all(file->fd, to, len, (int64_t) number * file->page_size + PAGE_HEADER,
		file->path, err))
		return false;
	str_grow(&file->value, len);
	return true;
}

/* Copy the value of an entry of a leaf. */
static bool
load_value(struct lmdb_file *file, const struct node *node, struct err *err)
{
	str_clear(&file->value);
	if (node->flags == 0 && node->len <= node->room)
		return str_add(&file->value, span_make((const char *) node->data, node->len));
	if (node->flags != NODE_LONG || node->room < sizeof(uint64_t))
		return damaged(file, u64(file->page), err);
	return read_long(file, u64(node->data), node->len, err);
}

/*
 * The first entry of the page that is not less than key; in a branch the first one stands for all
 * that is less than the second.
 */
static bool
search_page(const struct lmdb_file *file, struct span key, unsigned *index_out, bool *is_equal_out,
    struct err *err)
{
	unsigned low = is_leaf(file) ? 0 : 1, high = count_nodes(file);
	struct node node;

	*is_equal_out = false;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		int order;

		if (!get_node(file, middle, &node, err))
			return false;
		order = span_cmp(node.key, key);
		if (order == 0)
			*is_equal_out = true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*index_out = low;
	return true;
}

/* Once, in the state that was loaded. */
static enum lookup
find_in_state(struct lmdb_file *file, struct span key, struct err *err)
{
	uint64_t number = file->state.root;
	struct node node;
	unsigned index;
	bool is_equal;

	if (number == NO_PAGE)
		return LOOKUP_NONE;
	for (unsigned depth = 0; depth < LMDB_DEPTH_MAX; depth++) {
		if (!get_page(file, number, err) || !search_page(file, key, &index, &is_equal, err))
			return LOOKUP_TEMP;
		if (is_leaf(file) && !is_equal)
			return LOOKUP_NONE;
		if (!is_leaf(file) && !is_equal)
			index--;
		if (!get_node(file, index, &node, err))
			return LOOKUP_TEMP;
		if (is_leaf(file))
			return load_value(file, &node, err) ? LOOKUP_FOUND : LOOKUP_TEMP;
		number = node.child;
	}
	(void) damaged(file, number, err);
	return LOOKUP_TEMP;
}

enum lookup
lmdb_file_find(struct lmdb_file *file, struct span key, struct span *value_out, struct err *err)
{
	struct lmdb_state now;

	if (!load_state(file, &now, err))
		return LOOKUP_TEMP;
	for (int i = 0; i < TRIES_MAX; i++) {
		enum lookup found;

		enter_state(file, &now);
		file->reads = 0;
		found = find_in_state(file, key, err);
		if (file->reads > 0 && !load_state(file, &now, err))
			return LOOKUP_TEMP;
		if (now.transaction == file->state.transaction) {
			*value_out = str_span(&file->value);
			return found;
		}
		err_clear(err);
	}
	(void) err_temp(err, "read database %s: it is written without pause", file->path);
	return LOOKUP_TEMP;
}

/* Go down from a page to the first entry of its first leaf, noting the way. */
static bool
descend(struct lmdb_file *file, uint64_t number, struct err *err)
{
	struct lmdb_path *walk = &file->walk;
	struct node node;

	while (walk->depth < LMDB_DEPTH_MAX) {
		if (++walk->pages_seen > file->state.last_page)
			return damaged(file, number, err);
		if (!get_page(file, number, err))
			return false;
		walk->steps[walk->depth++] = (struct lmdb_step){ .page = number };
		if (is_leaf(file))
			return true;
		if (!get_node(file, 0, &node, err))
			return false;
		number = node.child;
	}
	return damaged(file, number, err);
}

/* From a leaf that has no more entries to the next leaf; depth 0 at the end. */
static bool
next_leaf(struct lmdb_file *file, struct err *err)
{
	struct lmdb_path *walk = &file->walk;
	struct node node;

	while (--walk->depth > 0) {
		struct lmdb_step *step = &walk->steps[walk->depth - 1];

		if (!get_page(file, step->page, err))
			return false;
		if (++step->index < count_nodes(file))
			return get_node(file, step->index, &node, err) &&
			    descend(file, node.child, err);
	}
	return true;
}

/* The entry at which the walk stands is copied, and the walk goes one further; depth 0 at the end. */
static bool
take_entry(struct lmdb_file *file, struct err *err)
{
	struct lmdb_path *walk = &file->walk;
	struct node node;

	while (walk->depth > 0) {
		struct lmdb_step *step = &walk->steps[walk->depth - 1];

		if (!get_page(file, step->page, err))
			return false;
		if (step->index < count_nodes(file)) {
			str_clear(&file->key);
			return get_node(file, step->index++, &node, err) &&
			    str_add(&file->key, node.key) && load_value(file, &node, err);
		}
		if (!next_leaf(file, err))
			return false;
	}
	return true;
}

enum lookup
lmdb_file_next(struct lmdb_file *file, bool first, struct span *key_out, struct span *value_out,
    struct err *err)
{
	struct lmdb_state now;
	bool is_good = true;

	if (!load_state(file, &now, err))
		return LOOKUP_TEMP;
	if (first) {
		enter_state(file, &now);
		file->walk = (struct lmdb_path){ .transaction = now.transaction };
		is_good = now.root == NO_PAGE || descend(file, now.root, err);
	}
	is_good = is_good && take_entry(file, err) && load_state(file, &now, err);
	if (is_good && now.transaction != file->walk.transaction)
		is_good = err_temp(
		    err, "walk through database %s: it has changed meanwhile", file->path);
	*key_out = str_span(&file->key);
	*value_out = str_span(&file->value);
	return !is_good ? LOOKUP_TEMP : file->walk.depth > 0 ? LOOKUP_FOUND : LOOKUP_NONE;
}
