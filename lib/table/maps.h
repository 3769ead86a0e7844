/* SPDX-License-Identifier: ISC */
#ifndef MAPS_H
#define MAPS_H

#include "lib/table/table.h"

/*
 * A list of tables, as the value of a *_maps parameter: each key goes to every table in turn before
 * the next key of a search is tried.
 */
struct maps;

/*
 * title     the parameter's name, for messages
 * text      the list; "" gives maps that contain nothing
 * flags     enum table_flag
 * returns   NULL with *err set, see table_open_daemon
 */
struct maps *maps_open(const struct table_env *env, const char *title, const char *text,
    unsigned flags, struct err *err) MUST_USE;
void maps_close(struct maps **maps);
bool maps_is_empty(const struct maps *maps);
const char *maps_title(const struct maps *maps);

/*
 * Show each all values of all tables that can be listed; those that cannot are passed over.
 * returns   false with *err: one cannot be read
 */
MUST_USE bool maps_each(struct maps *maps, void (*each)(void *ctx, struct span value), void *ctx,
    struct err *err);

/*
 * Search orders of postfix(5) tables for a mail address (all parts of how are tried in this order):
 *
 *   MAPS_FULL        user+ext@dom
 *   MAPS_NO_EXT      user@dom
 *   MAPS_BARE_LOCAL  user+ext, user       (only when is_local_domain)
 *   MAPS_DOMAINS     dom, .parent ...     (with MAPS_PARENT_PLAIN: dom, parent ...)
 *   MAPS_AT_FORMS    user+ext@, user@
 *   MAPS_AT_DOMAIN   @dom
 *   MAPS_STAR        *
 *
 * Pattern tables see the full address only. A local part that must be quoted in an address is
 * looked up quoted, then as it is. With an empty domain MAPS_FULL and MAPS_NO_EXT look for the
 * local part alone (alias maps).
 */
enum maps_how {
	/* maps_get: no pattern tables (the key is part of something) */
	MAPS_FIXED_ONLY   = 1 << 0,
	MAPS_FULL         = 1 << 1,
	MAPS_NO_EXT       = 1 << 2,
	MAPS_BARE_LOCAL   = 1 << 3,
	MAPS_AT_DOMAIN    = 1 << 4,
	MAPS_AT_FORMS     = 1 << 5,
	MAPS_DOMAINS      = 1 << 6,
	MAPS_PARENT_PLAIN = 1 << 7,
	MAPS_STAR         = 1 << 8,

	/* virtual, canonical, generic, relocated, bcc, sender_login */
	MAPS_ADDRESS      = MAPS_FULL | MAPS_NO_EXT | MAPS_BARE_LOCAL | MAPS_AT_DOMAIN,
	/*
	 * access(5); add MAPS_PARENT_PLAIN for smtpd_access_maps in
	 * parent_domain_matches_subdomains
	 */
	MAPS_ACCESS       = MAPS_FULL | MAPS_NO_EXT | MAPS_DOMAINS | MAPS_AT_FORMS,
	/* transport(5); MAPS_PARENT_PLAIN for transport_maps in that list */
	MAPS_TRANSPORT    = MAPS_FULL | MAPS_NO_EXT | MAPS_DOMAINS | MAPS_STAR,
	/* aliases(5), with an empty domain */
	MAPS_ALIAS        = MAPS_FULL | MAPS_NO_EXT,
	/* virtual(8): mailbox, uid, gid */
	MAPS_MAILBOX      = MAPS_FULL | MAPS_NO_EXT | MAPS_AT_DOMAIN,
};

/*
 * Ask every table for the key; patterns too unless how has MAPS_FIXED_ONLY. Table errors end the
 * search.
 */
enum lookup maps_get(struct maps *maps, struct span key, unsigned how, struct str *value_out,
    struct err *err) MUST_USE;

struct maps_query {
	struct span local, domain;              /* internal (unquoted) form */
	/* recipient_delimiter: a set of characters; may be NULL */
	const char *delimiter;
	bool is_local_domain;                   /* the bare user may be looked up */
	unsigned how;
};

/*
 * extension_out (may be NULL): the extension that was cut off to find it, with its delimiter;
 * points into local.
 */
enum lookup maps_get_address(struct maps *maps, const struct maps_query *query,
    struct str *value_out,
    struct span *extension_out, struct err *err) MUST_USE;

/*
 * A host or domain name: the name, then its parents as MAPS_DOMAINS and MAPS_PARENT_PLAIN say;
 * patterns see the name only.
 */
enum lookup maps_get_domain(struct maps *maps, struct span domain, unsigned how,
    struct str *value_out, struct err *err) MUST_USE;

/*
 * An IP address as text: the address, then shorter ones, cut at '.' or ':' from the right; patterns
 * see the address only.
 */
enum lookup maps_get_network(struct maps *maps, struct span address, struct str *value_out,
    struct err *err) MUST_USE;

/*
 * Cut a local part at the first delimiter. Names that have meaning of their own are never cut:
 * postmaster, mailer-daemon, double-bounce, and with delimiter '-' owner-list and list-request.
 * returns   the part before; *extension_out has the rest, delimiter included, or is empty
 */
struct span maps_split_extension(struct span local, const char *delimiter,
    struct span *extension_out);

#endif
