/* SPDX-License-Identifier: ISC */
/* The table of restriction primitives, from smtpd_checks.def. */
#include "smtpd/smtpd/smtpd_checks.h"

const struct restrict_row smtpd_checks[] = {
#define CHECK(NAME, NEEDS, ARG, FN)      { #NAME, NEEDS, ARG, smtpd_check_##FN, NULL, NULL },
#define CHECK_OLD(NAME, INSTEAD)         { #NAME, 0, RESTRICT_NO_ARG, NULL, #INSTEAD, NULL },
#define CHECK_NOT(NAME, NEEDS, ARG, WHY) { #NAME, NEEDS, ARG, smtpd_check_missing, NULL, WHY },
#include "smtpd/smtpd/smtpd_checks.def"
#undef CHECK
#undef CHECK_OLD
#undef CHECK_NOT
	{ NULL, 0, RESTRICT_NO_ARG, NULL, NULL, NULL },
};

const struct restrict_row *
smtpd_check_find(struct span name)
{
	for (const struct restrict_row *row = smtpd_checks; row->name != NULL; row++) {
		if (!span_eq_str_ci(name, row->name))
			continue;
		return row->instead == NULL ? row : smtpd_check_find(span_of(row->instead));
	}
	return NULL;
}
