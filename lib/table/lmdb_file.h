/* SPDX-License-Identifier: ISC */
#ifndef LMDB_FILE_H
#define LMDB_FILE_H

#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/base/str.h"

/*
 * Files of LMDB, read by code of our own: the library maps the file and trusts what it finds there,
 * so a damaged one, or one that somebody cuts off, ends the process. This reader takes pages by
 * pread(2) and checks every number before it is used: the worst is a failed look-up (LOOKUP_TEMP).
 *
 * Another process may write meanwhile. It never changes the pages of the state that is in force, but
 * takes them for a later one: a look-up during which the state has changed is made again. Pages that
 * were read stay in memory while the state is the same: a look-up then costs one read of the two
 * first pages, and those of the leaf and the first pages again.
 *
 * Not read: duplicates, named databases, and files of machines with another byte order.
 */
enum { LMDB_DEPTH_MAX = 32, LMDB_SLOTS = 256 };

/* What is in force: from the newer one of the two first pages. */
struct lmdb_state {
	uint64_t transaction, root, last_page;
};

/* A page that was read in the state in force. */
struct lmdb_slot {
	uint64_t number;                /* 0, a first page: none is kept */
	uint8_t *bytes;
};

/* A way down the tree: which entry of which page. */
struct lmdb_path {
	uint64_t transaction;           /* the state in which it was begun */
	uint64_t pages_seen;
	unsigned depth;                 /* 0: a walk that has not begun, or has ended */
	struct lmdb_step {
		uint64_t page;
		unsigned index;
	} steps[LMDB_DEPTH_MAX];
};

struct lmdb_file {
	char *path;
	int fd;                         /* borrowed by those who watch the file */
	uint32_t page_size;
	struct lmdb_state state;
	uint8_t *metas;                 /* scratch: both first pages */
	struct lmdb_slot branches[LMDB_SLOTS];  /* branch N is in slot N % LMDB_SLOTS, or nowhere */
	struct lmdb_slot last;          /* the leaf that was read last */
	const uint8_t *page;            /* the page that is looked at, in one of them */
	unsigned reads;                 /* of the file below its first pages */
	struct lmdb_path walk;
	struct str key, value;          /* copies: pages may change */
};

/*
 * Take over an opened file.
 * fd        taken, also after a failure
 * returns   false with *err: no such file. lmdb_file_close is then allowed, too
 */
MUST_USE bool lmdb_file_open(struct lmdb_file *file, const char *path, int fd, struct err *err);
void lmdb_file_close(struct lmdb_file *file);

/*
 * Look up an exact key. The value lives until the next call.
 * returns   LOOKUP_TEMP with *err when the file cannot be read or is damaged
 */
enum lookup lmdb_file_find(struct lmdb_file *file, struct span key, struct span *value_out,
    struct err *err);

/* The next entry in order, or the first. Both live until the next call. LOOKUP_TEMP when somebody writes meanwhile. */
enum lookup lmdb_file_next(struct lmdb_file *file, bool first, struct span *key_out,
    struct span *value_out, struct err *err);

#endif
