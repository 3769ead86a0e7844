/* SPDX-License-Identifier: ISC */
#ifndef MATCH_LIST_H
#define MATCH_LIST_H

#include "lib/table/table.h"

/*
 * Match lists: domains, strings or addresses, with !negation, /file/name, type:table, network/mask.
 * The first item that matches decides.
 */
enum match_kind {
	MATCH_STRING,           /* exact, ASCII-folded */
	/* domain, and its subdomains with TABLE_PARENT_DOMAIN, or ".domain" */
	MATCH_DOMAIN,
	MATCH_ADDRESS,          /* IP addresses and networks: 127.0.0.0/8 [::1]/128 */
	MATCH_HOST,             /* a host name or its address (debug_peer_list, fast_flush …) */
};
struct match_list;

/*
 * Files are read and tables opened now; a network that is written wrongly is a warning and matches
 * nothing. The same spec of a table is opened once (table_env).
 * returns   NULL with *err set: unreadable file, table that cannot be opened (see
 * table_open_daemon)
 */
struct match_list *match_list_open(const struct table_env *env, const char *title, const char *text,
    enum match_kind kind,
    unsigned flags, struct err *err) MUST_USE;
void match_list_close(struct match_list **list);
bool match_list_is_empty(const struct match_list *list);

/*
 * LOOKUP_FOUND: it matches; LOOKUP_NONE: it does not (or !pattern did). address is used by
 * MATCH_HOST only.
 */
enum lookup match_list_has(struct match_list *list, struct span subject, struct span address,
    struct err *err) MUST_USE;

#endif
