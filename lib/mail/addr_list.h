/* SPDX-License-Identifier: ISC */
#ifndef ADDR_LIST_H
#define ADDR_LIST_H

#include "lib/base/array.h"
#include "lib/base/result.h"
#include "lib/mail/addr.h"

/* Addresses in header fields, which may be rewritten and printed back with all around them kept. */

/*
 * A piece of an address header: text as it stood (names, comments, commas, folding), or an address.
 */
struct addr_piece {
	struct span raw;
	struct addr addr;
	bool is_addr, is_changed;
};

/* One mailbox of the list. */
struct addr_box {
	struct addr addr;
	/* display name or else the last comment: dequoted, RFC 2047 not decoded; p NULL: none */
	struct span name;
	/* name of the group that holds it; p NULL: not in a group */
	struct span group;
	struct span route;              /* "@a.example,@b.example" of an obsolete route; p NULL: none */
	size_t piece;                   /* its index among the pieces */
};

/* A group, which may be empty. */
struct addr_group {
	struct span name;
	size_t from, to;                /* its mailboxes */
};

struct addr_list {
	ARRAY(struct addr_piece) pieces;        /* their raw texts in order are the whole input */
	ARRAY(struct addr_box) boxes;
	ARRAY(struct addr_group) groups;
	/* something could not be read as an address and was left as text */
	bool is_broken;
	/* more than `max` mailboxes: the rest is one text piece */
	bool is_cut;
};

/*
 * Read an address list: mailboxes and groups, comments, folding, obsolete blanks and routes. Never
 * fails: what is no address stays text.
 *
 * in        the value of a header field, may be folded, any bytes
 * max       how many mailboxes are taken
 * pool      takes up to about 500 bytes for each of them, and the decoded texts
 * owns      spans point into in or pool
 * spec      RFC 5322 3.4, 4.4
 */
void addr_list_parse(struct span in, size_t max, struct arena *pool, struct addr_list *list_out);

/*
 * Replace the address of mailbox number `box`; the piece prints in external form from then on. addr
 * is borrowed.
 */
void addr_list_set(struct addr_list *list, size_t box, struct addr addr);

/* Append the whole value, text pieces and unchanged addresses byte for byte. */
bool addr_list_print(const struct addr_list *list, struct str *out);

/*
 * Read one address as people write it: quotes, comments, brackets. PARSE_BAD unless exactly one is
 * there.
 */
MUST_USE enum parse addr_list_one(struct span external, struct arena *pool, struct addr *addr_out);

#endif
