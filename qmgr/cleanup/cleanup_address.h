/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_ADDRESS_H
#define CLEANUP_ADDRESS_H

#include "lib/base/array.h"
#include "qmgr/cleanup/cleanup_settings.h"

/*
 * One address through the tables, in Postfix's order. Addresses are in internal form; results lie
 * in the arena. All return false with *err when a table does not answer or an expansion has no end.
 */

/* Standard form: "user" becomes user@$myorigin and so on. A null address stays as it is. */
struct span address_standard(
    const struct cleanup *c, struct span address, bool is_local, struct arena *arena) MUST_USE;

/*
 * sender_canonical_maps or recipient_canonical_maps, canonical_maps, masquerade_domains, for one
 * class.
 */
MUST_USE bool address_canonical(const struct cleanup *c, enum address_class_bit class,
    struct span *address, struct arena *arena, struct err *err);

struct address_list {
	ARRAY(struct span) list;
};

/* virtual_alias_maps, recursively; an address without an entry is its own result. */
MUST_USE bool address_expand(const struct cleanup *c, struct span address, struct address_list *out,
    struct arena *arena, struct err *err);

/* The address that a bcc table has for this one, or an empty span. */
MUST_USE bool address_bcc(const struct cleanup *c, struct maps *maps, struct span address,
    struct span *bcc_out, struct arena *arena, struct err *err);

#endif
