/* SPDX-License-Identifier: ISC */
/*
 * The first page of a Berkeley DB file, its pages, and chains of overflow pages. Invariant: a page
 * in a slot has page_size bytes; what is in them is believed only after a check. Overflow pages go
 * past the slots, so the page in which their owner stands stays where it is.
 */
#include "lib/table/bdb_file.h"

#include <sys/stat.h>

#include "lib/base/panic.h"
#include "lib/sys/file.h"

/* Offsets of the first page, and of the header that every other page has. */
enum {
	META_MAGIC = 12,
	META_VERSION = 16,
	META_PAGE_SIZE = 20,
	META_ENCRYPTION = 24,
	META_FLAGS = 26,
	META_LAST_PAGE = 32,
	META_PARTS = 36,
	META_SIZE = 512,
	PAGE_NUMBER = 8,
	PAGE_NEXT = 16,
	PAGE_ENTRIES = 20,
	PAGE_FREE = 22, /* in an overflow page: how many bytes it holds */
	PAGE_LEVEL = 24,
	PAGE_TYPE = 25,
	PAGE_HEADER = 26,
};

enum { PAGE_SIZE_MIN = 512, PAGE_SIZE_MAX = 1 << 16, LONG_ITEM_MAX = 1 << 24, SLOTS_MIN = 4 };

struct bdb_slot {
	uint32_t number; /* of the page; 0, the first one, is never kept */
	uint8_t *bytes;
};

static const struct bdb_structure {
	const char *name;
	uint32_t magic, version_min, version_max;
	bool (*load)(struct bdb_file *file, const uint8_t *meta, struct err *err);
	enum lookup (*find)(
	    struct bdb_file *file, struct span key, struct span *value_out, struct err *err);
	enum lookup (*next)(struct bdb_file *file, struct span *key_out, struct span *value_out,
	    struct err *err);
} structures[] = {
	[BDB_HASH] = { "hash", 0x061561, 8, 10, bdb_hash_load, bdb_hash_find, bdb_hash_next },
	[BDB_BTREE] = { "btree", 0x053162, 9, 10, bdb_btree_load, bdb_btree_find, bdb_btree_next },
};

uint16_t
bdb_u16(const uint8_t *p)
{
	uint16_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

uint32_t
bdb_u32(const uint8_t *p)
{
	uint32_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

bool
bdb_damaged(const struct bdb_file *file, uint32_t page, struct err *err)
{
	return err_temp(err, "read database %s: page %u is damaged (make the table again)",
	    file->path, page);
}

enum lookup
bdb_failure(const struct bdb_file *file, uint32_t page, struct err *err)
{
	(void) bdb_damaged(file, page, err);
	return LOOKUP_TEMP;
}

/* A file that we know nothing about, or whose kind we do not read. */
static bool
check_kind(const struct bdb_file *file, const uint8_t *meta, struct err *err)
{
	const struct bdb_structure *want = &structures[file->type];
	const struct bdb_structure *other = &structures[file->type == BDB_HASH ? BDB_BTREE : BDB_HASH];
	uint32_t magic = bdb_u32(meta + META_MAGIC), version = bdb_u32(meta + META_VERSION);

	if (magic == other->magic)
		return err_config(err, "open database %s: it is a %s table, not a %s table",
		    file->path, other->name, want->name);
	if (magic == __builtin_bswap32(want->magic))
		return err_config(err,
		    "open database %s: made on a machine with another byte order", file->path);
	if (magic != want->magic)
		return err_config(err, "open database %s: not a Berkeley DB %s file", file->path,
		    want->name);
	if (version < want->version_min || version > want->version_max)
		return err_config(err,
		    "open database %s: %s file of version %u, expected %u to %u", file->path,
		    want->name, version, want->version_min, want->version_max);
	if (meta[META_ENCRYPTION] != 0 || meta[META_FLAGS] != 0 || bdb_u32(meta + META_PARTS) != 0)
		return err_config(err,
		    "open database %s: with checksums, encryption or partitions, which no lookup "
		    "table has",
		    file->path);
	return true;
}

static bool
load_meta(struct bdb_file *file, struct err *err)
{
	uint8_t meta[META_SIZE];
	struct stat st;

	if (fstat(file->fd, &st) != 0)
		return err_temp_errno(err, "open database %s", file->path);
	if (st.st_size < META_SIZE)
		return err_config(err, "open database %s: not a Berkeley DB file", file->path);
	if (!fd_pread_all(file->fd, meta, sizeof(meta), 0, file->path, err) ||
	    !check_kind(file, meta, err))
		return false;
	file->page_size = bdb_u32(meta + META_PAGE_SIZE);
	if (file->page_size < PAGE_SIZE_MIN || file->page_size > PAGE_SIZE_MAX ||
	    (file->page_size & (file->page_size - 1)) != 0 ||
	    st.st_size / file->page_size > UINT32_MAX)
		return bdb_damaged(file, 0, err);
	file->page_count = (uint32_t) (st.st_size / file->page_size);
	if (bdb_u32(meta + META_LAST_PAGE) >= file->page_count)
		return err_temp(err, "open database %s: the end of the file is missing "
				     "(make the table again)", file->path);
	return structures[file->type].load(file, meta, err);
}

bool
bdb_file_open(struct bdb_file *file, const char *path, int fd, enum bdb_type type, size_t cache,
    struct err *err)
{
	size_t slots;

	*file = (struct bdb_file){ .path = xstrdup(path), .fd = fd, .type = type };
	str_init(&file->long_key, LONG_ITEM_MAX);
	str_init(&file->long_value, LONG_ITEM_MAX);
	if (!load_meta(file, err))
		return false;
	slots = cache / file->page_size;
	slots = slots > SLOTS_MIN ? slots : SLOTS_MIN;
	file->slot_count = slots < file->page_count ? (uint32_t) slots : file->page_count;
	file->slots = xcalloc(file->slot_count, sizeof(*file->slots));
	return true;
}

void
bdb_file_close(struct bdb_file *file)
{
	for (uint32_t i = 0; i < file->slot_count; i++)
		free(file->slots[i].bytes);
	free(file->slots);
	free(file->overflow);
	str_fini(&file->long_key);
	str_fini(&file->long_value);
	free(file->path);
	fd_close(&file->fd);
}

static bool
read_page(const struct bdb_file *file, uint32_t number, uint8_t *bytes, struct err *err)
{
	if (number == 0 || number >= file->page_count)
		return bdb_damaged(file, number, err);
	return fd_pread_all(file->fd, bytes, file->page_size,
	    (int64_t) number * file->page_size, file->path, err);
}

/* The header of a page: what it says of itself must be possible. */
static bool
take_header(const struct bdb_file *file, uint32_t number, const uint8_t *bytes,
    struct bdb_page *page_out, struct err *err)
{
	*page_out = (struct bdb_page){ .bytes = bytes, .number = number, .type = bytes[PAGE_TYPE] };
	if (page_out->type == BDB_PAGE_EMPTY)
		return true;
	page_out->next = bdb_u32(bytes + PAGE_NEXT);
	page_out->entries = bdb_u16(bytes + PAGE_ENTRIES);
	page_out->level = bytes[PAGE_LEVEL];
	if (bdb_u32(bytes + PAGE_NUMBER) != number)
		return bdb_damaged(file, number, err);
	return page_out->type == BDB_PAGE_OVERFLOW ||
	    PAGE_HEADER + sizeof(uint16_t) * page_out->entries <= file->page_size ||
	    bdb_damaged(file, number, err);
}

bool
bdb_page_get(struct bdb_file *file, uint32_t number, struct bdb_page *page_out, struct err *err)
{
	struct bdb_slot *slot = &file->slots[number % file->slot_count];

	if (slot->number != number || number == 0) {
		if (slot->bytes == NULL)
			slot->bytes = xmalloc(file->page_size);
		slot->number = 0;
		if (!read_page(file, number, slot->bytes, err))
			return false;
		slot->number = number;
	}
	return take_header(file, number, slot->bytes, page_out, err);
}

uint32_t
bdb_page_offset(const struct bdb_file *file, const struct bdb_page *page, unsigned i)
{
	uint32_t offset;

	if (i >= page->entries)
		return 0;
	offset = bdb_u16(page->bytes + PAGE_HEADER + sizeof(uint16_t) * i);
	return offset >= PAGE_HEADER + sizeof(uint16_t) * page->entries && offset < file->page_size
	    ? offset
	    : 0;
}

/* Append what one page of a chain holds, and go on to the next. */
static bool
add_overflow_page(struct bdb_file *file, uint32_t *number, size_t want, struct str *scratch,
    struct err *err)
{
	struct bdb_page page;
	size_t len;

	if (!read_page(file, *number, file->overflow, err) ||
	    !take_header(file, *number, file->overflow, &page, err))
		return false;
	len = bdb_u16(page.bytes + PAGE_FREE);
	/* Each page holds something: so a chain that goes in a circle ends, too. */
	if (page.type != BDB_PAGE_OVERFLOW || len == 0 || len > file->page_size - PAGE_HEADER ||
	    len > want - scratch->len ||
	    !str_add(scratch, span_make((const char *) page.bytes + PAGE_HEADER, len)))
		return bdb_damaged(file, *number, err);
	*number = page.next;
	return true;
}

bool
bdb_item_load(struct bdb_file *file, const struct bdb_item *item, struct str *scratch,
    struct span *bytes_out, struct err *err)
{
	uint32_t number = item->page;

	*bytes_out = item->bytes;
	if (!item->is_long)
		return true;
	if (item->len > scratch->max)
		return err_temp(err, "read database %s: entry of %u bytes, at most %zu are read",
		    file->path, item->len, scratch->max);
	if (file->overflow == NULL)
		file->overflow = xmalloc(file->page_size);
	str_clear(scratch);
	while (scratch->len < item->len)
		if (!add_overflow_page(file, &number, item->len, scratch, err))
			return false;
	*bytes_out = str_span(scratch);
	return true;
}

enum lookup
bdb_file_find(struct bdb_file *file, struct span key, struct span *value_out, struct err *err)
{
	return structures[file->type].find(file, key, value_out, err);
}

enum lookup
bdb_file_next(struct bdb_file *file, bool first, struct span *key_out, struct span *value_out,
    struct err *err)
{
	if (first)
		file->walk = (struct bdb_walk){ .page = 0 };
	return structures[file->type].next(file, key_out, value_out, err);
}

bool
bdb_walk_page(struct bdb_file *file, uint32_t page, struct err *err)
{
	file->walk.page = page;
	file->walk.index = 0;
	return page == 0 || ++file->walk.pages_seen <= file->page_count ||
	    bdb_damaged(file, page, err);
}
