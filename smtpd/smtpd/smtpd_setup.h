/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SETUP_H
#define SMTPD_SETUP_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/net/auth_client.h"
#include "lib/net/tls.h"
#include "lib/net/tls_server_conf.h"
#include "lib/queue/mail_client.h"
#include "lib/route/rewrite_conf.h"
#include "lib/route/route.h"
#include "lib/table/maps.h"
#include "lib/table/match_list.h"
#include "smtpd/smtpd/smtpd_compat.h"
#include "smtpd/smtpd/smtpd_access_conf.h"
#include "smtpd/smtpd/smtpd_conf.h"
#include "smtpd/smtpd/smtpd_restrict.h"
#include "smtpd/smtpd/smtpd_sasl.h"
#include "smtpd/smtpd/smtpd_sasl_conf.h"

/*
 * One smtpd process: its configuration and all that is opened before privileges drop. Constant
 * while
 * a client is served, but for the connections that are kept from message to message.
 */
struct smtpd {
	const struct smtpd_conf *conf;
	const struct smtpd_access_conf *access;
	const struct tls_server_conf *tls_conf;
	const struct smtpd_sasl_conf *sasl;
	const struct rewrite_conf *rewrite;
	const struct mail_conf *mail;
	const char *service_name; /* of master.cf, for anvil */
	struct program *program; /* NULL in tests: no other process can be reached but by `peers` */
	struct arena *arena;     /* lives as long as the process */

	struct restrict_set restrictions;
	struct route *route;
	struct tls_server *tls; /* NULL: no TLS */
	int tls_loglevel;
	struct smtpd_compat compat;
	struct maps *tls_loglevels; /* smtpd_tls_loglevel_maps */
	unsigned notify_classes; /* mask of notify_class */
	int64_t cleanup_flags; /* mask of mail_flag for every message: receive_override_options */
	bool allows_hyphen;    /* allow_min_user */
	bool resolves_null_domain;
	bool is_behind_proxy;  /* smtpd_upstream_proxy_protocol = haproxy */
	bool skips_unlisted;   /* no_unknown_recipient_checks in receive_override_options */
	bool demands_tls;      /* smtpd_tls_security_level = encrypt */
	int queue_dir;         /* queue_directory, for its free space; -1: not watched */

	int64_t space_asked_us, space_bytes;    /* smtpd_limits.c: free space of the queue */

	struct match_list *mynetworks, *own_addresses; /* these: what mynetworks_style = host is */
	struct match_list *rate_exceptions; /* smtpd_client_event_limit_exceptions */
	struct match_list *bare_newline_exceptions;
	struct match_list *forbidden_commands, *noop_commands;
	struct match_list *xclient_hosts, *xforward_hosts, *verp_clients;
	struct match_list *mx_backup_networks; /* permit_mx_backup_networks */
	struct match_list *sasl_mechanisms, *sasl_exceptions;
	struct sasl_demands sasl_plain, sasl_tls; /* without TLS, with TLS */
	struct auth_client auth;
	struct maps *sender_logins; /* smtpd_sender_login_maps */
	struct maps *virtual_aliases, *aliases; /* whose address a sender is, without sender_logins */
	struct restrict_list *local_clients; /* local_header_rewrite_clients */
	struct match_list *logged_permits;   /* smtpd_log_access_permit_actions */
	bool access_parent_plain; /* parent_domain_matches_subdomains has smtpd_access_maps */
	struct maps *rbl_replies;               /* rbl_reply_maps */
	struct maps *relay_clientcerts;
	struct maps *command_filter, *reject_filter, *reject_footer;
	struct maps *ehlo_discard_by_address;
	struct maps *dns_reply_filter;
	unsigned ehlo_discard;        /* mask of smtpd_ehlo words */
	const char *expansion_filter; /* smtpd_expansion_filter without its escapes */
	enum bare_newline {
		BARE_NEWLINE_ALLOW,
		BARE_NEWLINE_NORMALIZE,
		BARE_NEWLINE_REJECT,
		BARE_NEWLINE_NOTE
	} bare_newline;
	enum tempfail_action {
		TEMPFAIL_DEFER_IF_PERMIT,
		TEMPFAIL_DEFER
	} tempfail_unknown_address,
	    tempfail_unknown_helo;

	struct mail_client cleanup;
	struct service_peers peers; /* kept connections to other services */
};

/*
 * Open tables, lists and restrictions. conf, access, mail, program, arena and peers are set.
 * returns   false with *err: which parameter and why; also when nothing would stop relaying
 */
MUST_USE bool smtpd_setup(
    struct smtpd *smtpd, struct main_cf *cf, const struct table_env *env, struct err *err);
void smtpd_teardown(struct smtpd *smtpd);

#endif
