/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_MACRO_H
#define SMTPD_MACRO_H

#include "lib/base/str.h"

struct session;

/* A name that only the caller knows ($rbl_domain); p NULL: unknown here too. */
struct macro_names {
	struct span (*value)(void *ctx, struct span name);
	void *ctx;
};

/*
 * Expand $name, ${name}, $(name), ${name?text}, ${name:text} and $$ in the text of a reply, with
 * the
 * session's facts: client, client_address, client_name, client_port, helo_name,
 * reverse_client_name,
 * localtime, recipient, sender and their _domain and _name parts, server_name, server_address,
 * server_port, mail_name. Bytes of a value outside smtpd_expansion_filter become '_'. An unknown
 * name
 * is empty; what is no reference stays.
 *
 * extra     further names, asked first; may be NULL
 */
void macro_expand(
    struct session *s, struct span text, const struct macro_names *extra, struct str *out);

#endif
