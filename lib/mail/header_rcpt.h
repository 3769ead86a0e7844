/* SPDX-License-Identifier: ISC */
#ifndef HEADER_RCPT_H
#define HEADER_RCPT_H

#include "lib/mail/addr_list.h"
#include "lib/mail/header.h"

/*
 * Recipients out of the header, for sendmail -t: those of To, Cc and Bcc, or only those of the
 * Resent- fields when there are any.
 */
struct header_rcpt {
	ARRAY(struct addr) plain, resent;
	bool has_resent;
	bool is_cut;                    /* there were more than max addresses */
	size_t max;
};

/*
 * Look at one field; others than recipient fields have no effect. Addresses live in pool or the
 * field.
 */
void header_rcpt_add(struct header_rcpt *rcpt, const struct header_field *field,
    struct arena *pool);

/* The recipients, without null addresses. */
const struct addr *header_rcpt_get(const struct header_rcpt *rcpt, size_t *count_out);

#endif
