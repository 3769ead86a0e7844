/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CHECK_H
#define SMTPD_CHECK_H

#include "smtpd/smtpd/smtpd_checks.h"

/* The head of a primitive's definition; not all of them use all they are given. */
#define CHECK_FUNCTION(FN)                                      \
	enum verdict smtpd_check_##FN(struct session *s UNUSED, \
	    const struct restrict_step *step UNUSED,            \
	    const struct restrict_subject *subject UNUSED)

#endif
