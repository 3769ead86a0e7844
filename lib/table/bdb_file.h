/* SPDX-License-Identifier: ISC */
#ifndef BDB_FILE_H
#define BDB_FILE_H

#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/base/str.h"

/*
 * Files of Berkeley DB (hash version 8 to 10, btree version 9 and 10), read by code of our own: the
 * library trusts what it finds in a file, this reader does not. Every number is checked before it is
 * used, and pages come by pread(2), so a file that somebody damages or cuts off, also while it is
 * open, is a failed look-up (LOOKUP_TEMP) and never more.
 *
 * Not read: duplicates, several databases in one file, checksums, encryption, and files made on a
 * machine with another byte order; none of these is in a lookup table.
 */
enum bdb_type { BDB_HASH, BDB_BTREE };

/* A page that was read, its header taken apart. bytes live until the next bdb_page_get. */
struct bdb_page {
	const uint8_t *bytes;
	uint32_t number, next;
	unsigned type, level, entries;
};

enum bdb_page_type {
	BDB_PAGE_EMPTY = 0,             /* a bucket that never had an entry */
	BDB_PAGE_HASH_UNSORTED = 2,
	BDB_PAGE_INTERNAL = 3,
	BDB_PAGE_LEAF = 5,
	BDB_PAGE_OVERFLOW = 7,
	BDB_PAGE_HASH = 13,
};

/* A key or a value: in its page, or in a chain of overflow pages. */
struct bdb_item {
	struct span bytes;              /* is_long: nothing */
	bool is_long;
	uint32_t page, len;             /* is_long: where the chain begins, and how long all is */
};

enum { BDB_SPARES = 32 };

struct bdb_walk {
	bool is_started;
	uint32_t bucket;                /* hash */
	uint32_t page;                  /* 0: none yet */
	unsigned index;
	uint32_t pages_seen;
};

struct bdb_file {
	char *path;
	int fd;
	enum bdb_type type;
	uint32_t page_size, page_count;
	struct bdb_slot *slots;         /* page N lies in slot N % slot_count, or nowhere */
	uint32_t slot_count;
	uint8_t *overflow;              /* one page of a chain */
	struct str long_key, long_value;        /* scratch */
	struct bdb_walk walk;

	/* From the first page. */
	uint32_t root;                                  /* btree */
	uint32_t max_bucket, high_mask, low_mask;       /* hash */
	uint32_t spares[BDB_SPARES];                    /* hash */
};

/*
 * Take over an opened file.
 * fd        taken, also after a failure
 * cache     bytes of pages that are kept, at least
 * returns   false with *err: no such file of Berkeley DB. bdb_file_close is then allowed, too
 */
MUST_USE bool bdb_file_open(struct bdb_file *file, const char *path, int fd, enum bdb_type type,
    size_t cache, struct err *err);
void bdb_file_close(struct bdb_file *file);

/*
 * Look up an exact key. The value lives until the next call.
 * returns   LOOKUP_TEMP with *err when the file cannot be read or is damaged
 */
enum lookup bdb_file_find(struct bdb_file *file, struct span key, struct span *value_out,
    struct err *err);

/* The next entry in the file's own order, or the first. Both live until the next call. */
enum lookup bdb_file_next(struct bdb_file *file, bool first, struct span *key_out,
    struct span *value_out, struct err *err);

/* What the two structures share; for bdb_hash.c and bdb_btree.c. */

/* Read a page; one of zeros has type BDB_PAGE_EMPTY. false with *err. */
MUST_USE bool bdb_page_get(
    struct bdb_file *file, uint32_t number, struct bdb_page *page_out, struct err *err);

/* Where entry number i of a page begins, behind its header and within it; 0 when it is damaged. */
uint32_t bdb_page_offset(const struct bdb_file *file, const struct bdb_page *page, unsigned i);

uint16_t bdb_u16(const uint8_t *p);
uint32_t bdb_u32(const uint8_t *p);

/* The bytes of an item; those of a long one are gathered in scratch. false with *err. */
MUST_USE bool bdb_item_load(struct bdb_file *file, const struct bdb_item *item,
    struct str *scratch, struct span *bytes_out, struct err *err);

/* Note in *err that a page does not hold together, and return false, or LOOKUP_TEMP. */
bool bdb_damaged(const struct bdb_file *file, uint32_t page, struct err *err);
enum lookup bdb_failure(const struct bdb_file *file, uint32_t page, struct err *err);

/* Count the page that a walk has come to: false with *err when it goes in a circle. */
MUST_USE bool bdb_walk_page(struct bdb_file *file, uint32_t page, struct err *err);

/* Of one structure each. *_load takes the first page apart. */
MUST_USE bool bdb_hash_load(struct bdb_file *file, const uint8_t *meta, struct err *err);
enum lookup bdb_hash_find(struct bdb_file *file, struct span key, struct span *value_out,
    struct err *err);
enum lookup bdb_hash_next(struct bdb_file *file, struct span *key_out, struct span *value_out,
    struct err *err);
MUST_USE bool bdb_btree_load(struct bdb_file *file, const uint8_t *meta, struct err *err);
enum lookup bdb_btree_find(struct bdb_file *file, struct span key, struct span *value_out,
    struct err *err);
enum lookup bdb_btree_next(struct bdb_file *file, struct span *key_out, struct span *value_out,
    struct err *err);

#endif
