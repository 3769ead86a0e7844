/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_BLOCK_H
#define CLEANUP_BLOCK_H

#include "lib/base/array.h"
#include "lib/base/list.h"
#include "lib/base/str.h"

/*
 * The header block in memory: fields in order, each raw text without its last LF. Once it was shown
 * to filters, their edits name fields by their number then, whatever was inserted meanwhile.
 */
struct block_field {
	struct list link;
	struct span raw;
	bool is_deleted;
	bool is_hidden;                 /* not shown to filters: it was made here */
};

struct block {
	struct arena *arena;
	struct list fields;
	ARRAY(struct block_field *) shown; /* by number - 1 */
	size_t bytes;
};

void block_init(struct block *block, struct arena *arena);

/* Append a field; raw is copied, a LF at its end dropped. */
void block_add(struct block *block, struct span raw);

/* The same for one that filters do not see. */
void block_add_hidden(struct block *block, struct span raw);
void block_addf(struct block *block, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Number the fields as they stand now. */
void block_number(struct block *block);

/*
 * Edits; number counts from 1. Numbers outside the block: insert appends, change and delete do
 * nothing.
 */
void block_insert(struct block *block, size_t number, struct span name, struct span value);
void block_append(struct block *block, struct span name, struct span value);
void block_change(struct block *block, size_t number, struct span name, struct span value);
void block_delete(struct block *block, size_t number);

/* Append the fields, each with a LF; those that are hidden only when asked. */
bool block_print(const struct block *block, bool with_hidden, struct str *out);

#endif
