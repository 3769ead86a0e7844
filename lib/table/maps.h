/* SPDX-License-Identifier: ISC */
#ifndef MAPS_H
#define MAPS_H

#include "lib/table/table.h"

/*
 * A list of tables, as the value of a *_maps parameter: each key goes to every table in turn.
 */
struct maps;

/*
 * title     the parameter's name, for messages
 * text      the list; "" gives maps that contain nothing
 */
struct maps *maps_open(const struct table_env *env, const char *title, const char *text, unsigned flags, struct err *err) MUST_USE;
void maps_close(struct maps **maps);
bool maps_is_empty(const struct maps *maps);
const char *maps_title(const struct maps *maps);

/* Ask every table for the key; patterns too unless MAPS_FIXED_ONLY. */
enum { MAPS_FIXED_ONLY = 1 };
enum lookup maps_get(struct maps *maps, struct span key, unsigned how, struct str *value_out, struct err *err) MUST_USE;

/*
 * Search orders of postfix(5) tables for a mail address (all parts of how are tried in this order):
 * user+ext@dom, user@dom, user+ext, user (only when is_local_domain), @dom.
 * MAPS_AT_FORMS adds user+ext@ and user@ (access tables) instead of the bare user;
 * MAPS_DOMAINS looks for dom and its parents (".dom" or plain as MAPS_PARENT_PLAIN says) as access and transport tables do.
 */
enum maps_how {
	MAPS_FULL        = 1 << 1,
	MAPS_NO_EXT      = 1 << 2,
	MAPS_BARE_LOCAL  = 1 << 3,
	MAPS_AT_DOMAIN   = 1 << 4,
	MAPS_AT_FORMS    = 1 << 5,
	MAPS_DOMAINS     = 1 << 6,
	MAPS_PARENT_PLAIN = 1 << 7,
	MAPS_ADDRESS     = MAPS_FULL | MAPS_NO_EXT | MAPS_BARE_LOCAL | MAPS_AT_DOMAIN,
};

struct maps_query {
	struct span local, domain;              /* internal (unquoted) form */
	const char *delimiter;                  /* recipient_delimiter */
	bool is_local_domain;                   /* the bare user may be looked up */
	unsigned how;
};

/* extension_out (may be NULL): the extension that was cut off to find it, with its delimiter; points into local. */
enum lookup maps_get_address(struct maps *maps, const struct maps_query *query, struct str *value_out,
    struct span *extension_out, struct err *err) MUST_USE;

#endif
