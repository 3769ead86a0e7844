/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_H
#define ROUTE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/result.h"
#include "lib/table/table.h"

/*
 * Where an address goes: standard form, address classes and transports, as a library inside the
 * processes that need it (smtpd, cleanup, qmgr, local). All tables are opened by route_open, before
 * the process drops its privileges.
 */
struct route;
struct rewrite_conf;
struct mail_conf;

struct route *route_open(const struct table_env *env, const struct rewrite_conf *conf, const struct mail_conf *mail,
    struct err *err) MUST_USE;
void route_close(struct route **route);

/*
 * Standard form of an address (internal form in and out): source routes, %, !, append origin and domain.
 * context "local", or "remote" (remote_header_rewrite_domain).
 * owns      the result lies in the arena
 */
struct span route_rewrite(struct route *route, struct span address, bool is_local, struct arena *arena) MUST_USE;

enum address_class { CLASS_LOCAL, CLASS_VIRTUAL_ALIAS, CLASS_VIRTUAL_MAILBOX, CLASS_RELAY, CLASS_DEFAULT };

struct route_answer {
	enum address_class class;
	struct span transport, nexthop, recipient;      /* recipient may be changed (relocated, stripped) */
	bool is_error;                  /* transport is error or retry: nexthop is the text */
	bool is_bad_syntax;             /* it is, since nobody could deliver to such an address */
	bool has_routing;               /* routing characters remain in the local part: relay checks distrust it */
};

/*
 * Resolve one recipient.
 * sender    for sender_dependent_* maps; empty is the null sender
 * returns   LOOKUP_FOUND; LOOKUP_TEMP or LOOKUP_CONFIG with *err
 */
enum lookup route_resolve(struct route *route, struct span sender, struct span recipient, struct arena *arena,
    struct route_answer *answer_out, struct err *err) MUST_USE;

/* The class of a domain alone. */
enum lookup route_domain_class(struct route *route, struct span domain, enum address_class *class_out, struct err *err) MUST_USE;

/*
 * Does a later one of mydestination, virtual_alias_domains and virtual_mailbox_domains have the domain
 * too? Then half of what is configured for it is never looked at.
 * class     what route_domain_class said
 */
bool route_domain_is_doubled(struct route *route, struct span domain, enum address_class class,
    enum address_class *other_out);

/* mydestination, or [address] of inet_interfaces and proxy_interfaces. */
bool route_is_local_domain(struct route *route, struct span domain);
bool route_is_own_address(struct route *route, struct span ip_text);

/*
 * Does the recipient (sender) exist, by local_recipient_maps, virtual_alias_maps, virtual_mailbox_maps, relay_recipient_maps?
 * LOOKUP_FOUND: yes or not known not to; LOOKUP_NONE with text "User unknown in local recipient table" and the like, or an error
 * transport's text; *dsn_out "5.1.1".
 */
enum lookup route_recipient_exists(struct route *route, struct span recipient, struct arena *arena, struct span *text_out,
    struct span *dsn_out, struct err *err) MUST_USE;

#endif
