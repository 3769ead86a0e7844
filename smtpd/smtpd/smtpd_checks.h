/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CHECKS_H
#define SMTPD_CHECKS_H

#include "smtpd/smtpd/smtpd_restrict.h"

/*
 * The primitives: smtpd_check_generic.c, _client.c, _ccert.c, _helo.c, _address.c,
 * _mx_backup.c, _dns.c, _rbl.c and smtpd_access.c.
 */
#define CHECK(NAME, NEEDS, ARG, FN)                                                        \
	enum verdict smtpd_check_##FN(struct session *s, const struct restrict_step *step, \
	    const struct restrict_subject *subject);
#define CHECK_OLD(NAME, INSTEAD)
#define CHECK_NOT(NAME, NEEDS, ARG, WHY)
#include "smtpd/smtpd/smtpd_checks.def"
#undef CHECK
#undef CHECK_OLD
#undef CHECK_NOT

/* What stands in CHECK_NOT rows. */
enum verdict smtpd_check_missing(struct session *s, const struct restrict_step *step,
    const struct restrict_subject *subject);

/* Rows by name; old spellings carry .instead. Ends with name NULL. */
extern const struct restrict_row smtpd_checks[];

const struct restrict_row *smtpd_check_find(struct span name);

#endif
