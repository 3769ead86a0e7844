/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_ACCESS_CONF_H
#define SMTPD_ACCESS_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of the SMTP server without its prefix: reply codes and rules of the envelope.
 * Names in main.cf: without prefix. What each means is in its row (smtpd_access_conf.c).
 */
struct smtpd_access_conf {
	/* Reply codes. */
	int access_map_reject_code;
	int access_map_defer_code;
	int reject_code;
	int defer_code;
	int relay_domains_reject_code;
	int invalid_hostname_reject_code;
	int non_fqdn_reject_code;
	int unknown_address_reject_code;
	int unknown_client_reject_code;
	int unknown_hostname_reject_code;
	int unknown_local_recipient_reject_code;
	int unknown_relay_recipient_reject_code;
	int unknown_virtual_alias_reject_code;
	int unknown_virtual_mailbox_reject_code;
	int multi_recipient_bounce_reject_code;
	int plaintext_reject_code;
	int maps_rbl_reject_code;
	const char *default_rbl_reply;
	const char *rbl_reply_maps;
	const char *relay_clientcerts;
	/* Trouble while deciding. */
	const char *reject_tempfail_action;
	const char *unknown_address_tempfail_action;
	const char *unknown_helo_hostname_tempfail_action;
	/* Envelope. */
	bool disable_vrfy_command;
	bool strict_rfc821_envelopes;
	bool strict_smtputf8;
	bool show_user_unknown_table_name;
	bool allow_untrusted_routing;
	const char *local_header_rewrite_clients;
	bool broken_sasl_auth_clients;
	/* Resources. */
	int64_t queue_minfree;
	const char *stress;
	const char *permit_mx_backup_networks;
};

extern const struct param_table smtpd_access_params;

#endif
