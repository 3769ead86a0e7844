/* SPDX-License-Identifier: ISC */
/* Parameters of the SMTP server that begin with smtpd_: dialogue, limits, restriction lists. */
#include "smtpd/smtpd/smtpd_conf.h"

static const struct param smtpd_rows[] = {
	/* Dialogue. */
	P_STR(struct smtpd_conf, banner, .value = "$myhostname ESMTP $mail_name", .min_length = 1,
	    .doc = "The text after 220 in the greeting."),
	P_TIME(struct smtpd_conf, timeout, .value = "${stress?{10}:{300}}s", .min = 1,
	    .doc = "How long the server waits for a client's command or data, and for a client "
	           "to take a reply."),
	P_TIME(struct smtpd_conf, starttls_timeout, .value = "${stress?{10}:{300}}s", .min = 1,
	    .doc = "How long a TLS handshake may take."),
	P_BOOL(struct smtpd_conf, per_request_deadline, .value = "${stress?{yes}:{no}}",
	    .doc = "Make smtpd_timeout a limit for a whole command or reply instead of each "
	           "read and write."),
	P_INT(struct smtpd_conf, min_data_rate, .value = "500", .min = 1,
	    .doc = "The slowest acceptable transfer in bytes per second, with "
	           "smtpd_per_request_deadline."),
	P_BOOL(struct smtpd_conf, helo_required, .value = "no",
	    .doc = "Demand HELO or EHLO before MAIL."),
	P_BOOL(struct smtpd_conf, delay_reject, .value = "yes",
	    .doc = "Apply client, helo and sender restrictions at RCPT TO, when the recipient "
	           "is known."),
	P_BOOL(struct smtpd_conf, delay_open_until_valid_rcpt, .value = "yes",
	    .doc = "Make a queue file only when there is a recipient to accept."),
	P_BOOL(struct smtpd_conf, peername_lookup, .value = "yes",
	    .doc = "Look up the client's name in the DNS."),
	P_BOOL(struct smtpd_conf, client_port_logging, .value = "no",
	    .doc = "Log the client's port too."),
	P_BOOL(struct smtpd_conf, hide_client_session, .value = "no",
	    .doc = "Leave the client's name and address out of Received: header fields."),
	P_BOOL(struct smtpd_conf, tls_auth_only, .value = "no",
	    .doc = "Offer and take AUTH only in sessions with TLS."),
	P_STR(struct smtpd_conf, sender_login_maps, .value = "",
	    .doc = "Tables of who may send as an address: sender, and the users it belongs to; "
	           "empty: the user of that name, and the users it is an alias of."),
	P_STR(struct smtpd_conf, noop_commands, .value = "",
	    .doc = "Commands that are answered with 250 and not acted on."),
	P_STR(struct smtpd_conf, forbidden_commands,
	    .value = "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}",
	    .doc = "Commands that end the connection: the client is no mail client."),
	P_STR(struct smtpd_conf, command_filter, .value = "",
	    .doc = "A table that replaces a client's command before it is read."),
	P_STR(struct smtpd_conf, discard_ehlo_keywords, .value = "",
	    .doc = "Extensions that EHLO does not announce."),
	P_STR(struct smtpd_conf, discard_ehlo_keyword_address_maps, .value = "",
	    .doc = "Tables by client address of extensions that EHLO does not announce."),
	P_RAW(struct smtpd_conf, expansion_filter,
	    .value = "\\t\\40!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\"
	             "\\]^_`abcdefghijklmnopqrstuvwxyz{|}~",
	    .doc = "Characters that may come into a reply from what the client said; others "
	           "become \"_\"."),
	P_RAW(struct smtpd_conf, reject_footer, .value = "",
	    .doc = "A text added to every reply that refuses, by template."),
	P_STR(struct smtpd_conf, reject_footer_maps, .value = "",
	    .doc = "Tables by reply that give the text of smtpd_reject_footer."),
	P_STR(struct smtpd_conf, reject_filter_maps, .value = "",
	    .doc = "Tables that replace a reply that refuses."),
	P_STR(struct smtpd_conf, log_access_permit_actions, .value = "",
	    .doc = "Permit actions of access tables that are logged."),

	/* Smuggling and pipelining. */
	P_STR(struct smtpd_conf, forbid_bare_newline, .value = "normalize",
	    .doc = "What to do with a line end that is no CR LF: no, yes, normalize, reject or "
	           "note."),
	P_STR(struct smtpd_conf, forbid_bare_newline_exclusions, .value = "$mynetworks",
	    .doc = "Clients that may end lines without CR."),
	P_INT(struct smtpd_conf, forbid_bare_newline_reject_code, .value = "550",
	    .min = 421, .max = 599,
	    .doc = "The reply code of smtpd_forbid_bare_newline = reject."),
	P_BOOL(struct smtpd_conf, forbid_unauth_pipelining, .value = "yes",
	    .doc = "End the connection of a client that sends commands ahead of a reply that "
	           "it must wait for."),

	/* Errors. */
	P_INT(struct smtpd_conf, soft_error_limit, .value = "10", .min = 1,
	    .doc = "The number of errors from which a client is answered slowly."),
	P_INT(struct smtpd_conf, history_flush_threshold, .value = "100", .min = 1,
	    .doc = "How many lines of a session are kept for error_notice_recipient over EHLO, RSET "
	           "and the end of a message."),
	P_INT(struct smtpd_conf, hard_error_limit, .value = "${stress?{1}:{20}}", .min = 1,
	    .doc = "The number of errors at which the connection ends."),
	P_TIME(struct smtpd_conf, error_sleep_time, .value = "1s",
	    .doc = "How long a reply is held back from a client with many errors."),
	P_INT(struct smtpd_conf, junk_command_limit, .value = "${stress?{1}:{100}}", .min = 1,
	    .doc = "The number of commands without effect (NOOP, RSET, VRFY ...) after which "
	           "each counts as an error."),

	/* Recipients. */
	P_INT(struct smtpd_conf, recipient_limit, .value = "1000", .min = 1,
	    .doc = "How many recipients a message may have."),
	P_INT(struct smtpd_conf, recipient_overshoot_limit, .value = "1000", .min = 1,
	    .doc = "How many recipients above the limit are refused before they count as errors."),
	P_BOOL(struct smtpd_conf, reject_unlisted_recipient, .value = "yes",
	    .doc = "Refuse recipients that no table knows, after all restrictions."),
	P_BOOL(struct smtpd_conf, reject_unlisted_sender, .value = "no",
	    .doc = "Refuse senders in our domains that no table knows, after all restrictions."),
	P_STR(struct smtpd_conf, null_access_lookup_key, .value = "<>", .min_length = 1,
	    .doc = "The key for the null sender in access tables."),

	/* Restriction lists. */
	P_STR(struct smtpd_conf, client_restrictions, .value = "",
	    .doc = "What a client must pass by its name and address."),
	P_STR(struct smtpd_conf, helo_restrictions, .value = "",
	    .doc = "What a client must pass by its HELO name."),
	P_STR(struct smtpd_conf, sender_restrictions, .value = "",
	    .doc = "What a client must pass by its MAIL FROM."),
	P_STR(struct smtpd_conf, relay_restrictions,
	    .value = "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
	    .since_level = "1", .old_value = "",
	    .doc = "Who may relay: applied before smtpd_recipient_restrictions."),
	P_STR(struct smtpd_conf, recipient_restrictions, .value = "",
	    .doc = "What a client must pass by its RCPT TO."),
	P_STR(struct smtpd_conf, data_restrictions, .value = "",
	    .doc = "What a client must pass at DATA."),
	P_STR(struct smtpd_conf, end_of_data_restrictions, .value = "",
	    .doc = "What a client must pass when the message has come."),
	P_STR(struct smtpd_conf, etrn_restrictions, .value = "",
	    .doc = "What a client must pass by its ETRN."),
	P_STR(struct smtpd_conf, restriction_classes, .value = "",
	    .doc = "Names of further parameters that hold restriction lists."),
	P_BOOL(struct smtpd_conf, relay_before_recipient_restrictions, .value = "yes",
	    .since_level = "3.6", .old_value = "no",
	    .doc = "Apply smtpd_relay_restrictions before smtpd_recipient_restrictions."),

	/* Clients. */
	P_INT(struct smtpd_conf, client_connection_count_limit, .value = "50",
	    .doc = "How many connections a client may have at a time; 0 is no limit."),
	P_INT(struct smtpd_conf, client_connection_rate_limit, .value = "0",
	    .doc = "How many connections a client may make in anvil_rate_time_unit; 0 is no "
	           "limit."),
	P_INT(struct smtpd_conf, client_message_rate_limit, .value = "0",
	    .doc = "How many messages a client may begin in anvil_rate_time_unit; 0 is no limit."),
	P_INT(struct smtpd_conf, client_recipient_rate_limit, .value = "0",
	    .doc = "How many recipients a client may name in anvil_rate_time_unit; 0 is no limit."),
	P_INT(struct smtpd_conf, client_auth_rate_limit, .value = "0",
	    .doc = "AUTH commands of one client in anvil_rate_time_unit; 0 is no limit."),
	P_INT(struct smtpd_conf, client_new_tls_session_rate_limit, .value = "0",
	    .doc = "How many TLS sessions a client may make anew in anvil_rate_time_unit; 0 is "
	           "no limit."),
	P_INT(struct smtpd_conf, client_ipv4_prefix_length, .value = "32", .min = 1, .max = 32,
	    .doc = "How many bits of an IPv4 address make one client for these limits."),
	P_INT(struct smtpd_conf, client_ipv6_prefix_length, .value = "84", .min = 1, .max = 128,
	    .doc = "How many bits of an IPv6 address make one client for these limits."),
	P_STR(struct smtpd_conf, client_event_limit_exceptions,
	    .value = "${smtpd_client_connection_limit_exceptions:$mynetworks}",
	    .doc = "Clients to which these limits do not apply."),
	P_STR(struct smtpd_conf, authorized_xclient_hosts, .value = "",
	    .doc = "Clients that may speak for another client with XCLIENT."),
	P_STR(struct smtpd_conf, authorized_xforward_hosts, .value = "",
	    .doc = "Clients that may tell another client's facts for the log with XFORWARD."),
	P_STR(struct smtpd_conf, authorized_verp_clients, .value = "$authorized_verp_clients",
	    .doc = "Clients that may ask for a return path per recipient with XVERP."),
	P_STR(struct smtpd_conf, dns_reply_filter, .value = "",
	    .doc = "Tables that take records out of the answers of name service."),
	P_STR(struct smtpd_conf, upstream_proxy_protocol, .value = "",
	    .doc = "How a load balancer in front says who the client is: haproxy, the PROXY "
	           "protocol in both versions, or nothing."),
	P_TIME(struct smtpd_conf, upstream_proxy_timeout, .value = "5s", .min = 1,
	    .doc = "Time limit for the load balancer's announcement."),
};

const struct param_table smtpd_params = {
	.owner = "smtpd", .prefix = "smtpd_", .rows = smtpd_rows, .count = COUNT_OF(smtpd_rows),
	.size = sizeof(struct smtpd_conf),
};
