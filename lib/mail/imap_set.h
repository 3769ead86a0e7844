/* SPDX-License-Identifier: ISC */
#ifndef IMAP_SET_H
#define IMAP_SET_H

#include "lib/base/array.h"
#include "lib/base/result.h"
#include "lib/base/str.h"

/* Sets of message numbers or UIDs. */

struct imap_range {
	uint32_t from, to;              /* both belong to it; 1 <= from <= to */
};

/* Ascending; no two ranges meet. The zero value is the empty set. */
struct imap_set {
	ARRAY(struct imap_range) ranges;
};

/*
 * Read a set: "1:3,7,10:*".
 *
 * star      what "*" stands for: the highest number in the mailbox, 0 when it is empty (then "*"
 *           alone is the empty set)
 * returns   PARSE_BAD for zero, numbers past 2^32 - 1, empty parts, anything else in it
 * owns      the set's memory is in pool
 * spec      RFC 9051 9 (sequence-set), 6.4.4.1 for "$", which is not read here
 */
MUST_USE enum parse imap_set_parse(struct span text, uint32_t star, struct arena *pool,
    struct imap_set *set_out);

/* Add from..to; cheap when it comes behind all others, or touches the last range. */
void imap_set_add(struct imap_set *set, uint32_t from, uint32_t to, struct arena *pool);

/* Take from..to away. */
void imap_set_remove(struct imap_set *set, uint32_t from, uint32_t to, struct arena *pool);

bool imap_set_contains(const struct imap_set *set, uint32_t number);
uint64_t imap_set_count(const struct imap_set *set);

/* Append "1:3,7"; nothing for the empty set. */
bool imap_set_print(const struct imap_set *set, struct str *out);

#endif
