/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CHECK_CCERT_H
#define SMTPD_CHECK_CCERT_H

#include "smtpd/smtpd/smtpd_restrict.h"

/*
 * Read the argument of check_ccert_access: "type:table", or "{ type:table { search_order =
 * cert_fingerprint, pubkey_fingerprint } }", which is also the order without one.
 *
 * arg       becomes the table alone
 * step      takes the order
 */
MUST_USE bool ccert_read_argument(struct span *arg, struct restrict_step *step, struct err *err);

#endif
