/* SPDX-License-Identifier: ISC */
#ifndef ADDR_H
#define ADDR_H

#include "lib/base/arena.h"
#include "lib/base/str.h"

/*
 * One address, taken apart. The local part is in internal form, without quotes and backslashes; the
 * domain has no "@" and a literal keeps its brackets. No domain: domain is empty. Both empty: the
 * null address "<>".
 */
struct addr {
	struct span local, domain;
};

enum {
	/* RFC 5321 4.5.3.1.1 and .2: longer ones are reported, not refused */
	ADDR_LOCAL_MAX = 64,
	ADDR_DOMAIN_MAX = 255,
	ADDR_PATH_MAX = 1000,           /* longer ones are PARSE_BAD */
};

/* Split internal form ("a b@c.example") at its last "@". */
struct addr addr_from_internal(struct span internal);

/* Append the internal form: local part as it is, "@" and domain when there is one. */
bool addr_add_internal(struct str *out, struct addr addr);

/*
 * Append the external form: the local part quoted where RFC 5322 demands it. Nothing for the null
 * address.
 */
bool addr_add_external(struct str *out, struct addr addr);

/* The same in an arena. */
struct span addr_internal(struct arena *pool, struct addr addr) MUST_USE;
struct span addr_external(struct arena *pool, struct addr addr) MUST_USE;

/* ---- Parts ---- */

struct addr_split_options {
	const char *delimiters;         /* recipient_delimiter; "" never splits */
	/* owner-x and x-request stay whole when "-" is a delimiter */
	bool owner_request_special;
};

/*
 * Split a local part at its first delimiter that is not its first byte. mailer-daemon and
 * double-bounce stay whole. false: not split, *user_out is local, *extension_out {NULL, 0}.
 */
bool addr_split(struct span local, const struct addr_split_options *options, struct span *user_out,
    struct span *extension_out);

struct addr_ip {
	int version;                    /* 4 or 6 */
	unsigned char bytes[16];        /* the first 4 for IPv4 */
};

/* "[192.0.2.1]", "[IPv6:2001:db8::1]". false: not an address literal of these kinds. */
MUST_USE bool addr_literal_parse(struct span domain, struct addr_ip *ip_out);

/*
 * Host name by RFC 1123: letters, digits, hyphens inside, labels of 1 to 63, not all digits at the
 * end; "_" when lenient.
 */
bool addr_is_hostname(struct span name, bool lenient);

/*
 * Any name or literal that may stand after "@": hostname (UTF-8 labels too), or a well-formed
 * literal.
 */
bool addr_is_domain(struct span domain, bool lenient);

#endif
