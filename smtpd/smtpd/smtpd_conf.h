/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CONF_H
#define SMTPD_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of the SMTP server that begin with smtpd_: dialogue, limits, restriction lists.
 * Names in main.cf: prefix "smtpd_". What each means is in its row (smtpd_conf.c).
 */
struct smtpd_conf {
	/* Dialogue. */
	const char *banner;
	struct duration timeout;
	struct duration starttls_timeout;
	bool per_request_deadline;
	int min_data_rate;
	bool helo_required;
	bool delay_reject;
	bool delay_open_until_valid_rcpt;
	bool peername_lookup;
	bool client_port_logging;
	bool hide_client_session;
	bool tls_auth_only;
	const char *sender_login_maps;
	const char *noop_commands;
	const char *forbidden_commands;
	const char *command_filter;
	const char *discard_ehlo_keywords;
	const char *discard_ehlo_keyword_address_maps;
	const char *expansion_filter;
	const char *reject_footer;
	const char *reject_footer_maps;
	const char *reject_filter_maps;
	const char *log_access_permit_actions;
	/* Smuggling and pipelining. */
	const char *forbid_bare_newline;
	const char *forbid_bare_newline_exclusions;
	int forbid_bare_newline_reject_code;
	bool forbid_unauth_pipelining;
	/* Errors. */
	int soft_error_limit;
	int hard_error_limit;
	int history_flush_threshold;
	struct duration error_sleep_time;
	int junk_command_limit;
	/* Recipients. */
	int recipient_limit;
	int recipient_overshoot_limit;
	bool reject_unlisted_recipient;
	bool reject_unlisted_sender;
	const char *null_access_lookup_key;
	/* Restriction lists. */
	const char *client_restrictions;
	const char *helo_restrictions;
	const char *sender_restrictions;
	const char *relay_restrictions;
	const char *recipient_restrictions;
	const char *data_restrictions;
	const char *end_of_data_restrictions;
	const char *etrn_restrictions;
	const char *restriction_classes;
	bool relay_before_recipient_restrictions;
	/* Clients. */
	int client_connection_count_limit;
	int client_connection_rate_limit;
	int client_message_rate_limit;
	int client_recipient_rate_limit;
	int client_new_tls_session_rate_limit;
	int client_auth_rate_limit;
	int client_ipv4_prefix_length;
	int client_ipv6_prefix_length;
	const char *client_event_limit_exceptions;
	const char *authorized_xclient_hosts;
	const char *authorized_xforward_hosts;
	const char *authorized_verp_clients;
	const char *dns_reply_filter;
	const char *upstream_proxy_protocol;
	struct duration upstream_proxy_timeout;
};

extern const struct param_table smtpd_params;

#endif
