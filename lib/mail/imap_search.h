/* SPDX-License-Identifier: ISC */
#ifndef IMAP_SEARCH_H
#define IMAP_SEARCH_H

#include "lib/mail/imap_args.h"

/* What SEARCH, SORT and THREAD look for, as a tree. spec: RFC 9051 6.4.4, 5032, 7162 3.1.5, 8474 4.3, 8514 4. */

enum search_kind {
	SEARCH_ALL,
	SEARCH_AND,                     /* every one of `keys` */
	SEARCH_OR,                      /* one of `keys` */
	SEARCH_SET, SEARCH_UID,         /* number or UID in `set` */
	SEARCH_FLAG,                    /* `text`, with its backslash; KEYWORD's without */
	SEARCH_RECENT,
	SEARCH_BEFORE, SEARCH_ON, SEARCH_SINCE,                 /* INTERNALDATE's day; `date` */
	SEARCH_SENT_BEFORE, SEARCH_SENT_ON, SEARCH_SENT_SINCE,  /* the Date field's day */
	SEARCH_SAVED_BEFORE, SEARCH_SAVED_ON, SEARCH_SAVED_SINCE,
	SEARCH_SAVE_DATE_SUPPORTED,
	SEARCH_OLDER, SEARCH_YOUNGER,   /* `number` seconds or more, or less, since INTERNALDATE */
	SEARCH_LARGER, SEARCH_SMALLER,  /* `number` octets */
	SEARCH_HEADER,                  /* field `field` holds `text` */
	SEARCH_ADDRESS,                 /* address field `field` holds `text` */
	SEARCH_BODY, SEARCH_TEXT,
	SEARCH_MODSEQ,                  /* `number` or higher */
	SEARCH_EMAILID, SEARCH_THREADID,
};

struct search_key {
	enum search_kind kind;
	bool is_negated;
	ARRAY(struct search_key *) keys;
	struct imap_set set;
	struct span text, field;
	int64_t date;                   /* seconds: midnight, without zone */
	uint64_t number;
};

/* RETURN options. spec: RFC 4731 3.1, 5182 2.1, 5267 (for SORT, the same words) */
enum search_return {
	SEARCH_RETURN_MIN   = 1 << 0,
	SEARCH_RETURN_MAX   = 1 << 1,
	SEARCH_RETURN_ALL   = 1 << 2,
	SEARCH_RETURN_COUNT = 1 << 3,
	SEARCH_RETURN_SAVE  = 1 << 4,
};

/* What the numbers in the command mean. */
struct search_sets {
	uint32_t messages;              /* "*" of message numbers; 0: none */
	uint32_t uid_max;               /* "*" of UIDs */
	/* "$" (RFC 5182): message numbers or UIDs; NULL: it stands for nothing */
	const struct imap_set *saved, *saved_uids;
};

/*
 * Read " RETURN (...)" if it comes next.
 *
 * returns_out  bits; 0 without RETURN, ALL for an empty list
 */
bool search_parse_return(struct imap_args *args, unsigned *returns_out);

/*
 * Read [CHARSET charset SP] search-key *(SP search-key), up to the end.
 *
 * charset_out  the name as given; p NULL without one. Only US-ASCII and UTF-8 are known: for others
 *              the value is NULL with args->error SEARCH_BAD_CHARSET
 * returns      a key of kind SEARCH_AND; NULL with args->error set
 * owns         all memory is in args->pool
 */
extern const char SEARCH_BAD_CHARSET[];
struct search_key *search_parse(struct imap_args *args, const struct search_sets *sets,
    struct span *charset_out);

/* What evaluation needs at most: the costliest kind of key in the tree decides. */
enum search_cost {
	SEARCH_COST_FACTS,              /* flags, dates, sizes, UIDs */
	SEARCH_COST_HEADER,
	SEARCH_COST_BODY,
};
enum search_cost search_cost(const struct search_key *key);

#endif
