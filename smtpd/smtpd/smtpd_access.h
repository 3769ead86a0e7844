/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_ACCESS_H
#define SMTPD_ACCESS_H

#include "smtpd/smtpd/smtpd_restrict.h"

/*
 * Access tables (access(5)): searching them and doing what they say.
 */

/* Act on a value that a table gave for the subject. title is the table's, for messages. */
enum verdict access_apply(struct session *s, const char *title, struct span value,
    const struct restrict_subject *subject);

/*
 * Search by host name and its parents, by address and its networks, by mail address; act on what
 * is found.
 */
enum verdict access_by_host(struct session *s, struct maps *maps, struct span name,
    struct span address, const struct restrict_subject *subject);
enum verdict access_by_domain(
    struct session *s, struct maps *maps, struct span name, const struct restrict_subject *subject);
enum verdict access_by_mail_address(struct session *s, struct maps *maps, struct span internal,
    const struct restrict_subject *subject);

/* External form of an address for replies; "" for the null address. In the scratch arena. */
struct span access_external(struct session *s, struct span internal);

/* smtpd_reject_unlisted_recipient and _sender, unless a restriction has asked already. */
enum verdict access_check_unlisted_recipient(struct session *s);
enum verdict access_check_unlisted_sender(struct session *s);

#endif
