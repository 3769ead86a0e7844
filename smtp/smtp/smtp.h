/* SPDX-License-Identifier: ISC */
#ifndef SMTP_H
#define SMTP_H

#include "lib/net/tls_client_conf.h"
#include "lib/sys/service.h"
#include "lib/table/maps.h"
#include "lib/table/match_list.h"
#include "lib/table/table_conf.h"
#include "smtp/smtp/smtp_common_conf.h"
#include "smtp/smtp/smtp_conf.h"

/* One process of smtp or lmtp: configuration, tables, and the connection that it keeps for the next message. */

struct client_session;
struct tls_client;

struct smtp_maps {
	struct maps *generic, *header_checks, *mime_checks, *nested_checks, *body_checks;
	struct maps *reply_filter, *status_filter, *dns_filter, *discard_ehlo, *tls_policy, *tls_loglevel, *pix;
	struct match_list *keep_destinations;
};

/* Of master.cf; see smtp_flags.h. */
struct smtp_flags {
	bool has_delivered, has_original, has_return_path, is_final;
};

struct smtp_client {
	bool is_lmtp;
	struct smtp_flags flags;
	const struct smtp_conf *conf; /* of smtp_ or lmtp_ */
	const struct tls_client_conf *tls_conf;
	struct smtp_common_conf common;
	struct smtp_conf confs[2]; /* smtp, lmtp */
	struct tls_client_conf tls_confs[2];
	struct table_conf table_conf;
	struct table_env tables;
	struct smtp_maps maps;
	const struct mail_conf *mail;
	struct program *program;
	const char *own_addresses; /* "127.0.0.1/32 [::1]/128": of this host, to see loops */
	const char *own_address, *own_address6; /* the only one of inet_interfaces, no loopback; or "" */
	struct duration first_backoff; /* minimal_backoff_time, of qmgr: mail so old was deferred */
	bool use_ipv4, use_ipv6;
	int64_t name_search; /* mask of dns_search */
	int tls_loglevel;
	bool warned_rpk;
	struct tls_client *tls;      /* NULL: there is no TLS */
	struct client_session *kept; /* connection of the last message, or NULL */
	int64_t kept_until_us;
};

/* The name we give in EHLO, HELO or LHLO. */
const char *smtp_own_name(const struct smtp_client *client);

/* The two faces of this program. */
extern const struct service smtp_service, lmtp_service;

#endif
