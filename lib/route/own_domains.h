/* SPDX-License-Identifier: ISC */
#ifndef OWN_DOMAINS_H
#define OWN_DOMAINS_H

#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/table/table.h"

/*
 * The domains whose mail ends on this host: mydestination, and [address] of inet_interfaces and
 * proxy_interfaces. Opened before the process drops its privileges; a host that gets a new address is
 * told by a reload.
 */
struct own_domains;
struct mail_conf;

struct own_domains *own_domains_open(const struct table_env *env, const struct mail_conf *mail, struct err *err) MUST_USE;
void own_domains_close(struct own_domains **own);

/* LOOKUP_FOUND, LOOKUP_NONE, or a table that failed with *err. */
enum lookup own_domains_find(struct own_domains *own, struct span domain, struct err *err) MUST_USE;

/* The same where a table that fails counts as no. */
bool own_domains_has(struct own_domains *own, struct span domain);

/* An address as text, with brackets or without. */
bool own_domains_has_address(const struct own_domains *own, struct span ip_text);

/* Address tables may name users of this domain without it: it is $myorigin or one of our own. */
bool own_domains_has_bare_users(struct own_domains *own, struct span domain);

#endif
