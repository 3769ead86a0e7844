/* SPDX-License-Identifier: ISC */
/* Parameters of the SMTP and LMTP client. */
#include "smtp/smtp/smtp_conf.h"

static const struct param smtp_rows[] = {
	/* Timeouts. */
	P_TIME(struct smtp_conf, connect_timeout, .value = "30s",
	    .doc = "How long a connection may take to be made; 0 leaves it to the system."),
	P_TIME(struct smtp_conf, helo_timeout, .value = "300s", .min = 1,
	    .doc = "How long the greeting and the reply to HELO or EHLO may take."),
	P_TIME(struct smtp_conf, lhlo_timeout, .value = "300s", .min = 1,
	    .doc = "How long the greeting and the reply to LHLO may take."),
	P_TIME(struct smtp_conf, xforward_timeout, .value = "300s", .min = 1,
	    .doc = "How long the reply to XFORWARD may take."),
	P_TIME(struct smtp_conf, starttls_timeout, .value = "300s", .min = 1,
	    .doc = "How long a TLS handshake may take."),
	P_TIME(struct smtp_conf, mail_timeout, .value = "300s", .min = 1,
	    .doc = "How long the reply to MAIL FROM may take."),
	P_TIME(struct smtp_conf, rcpt_timeout, .value = "300s", .min = 1,
	    .doc = "How long the reply to RCPT TO may take."),
	P_TIME(struct smtp_conf, data_init_timeout, .value = "120s", .min = 1,
	    .doc = "How long the reply to DATA may take."),
	P_TIME(struct smtp_conf, data_xfer_timeout, .value = "180s", .min = 1,
	    .doc = "How long the server may take to accept the next piece of the message."),
	P_TIME(struct smtp_conf, data_done_timeout, .value = "600s", .min = 1,
	    .doc = "How long the reply to the message may take."),
	P_TIME(struct smtp_conf, rset_timeout, .value = "20s", .min = 1,
	    .doc = "How long the reply to RSET may take, before a kept connection is used again."),
	P_TIME(struct smtp_conf, quit_timeout, .value = "300s", .min = 1,
	    .doc = "How long the reply to QUIT may take."),
	P_BOOL(struct smtp_conf, per_request_deadline, .value = "no",
	    .doc = "Make each timeout a limit for the whole command or reply instead of each "
	           "read and write."),
	P_INT(struct smtp_conf, min_data_rate, .value = "500", .min = 1,
	    .doc = "The slowest acceptable transfer in bytes per second, with the per-request "
	           "deadline."),

	/* Where to. */
	P_STR(struct smtp_conf, tcp_port, .value = "smtp", .min_length = 1,
	    .doc = "The port to connect to when the next hop names none."),
	P_STR(struct smtp_conf, host_lookup, .value = "dns", .min_length = 1,
	    .doc = "How a host's addresses are found: dns, native or both in the order to try."),
	P_STR(struct smtp_conf, dns_resolver_options, .value = "",
	    .doc = "How servers' names are completed with domains of the system's name service: "
	           "res_defnames, res_dnsrch or both."),
	P_STR(struct smtp_conf, dns_reply_filter, .value = "",
	    .doc = "Tables that take records out of the answers of name service."),
	P_STR(struct smtp_conf, fallback_relay, .value = "$fallback_relay",
	    .doc = "Next hops to try when the destination's own servers cannot be reached."),
	P_INT(struct smtp_conf, mx_address_limit, .value = "5",
	    .doc = "How many server addresses are tried for a destination; 0 is no limit."),
	P_INT(struct smtp_conf, mx_session_limit, .value = "2",
	    .doc = "How many sessions are tried for a destination, with a greeting or worse; 0 "
	           "is no limit."),
	P_BOOL(struct smtp_conf, randomize_addresses, .value = "yes",
	    .doc = "Shuffle servers of the same preference."),
	P_STR(struct smtp_conf, address_preference, .value = "any", .min_length = 1,
	    .doc = "Which protocol is tried first: ipv4, ipv6 or any."),
	P_BOOL(struct smtp_conf, balance_inet_protocols, .value = "yes",
	    .doc = "Let both protocols come to their turn within the address limit."),
	P_BOOL(struct smtp_conf, defer_if_no_mx_address_found, .value = "no",
	    .doc = "Keep mail whose servers' names have no address, instead of returning it."),
	P_BOOL(struct smtp_conf, skip_5xx_greeting, .value = "yes",
	    .doc = "Try the next server when one greets with 5xx."),
	P_BOOL(struct smtp_conf, skip_quit_response, .value = "yes",
	    .doc = "Do not wait for the reply to QUIT."),
	P_STR(struct smtp_conf, bind_address, .value = "",
	    .doc = "The IPv4 address to connect from."),
	P_STR(struct smtp_conf, bind_address6, .value = "",
	    .doc = "The IPv6 address to connect from."),
	P_BOOL(struct smtp_conf, bind_address_enforce, .value = "no",
	    .doc = "Keep the mail when that address cannot be used."),
	P_BOOL(struct smtp_conf, assume_final, .value = "no",
	    .doc = "Report an LMTP server's acceptance as final delivery."),

	/* Dialogue. */
	P_STR(struct smtp_conf, helo_name, .value = "$myhostname", .min_length = 1,
	    .doc = "The name told in HELO or EHLO."),
	P_STR(struct smtp_conf, lhlo_name, .value = "$myhostname", .min_length = 1,
	    .doc = "The name told in LHLO."),
	P_BOOL(struct smtp_conf, always_send_ehlo, .value = "yes",
	    .doc = "Say EHLO even when the greeting does not mention ESMTP."),
	P_BOOL(struct smtp_conf, never_send_ehlo, .value = "no",
	    .doc = "Never say EHLO."),
	P_STR(struct smtp_conf, discard_ehlo_keywords, .value = "",
	    .doc = "Extensions of the server that are not used."),
	P_STR(struct smtp_conf, discard_ehlo_keyword_address_maps, .value = "",
	    .doc = "Tables by server address of extensions that are not used."),
	P_STR(struct smtp_conf, discard_lhlo_keywords, .value = "",
	    .doc = "Extensions of the server that are not used."),
	P_STR(struct smtp_conf, discard_lhlo_keyword_address_maps, .value = "",
	    .doc = "Tables by server address of extensions that are not used."),
	P_BOOL(struct smtp_conf, quote_rfc821_envelope, .value = "yes",
	    .doc = "Quote envelope addresses as RFC 5321 demands."),
	P_BOOL(struct smtp_conf, send_xforward_command, .value = "no",
	    .doc = "Tell the server the original client's facts with XFORWARD where it offers "
	           "that."),
	P_STR(struct smtp_conf, pix_workarounds, .value = "disable_esmtp,delay_dotcrlf",
	    .doc = "What is done when the greeting shows a firewall that garbles SMTP: "
	           "disable_esmtp, delay_dotcrlf."),
	P_STR(struct smtp_conf, pix_workaround_maps, .value = "",
	    .doc = "Tables by server address of such workarounds."),
	P_TIME(struct smtp_conf, pix_workaround_threshold_time, .value = "500s",
	    .doc = "How old a message must be for delay_dotcrlf."),
	P_TIME(struct smtp_conf, pix_workaround_delay_time, .value = "10s", .min = 1,
	    .doc = "How long delay_dotcrlf waits before the final dot."),
	P_STR(struct smtp_conf, address_verify_target, .value = "rcpt",
	    .doc = "How far an address probe goes: rcpt or data."),
	P_STR(struct smtp_conf, requiretls_policy, .value = "enforce",
	    .doc = "What mail with REQUIRETLS demands of a server: enforce (that it offers "
	           "REQUIRETLS, and a certificate that verifies), opportunistic+starttls (TLS) or "
	           "opportunistic (nothing)."),
	P_STR(struct smtp_conf, reply_filter, .value = "",
	    .doc = "A table that replaces a server's reply before it is read."),
	P_STR(struct smtp_conf, delivery_status_filter, .value = "$default_delivery_status_filter",
	    .doc = "Tables that change the status code and text of deliveries."),

	/* Message. */
	P_INT(struct smtp_conf, line_length_limit, .value = "998",
	    .doc = "The longest line that is sent; longer ones are folded. 0 is no limit."),
	P_STR(struct smtp_conf, generic_maps, .value = "",
	    .doc = "Tables that rewrite addresses on the way out."),
	P_STR(struct smtp_conf, header_checks, .value = "",
	    .doc = "Tables of patterns and actions for header fields on the way out."),
	P_STR(struct smtp_conf, mime_header_checks, .value = "",
	    .doc = "Tables of patterns and actions for header fields of MIME parts on the way "
	           "out."),
	P_STR(struct smtp_conf, nested_header_checks, .value = "",
	    .doc = "Tables of patterns and actions for header fields of attached messages on "
	           "the way out."),
	P_STR(struct smtp_conf, body_checks, .value = "",
	    .doc = "Tables of patterns and actions for body lines on the way out."),

	/* Kept connections. */
	P_BOOL(struct smtp_conf, connection_cache_on_demand, .value = "yes",
	    .doc = "Keep connections to destinations with much mail waiting."),
	P_STR(struct smtp_conf, connection_cache_destinations, .value = "",
	    .doc = "Destinations to which connections are always kept."),
	P_TIME(struct smtp_conf, connection_cache_time_limit, .value = "2s", .min = 1,
	    .doc = "How long an unused connection is kept."),
	P_TIME(struct smtp_conf, connection_reuse_time_limit, .value = "300s", .min = 1,
	    .doc = "How long a connection is used at most."),
	P_INT(struct smtp_conf, connection_reuse_count_limit, .value = "0",
	    .doc = "How often a connection is used at most; 0 is no limit."),
};

static const struct param_change smtp_changes[] = {
	{ "lhlo_timeout", NULL },
	{ "lhlo_name", NULL },
	{ "discard_lhlo_keywords", NULL },
	{ "discard_lhlo_keyword_address_maps", NULL },
	{ "assume_final", NULL },
	{ NULL, NULL },
};

static const struct param_change lmtp_changes[] = {
	{ "connect_timeout", "0s" },
	{ "tcp_port", "24" },
	{ "skip_quit_response", "no" },
	{ "requiretls_policy", "opportunistic" },
	{ "fallback_relay", "" },
	{ "helo_timeout", NULL },
	{ "helo_name", NULL },
	{ "always_send_ehlo", NULL },
	{ "never_send_ehlo", NULL },
	{ "discard_ehlo_keywords", NULL },
	{ "discard_ehlo_keyword_address_maps", NULL },
	{ NULL, NULL },
};

const struct param_table smtp_params = {
	.owner = "smtp", .prefix = "smtp_", .rows = smtp_rows, .count = COUNT_OF(smtp_rows),
	.size = sizeof(struct smtp_conf), .changes = smtp_changes,
};

const struct param_table lmtp_params = {
	.owner = "smtp", .prefix = "lmtp_", .rows = smtp_rows, .count = COUNT_OF(smtp_rows),
	.size = sizeof(struct smtp_conf), .changes = lmtp_changes,
};
