/* SPDX-License-Identifier: ISC */
#ifndef ADDR_PATH_H
#define ADDR_PATH_H

#include "lib/base/result.h"
#include "lib/mail/addr.h"

/* The path of MAIL FROM and RCPT TO. */

enum addr_path_flag {
	/* the grammar and nothing else; without it see addr_path_parse */
	ADDR_PATH_STRICT = 1 << 0,
	ADDR_PATH_UTF8 = 1 << 1,        /* RFC 6531 3.3: UTF-8 in local part and domain */
	ADDR_PATH_NULL = 1 << 2,        /* "<>" is allowed */
	ADDR_PATH_NULL_DOMAIN = 1 << 3, /* nothing needs to stand behind the last "@" */
};

struct addr_path {
	struct addr addr;
	bool is_null;                   /* "<>" */
	bool has_null_domain;           /* "user@"; that is not "user" */
	bool has_route;                 /* a source route was there and is dropped */
	bool is_long;                   /* local part or domain over its length in the RFC */
	bool is_odd;                    /* accepted by leniency only */
};

/*
 * Parse a path at the start of in.
 *
 * Without ADDR_PATH_STRICT, as mailers have learnt to expect: blanks before the path and inside the
 * brackets, missing brackets (the address then ends at a blank outside quotes), dots in odd places
 * of the local part, any visible character outside the specials in a domain, a trailing dot on it.
 *
 * in        bytes of the command line after the colon, without line end
 * pool      takes the dequoted local part
 * returns   PARSE_OK   *path_out filled, *used_out bytes consumed (the parameters follow)
 *           PARSE_BAD  no path, a null path or UTF-8 where not allowed, control characters, too
 *           long
 * owns      spans point into in or pool
 * spec      RFC 5321 4.1.2 (Path, A-d-l, Mailbox, Quoted-string), 4.1.3 (address literals)
 */
MUST_USE enum parse addr_path_parse(struct span in, unsigned flags, struct arena *pool,
    struct addr_path *path_out, size_t *used_out);

#endif
