/* SPDX-License-Identifier: ISC */
/*
 * Hash files of Berkeley DB: a key's hash names a bucket, a bucket is a chain of pages with keys
 * and values in turn. The pages of a bucket may be sorted or not; they are short, so nothing
 * depends on it.
 */
#include "lib/table/bdb_file.h"

/* Offsets in the first page, behind those that all files have. */
enum {
	META_STRUCTURE_FLAGS = 48,
	META_MAX_BUCKET = 72,
	META_HIGH_MASK = 76,
	META_LOW_MASK = 80,
	META_HASH_CHECK = 92,
	META_SPARES = 96,
};

enum { ITEM_HERE = 1, ITEM_LONG = 3, ITEM_LONG_SIZE = 12 };

/* What the file's maker hashed, so that a reader can tell whether it has the same function. */
static const char hash_probe[] = "%$sniglet^&";

/* FNV-1, begun with 0. */
static uint32_t
hash_of(struct span key)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < key.len; i++)
		hash = hash * 16777619U ^ (uint8_t) key.p[i];
	return hash;
}

/* The first page of a bucket; 0 when the file cannot have it. */
static uint32_t
bucket_page(const struct bdb_file *file, uint32_t bucket)
{
	unsigned group = 0;
	uint64_t page;

	while (group < BDB_SPARES && ((uint64_t) 1 << group) < (uint64_t) bucket + 1)
		group++;
	if (group == BDB_SPARES)
		return 0;
	page = (uint64_t) bucket + file->spares[group];
	return page < file->page_count ? (uint32_t) page : 0;
}

bool
bdb_hash_load(struct bdb_file *file, const uint8_t *meta, struct err *err)
{
	file->max_bucket = bdb_u32(meta + META_MAX_BUCKET);
	file->high_mask = bdb_u32(meta + META_HIGH_MASK);
	file->low_mask = bdb_u32(meta + META_LOW_MASK);
	for (size_t i = 0; i < BDB_SPARES; i++)
		file->spares[i] = bdb_u32(meta + META_SPARES + sizeof(uint32_t) * i);
	if (bdb_u32(meta + META_STRUCTURE_FLAGS) != 0)
		return err_config(err,
		    "open database %s: with duplicates or several tables in one file", file->path);
	if (bdb_u32(meta + META_HASH_CHECK) != hash_of(span_make(hash_probe, sizeof(hash_probe))))
		return err_config(
		    err, "open database %s: made with an unknown hash function", file->path);
	return file->max_bucket < file->page_count || bdb_damaged(file, 0, err);
}

/* A page of a bucket's chain. */
static bool
get_page(struct bdb_file *file, uint32_t number, struct bdb_page *page_out, struct err *err)
{
	if (!bdb_page_get(file, number, page_out, err))
		return false;
	return page_out->type == BDB_PAGE_EMPTY || page_out->type == BDB_PAGE_HASH ||
	    page_out->type == BDB_PAGE_HASH_UNSORTED || bdb_damaged(file, number, err);
}

/* Entry number i of a page. Entries grow from the end of the page: each ends where the one before begins. */
static bool
get_item(const struct bdb_file *file, const struct bdb_page *page, unsigned i,
    struct bdb_item *item_out, struct err *err)
{
	uint32_t begin = bdb_page_offset(file, page, i);
	uint32_t end = i == 0 ? file->page_size : bdb_page_offset(file, page, i - 1);
	const uint8_t *p = page->bytes + begin;

	*item_out = (struct bdb_item){ .len = 0 };
	if (begin == 0 || begin >= end)
		return bdb_damaged(file, page->number, err);
	if (p[0] == ITEM_HERE) {
		item_out->bytes = span_make((const char *) p + 1, end - begin - 1);
		item_out->len = end - begin - 1;
		return true;
	}
	if (p[0] != ITEM_LONG || end - begin < ITEM_LONG_SIZE)
		return bdb_damaged(file, page->number, err);
	item_out->is_long = true;
	item_out->page = bdb_u32(p + 4);
	item_out->len = bdb_u32(p + 8);
	return true;
}

/* The value of the entry whose key is number i. */
static enum lookup
load_value(struct bdb_file *file, const struct bdb_page *page, unsigned i, struct span *value_out,
    struct err *err)
{
	struct bdb_item value;

	return get_item(file, page, i + 1, &value, err) &&
		bdb_item_load(file, &value, &file->long_value, value_out, err)
	    ? LOOKUP_FOUND
	    : LOOKUP_TEMP;
}

static enum lookup
find_in_page(struct bdb_file *file, const struct bdb_page *page, struct span key,
    struct span *value_out, struct err *err)
{
	struct bdb_item item;
	struct span stored;

	for (unsigned i = 0; i + 1 < page->entries; i += 2) {
		if (!get_item(file, page, i, &item, err))
			return LOOKUP_TEMP;
		if (item.len != key.len)
			continue;
		if (!bdb_item_load(file, &item, &file->long_key, &stored, err))
			return LOOKUP_TEMP;
		if (span_eq(stored, key))
			return load_value(file, page, i, value_out, err);
	}
	return LOOKUP_NONE;
}

enum lookup
bdb_hash_find(struct bdb_file *file, struct span key, struct span *value_out, struct err *err)
{
	uint32_t hash = hash_of(key), bucket = hash & file->high_mask, number, seen = 0;
	enum lookup found = LOOKUP_NONE;
	struct bdb_page page;

	if (bucket > file->max_bucket)
		bucket &= file->low_mask;
	number = bucket > file->max_bucket ? 0 : bucket_page(file, bucket);
	do {
		if (!get_page(file, number, &page, err))
			return LOOKUP_TEMP;
		if (++seen > file->page_count)
			return bdb_failure(file, number, err);
		found = find_in_page(file, &page, key, value_out, err);
		number = page.next;
	} while (found == LOOKUP_NONE && number != 0);
	return found;
}

/* Go to the first page of the walk, or of the bucket after the present one; page 0 at the end. */
static bool
next_bucket(struct bdb_file *file, struct err *err)
{
	struct bdb_walk *walk = &file->walk;
	uint32_t page;

	if (walk->is_started && walk->bucket == file->max_bucket)
		return bdb_walk_page(file, 0, err);
	walk->bucket = walk->is_started ? walk->bucket + 1 : 0;
	walk->is_started = true;
	page = bucket_page(file, walk->bucket);
	return page == 0 ? bdb_damaged(file, 0, err) : bdb_walk_page(file, page, err);
}

enum lookup
bdb_hash_next(struct bdb_file *file, struct span *key_out, struct span *value_out, struct err *err)
{
	struct bdb_walk *walk = &file->walk;
	struct bdb_page page;
	struct bdb_item key;

	if (!walk->is_started && !next_bucket(file, err))
		return LOOKUP_TEMP;
	while (walk->page != 0) {
		if (!get_page(file, walk->page, &page, err))
			return LOOKUP_TEMP;
		if (walk->index + 1 < page.entries) {
			walk->index += 2;
			return get_item(file, &page, walk->index - 2, &key, err) &&
				bdb_item_load(file, &key, &file->long_key, key_out, err)
			    ? load_value(file, &page, walk->index - 2, value_out, err)
			    : LOOKUP_TEMP;
		}
		if (!(page.next != 0 ? bdb_walk_page(file, page.next, err) : next_bucket(file, err)))
			return LOOKUP_TEMP;
	}
	return LOOKUP_NONE;
}
