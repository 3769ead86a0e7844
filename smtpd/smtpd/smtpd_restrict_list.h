/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_RESTRICT_LIST_H
#define SMTPD_RESTRICT_LIST_H

#include "lib/base/array.h"
#include "smtpd/smtpd/smtpd_restrict.h"

/* A list or a restriction class. */
struct restrict_list {
	const char *name;      /* "smtpd_recipient_restrictions", or the class */
	const char *shorthand; /* the primitive that a bare "type:table" means */
	const char *text;
	ARRAY(struct restrict_step) steps;
	struct restrict_list *next;
};

/* A restriction class by its name, or NULL. */
const struct restrict_list *restrict_find_class(const struct restrict_set *set, struct span name);

#endif
