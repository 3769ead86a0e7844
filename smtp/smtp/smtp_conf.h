/* SPDX-License-Identifier: ISC */
#ifndef SMTP_CONF_H
#define SMTP_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of the SMTP and LMTP client.
 * Names in main.cf: prefix "smtp_". What each means is in its row (smtp_conf.c).
 */
struct smtp_conf {
	/* Timeouts. */
	struct duration connect_timeout;
	struct duration helo_timeout;
	struct duration lhlo_timeout;
	struct duration xforward_timeout;
	struct duration starttls_timeout;
	struct duration mail_timeout;
	struct duration rcpt_timeout;
	struct duration data_init_timeout;
	struct duration data_xfer_timeout;
	struct duration data_done_timeout;
	struct duration rset_timeout;
	struct duration quit_timeout;
	bool per_request_deadline;
	int min_data_rate;
	/* Where to. */
	const char *tcp_port;
	const char *host_lookup;
	const char *dns_resolver_options;
	const char *dns_reply_filter;
	const char *fallback_relay;
	int mx_address_limit;
	int mx_session_limit;
	bool randomize_addresses;
	const char *address_preference;
	bool balance_inet_protocols;
	bool defer_if_no_mx_address_found;
	bool skip_5xx_greeting;
	bool skip_quit_response;
	const char *bind_address;
	const char *bind_address6;
	bool bind_address_enforce;
	bool assume_final;
	/* Dialogue. */
	const char *helo_name;
	const char *lhlo_name;
	bool always_send_ehlo;
	bool never_send_ehlo;
	const char *discard_ehlo_keywords;
	const char *discard_ehlo_keyword_address_maps;
	const char *discard_lhlo_keywords;
	const char *discard_lhlo_keyword_address_maps;
	bool quote_rfc821_envelope;
	bool send_xforward_command;
	const char *pix_workarounds;
	const char *pix_workaround_maps;
	struct duration pix_workaround_threshold_time;
	struct duration pix_workaround_delay_time;
	const char *address_verify_target;
	const char *requiretls_policy;
	const char *reply_filter;
	const char *delivery_status_filter;
	/* Message. */
	int line_length_limit;
	const char *generic_maps;
	const char *header_checks;
	const char *mime_header_checks;
	const char *nested_header_checks;
	const char *body_checks;
	/* Kept connections. */
	bool connection_cache_on_demand;
	const char *connection_cache_destinations;
	struct duration connection_cache_time_limit;
	struct duration connection_reuse_time_limit;
	int connection_reuse_count_limit;
};

extern const struct param_table smtp_params;
extern const struct param_table lmtp_params;

#endif
