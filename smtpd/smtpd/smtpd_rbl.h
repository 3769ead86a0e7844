/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_RBL_H
#define SMTPD_RBL_H

#include "lib/base/span.h"

/*
 * Does an IPv4 address match the filter of a block list item, "d.d.d.d" where each d is a number or
 * a set "[1;4..7]"? Anything malformed matches nothing; rbl_filter_is_good tells.
 */
bool rbl_filter_matches(struct span filter, struct span address);
bool rbl_filter_is_good(struct span filter);

#endif
