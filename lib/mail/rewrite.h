/* SPDX-License-Identifier: ISC */
#ifndef REWRITE_H
#define REWRITE_H

#include "lib/mail/addr.h"

/* What the standard form depends on; the names are those of the parameters. */
struct rewrite_options {
	bool swap_bangpath;             /* host!user becomes user@host */
	bool allow_percent_hack;        /* user%host becomes user@host */
	bool append_at_myorigin;        /* user becomes user@origin */
	bool append_dot_mydomain;       /* user@host becomes user@host.domain */
	/* $myorigin, or the domain for remote headers; empty: nothing is appended */
	struct span origin;
	struct span domain;             /* $mydomain */
};

/*
 * Bring an address into standard form, in this order: a domain that is nothing but "@" falls away,
 * bang path, percent, missing "@origin", missing ".domain", one trailing dot of the domain. Source
 * routes have been dropped by whoever parsed it. The null address stays as it is; bang path and
 * percent are looked at only when there is no domain.
 *
 * owns      spans point into in, options or pool
 */
struct addr rewrite_addr(struct addr in, const struct rewrite_options *options,
    struct arena *pool) MUST_USE;

/* The same on internal form, where a source route ("@a,@b:user@c") is dropped too. */
struct span rewrite_internal(struct span internal, const struct rewrite_options *options,
    struct arena *pool) MUST_USE;

#endif
