/* SPDX-License-Identifier: ISC */
/*
 * Btree files of Berkeley DB: internal pages lead to leaves, which hold keys and values in turn, in
 * the order of their bytes. A level is one less than the one above it, so no way down is endless.
 */
#include "lib/table/bdb_file.h"

/* Offsets in the first page, behind those that all files have. */
enum { META_STRUCTURE_FLAGS = 48, META_ROOT = 88 };

/* Entries of leaves begin with length and type; those of internal pages have a page's number, too. */
enum {
	ITEM_HERE = 1,
	ITEM_LONG = 3,
	ITEM_DELETED = 0x80,
	LEAF_TYPE = 2,
	LEAF_BYTES = 3,
	LONG_SIZE = 12,
	INTERNAL_PAGE = 4,
	INTERNAL_BYTES = 12,
};

enum { LEVEL_TOP = 256 };

bool
bdb_btree_load(struct bdb_file *file, const uint8_t *meta, struct err *err)
{
	file->root = bdb_u32(meta + META_ROOT);
	return bdb_u32(meta + META_STRUCTURE_FLAGS) == 0 ||
	    err_config(err,
		"open database %s: with duplicates, record numbers or several tables in one file",
		file->path);
}

/* A structure that points to a chain of overflow pages. */
static void
take_long(const uint8_t *p, struct bdb_item *item_out)
{
	item_out->is_long = true;
	item_out->page = bdb_u32(p + 4);
	item_out->len = bdb_u32(p + 8);
}

/* Entry number i of a leaf; *is_deleted_out when it is only still there. */
static bool
get_leaf_item(const struct bdb_file *file, const struct bdb_page *page, unsigned i,
    struct bdb_item *item_out, bool *is_deleted_out, struct err *err)
{
	uint32_t begin = bdb_page_offset(file, page, i), room = file->page_size - begin;
	const uint8_t *p = page->bytes + begin;

	*item_out = (struct bdb_item){ .len = 0 };
	if (begin == 0 || room < LEAF_BYTES)
		return bdb_damaged(file, page->number, err);
	*is_deleted_out = (p[LEAF_TYPE] & ITEM_DELETED) != 0;
	switch (p[LEAF_TYPE] & ~ITEM_DELETED) {
	case ITEM_HERE:
		item_out->len = bdb_u16(p);
		item_out->bytes = span_make((const char *) p + LEAF_BYTES, item_out->len);
		return item_out->len <= room - LEAF_BYTES || bdb_damaged(file, page->number, err);
	case ITEM_LONG:
		if (room < LONG_SIZE)
			break;
		take_long(p, item_out);
		return true;
	}
	return bdb_damaged(file, page->number, err);
}

/* Entry number i of an internal page: its key, and the page that it leads to. */
static bool
get_internal_item(const struct bdb_file *file, const struct bdb_page *page, unsigned i,
    struct bdb_item *item_out, uint32_t *child_out, struct err *err)
{
	uint32_t begin = bdb_page_offset(file, page, i), room = file->page_size - begin, len;
	const uint8_t *p = page->bytes + begin;

	*item_out = (struct bdb_item){ .len = 0 };
	if (begin == 0 || room < INTERNAL_BYTES || (len = bdb_u16(p)) > room - INTERNAL_BYTES)
		return bdb_damaged(file, page->number, err);
	*child_out = bdb_u32(p + INTERNAL_PAGE);
	switch (p[LEAF_TYPE] & ~ITEM_DELETED) {
	case ITEM_HERE:
		item_out->bytes = span_make((const char *) p + INTERNAL_BYTES, len);
		item_out->len = len;
		return true;
	case ITEM_LONG:
		if (len < LONG_SIZE)
			break;
		take_long(p + INTERNAL_BYTES, item_out);
		return true;
	}
	return bdb_damaged(file, page->number, err);
}

/* Bytes first, then length: the order of the file. */
static bool
compare_item(struct bdb_file *file, const struct bdb_item *item, struct span key, int *order_out,
    struct err *err)
{
	struct span stored;

	if (!bdb_item_load(file, item, &file->long_key, &stored, err))
		return false;
	*order_out = span_cmp(stored, key);
	return true;
}

/* Where the key must be: behind the last entry that is not greater; the first stands for all that is less. */
static bool
choose_child(struct bdb_file *file, const struct bdb_page *page, struct span key,
    uint32_t *child_out, struct err *err)
{
	unsigned low = 0, high = page->entries;
	struct bdb_item item;
	int order;

	while (high - low > 1) {
		unsigned middle = low + (high - low) / 2;

		if (!get_internal_item(file, page, middle, &item, child_out, err) ||
		    !compare_item(file, &item, key, &order, err))
			return false;
		if (order > 0)
			high = middle;
		else
			low = middle;
	}
	return get_internal_item(file, page, low, &item, child_out, err);
}

/* Go down to a leaf: to where key must be, or with is_first to the first one. */
static bool
find_leaf(struct bdb_file *file, struct span key, bool is_first, struct bdb_page *page_out,
    struct err *err)
{
	unsigned level = LEVEL_TOP;
	uint32_t number = file->root;
	struct bdb_item item;

	for (;;) {
		if (!bdb_page_get(file, number, page_out, err))
			return false;
		if (page_out->type == BDB_PAGE_LEAF)
			return true;
		if (page_out->type != BDB_PAGE_INTERNAL || page_out->level >= level)
			return bdb_damaged(file, number, err);
		level = page_out->level;
		if (!(is_first ? get_internal_item(file, page_out, 0, &item, &number, err)
			       : choose_child(file, page_out, key, &number, err)))
			return false;
	}
}

/* The value of the pair whose key is entry i; LOOKUP_NONE when the pair is deleted. */
static enum lookup
load_value(struct bdb_file *file, const struct bdb_page *page, unsigned i, struct span *value_out,
    struct err *err)
{
	struct bdb_item value;
	bool is_deleted;

	if (!get_leaf_item(file, page, i + 1, &value, &is_deleted, err))
		return LOOKUP_TEMP;
	if (is_deleted)
		return LOOKUP_NONE;
	return bdb_item_load(file, &value, &file->long_value, value_out, err) ? LOOKUP_FOUND
									      : LOOKUP_TEMP;
}

enum lookup
bdb_btree_find(struct bdb_file *file, struct span key, struct span *value_out, struct err *err)
{
	struct bdb_page page;
	unsigned low = 0, high;

	if (!find_leaf(file, key, false, &page, err))
		return LOOKUP_TEMP;
	high = page.entries / 2;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		struct bdb_item item;
		bool is_deleted;
		int order;

		if (!get_leaf_item(file, &page, 2 * middle, &item, &is_deleted, err) ||
		    !compare_item(file, &item, key, &order, err))
			return LOOKUP_TEMP;
		if (order == 0)
			return load_value(file, &page, 2 * middle, value_out, err);
		if (order > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return LOOKUP_NONE;
}

/* Entries of one leaf from the walk's place on; LOOKUP_NONE at its end. */
static enum lookup
next_in_leaf(struct bdb_file *file, const struct bdb_page *page, struct span *key_out,
    struct span *value_out, struct err *err)
{
	enum lookup found = LOOKUP_NONE;
	struct bdb_item key;
	bool is_deleted;

	while (found == LOOKUP_NONE && file->walk.index + 1 < page->entries) {
		found = load_value(file, page, file->walk.index, value_out, err);
		if (found == LOOKUP_FOUND &&
		    (!get_leaf_item(file, page, file->walk.index, &key, &is_deleted, err) ||
			!bdb_item_load(file, &key, &file->long_key, key_out, err)))
			found = LOOKUP_TEMP;
		file->walk.index += 2;
	}
	return found;
}

enum lookup
bdb_btree_next(struct bdb_file *file, struct span *key_out, struct span *value_out, struct err *err)
{
	struct bdb_walk *walk = &file->walk;
	enum lookup found = LOOKUP_NONE;
	struct bdb_page page;

	if (!walk->is_started) {
		walk->is_started = true;
		if (!find_leaf(file, span_make(NULL, 0), true, &page, err) ||
		    !bdb_walk_page(file, page.number, err))
			return LOOKUP_TEMP;
	}
	while (walk->page != 0) {
		if (!bdb_page_get(file, walk->page, &page, err))
			return LOOKUP_TEMP;
		if (page.type != BDB_PAGE_LEAF)
			return bdb_failure(file, walk->page, err);
		found = next_in_leaf(file, &page, key_out, value_out, err);
		if (found != LOOKUP_NONE)
			return found;
		if (!bdb_walk_page(file, page.next, err))
			return LOOKUP_TEMP;
	}
	return LOOKUP_NONE;
}
