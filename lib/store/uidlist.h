/* SPDX-License-Identifier: ISC */
#ifndef UIDLIST_H
#define UIDLIST_H

#include "lib/base/array.h"
#include "lib/base/result.h"
#include "lib/base/str.h"

/*
 * The text of dovecot-uidlist, versions 1 (also Courier's courierimapuiddb) and 3: which file of a
 * Maildir has which UID. Memory only; files and locks are others'.
 *
 *	3 V<uidvalidity> N<next uid> G<mailbox guid> ...
 *	<uid> <key><value> ... :<file name without flags>
 */
struct uidlist_entry {
	uint32_t uid;
	/* "S20 W25", blanks between keys; of unknown meaning too */
	struct span keys;
	struct span name;               /* up to the ":" in front of the flags; no "/", no NUL */
};

struct uidlist {
	unsigned version;               /* 1 or 3 */
	uint32_t uid_validity, next_uid;
	struct span guid;               /* 32 hexadecimal digits; empty: none */
	struct span keys;               /* of the header, all of them, for writing them back */
	ARRAY(struct uidlist_entry) entries;    /* UIDs ascend */
	/* Octets of the text that were understood: less than all when a line is broken or torn. */
	size_t good;
};

/*
 * Read a whole file.
 *
 * returns   PARSE_OK; what is behind list_out->good was not understood: entries before it count
 *           PARSE_BAD the header makes no sense, so nothing does
 * owns      spans point into text
 */
MUST_USE enum parse uidlist_parse(struct span text, struct arena *pool, struct uidlist *list_out);

/*
 * Read lines that were appended since: text begins where the last reading's `good` ended. Entries
 * and `good` grow, and next_uid with them.
 */
void uidlist_parse_more(struct uidlist *list, struct span text, struct arena *pool);

/* The value of a key in `keys`; false when it is not there. */
bool uidlist_key(struct span keys, char key, struct span *value_out);

/*
 * Append the header line of version 3. Keys other than V, N and G are taken over.
 */
bool uidlist_print_header(struct str *out, const struct uidlist *list);

/* Append a line. */
bool uidlist_print_entry(struct str *out, const struct uidlist_entry *entry);

#endif
