/* SPDX-License-Identifier: ISC */
/* Parameters of the SMTP server without its prefix: reply codes and rules of the envelope. */
#include "smtpd/smtpd/smtpd_access_conf.h"

static const struct param smtpd_access_rows[] = {
	/* Reply codes. */
	P_INT(struct smtpd_access_conf, access_map_reject_code, .value = "554",
	    .min = 400, .max = 599,
	    .doc = "The reply code of REJECT in an access table."),
	P_INT(struct smtpd_access_conf, access_map_defer_code, .value = "450",
	    .min = 400, .max = 499,
	    .doc = "The reply code of DEFER in an access table."),
	P_INT(struct smtpd_access_conf, reject_code, .value = "554", .min = 400, .max = 599,
	    .doc = "The reply code of the restriction reject."),
	P_INT(struct smtpd_access_conf, defer_code, .value = "450", .min = 400, .max = 499,
	    .doc = "The reply code of the restriction defer."),
	P_INT(struct smtpd_access_conf, relay_domains_reject_code, .value = "554",
	    .min = 400, .max = 599,
	    .doc = "The reply code of reject_unauth_destination."),
	P_INT(struct smtpd_access_conf, invalid_hostname_reject_code, .value = "501",
	    .min = 400, .max = 599,
	    .doc = "The reply code of reject_invalid_helo_hostname."),
	P_INT(struct smtpd_access_conf, non_fqdn_reject_code, .value = "504",
	    .min = 400, .max = 599,
	    .doc = "The reply code of the reject_non_fqdn restrictions."),
	P_INT(struct smtpd_access_conf, unknown_address_reject_code, .value = "450",
	    .min = 400, .max = 599,
	    .doc = "The reply code of reject_unknown_sender_domain and "
	           "reject_unknown_recipient_domain."),
	P_INT(struct smtpd_access_conf, unknown_client_reject_code, .value = "450",
	    .min = 400, .max = 599,
	    .doc = "The reply code of reject_unknown_client_hostname."),
	P_INT(struct smtpd_access_conf, unknown_hostname_reject_code, .value = "450",
	    .min = 400, .max = 599,
	    .doc = "The reply code of reject_unknown_helo_hostname."),
	P_INT(struct smtpd_access_conf, unknown_local_recipient_reject_code, .value = "550",
	    .min = 400, .max = 599,
	    .doc = "The reply code for a recipient that local_recipient_maps does not know."),
	P_INT(struct smtpd_access_conf, unknown_relay_recipient_reject_code, .value = "550",
	    .min = 400, .max = 599,
	    .doc = "The reply code for a recipient that relay_recipient_maps does not know."),
	P_INT(struct smtpd_access_conf, unknown_virtual_alias_reject_code, .value = "550",
	    .min = 400, .max = 599,
	    .doc = "The reply code for a recipient that virtual_alias_maps does not know."),
	P_INT(struct smtpd_access_conf, unknown_virtual_mailbox_reject_code, .value = "550",
	    .min = 400, .max = 599,
	    .doc = "The reply code for a recipient that virtual_mailbox_maps does not know."),
	P_INT(struct smtpd_access_conf, multi_recipient_bounce_reject_code, .value = "550",
	    .min = 400, .max = 599,
	    .doc = "The reply code of reject_multi_recipient_bounce."),
	P_INT(struct smtpd_access_conf, plaintext_reject_code, .value = "450",
	    .min = 400, .max = 599,
	    .doc = "The reply code of reject_plaintext_session."),
	P_INT(struct smtpd_access_conf, maps_rbl_reject_code, .value = "554", .min = 400, .max = 599,
	    .doc = "$rbl_code in replies for what a block list in the DNS holds."),
	P_RAW(struct smtpd_access_conf, default_rbl_reply,
	    .value = "$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using "
	             "$rbl_domain${rbl_reason?; $rbl_reason}",
	    .min_length = 1,
	    .doc = "The reply for what a block list in the DNS holds."),
	P_STR(struct smtpd_access_conf, rbl_reply_maps, .value = "",
	    .doc = "Tables by the list's domain that give the reply in place of default_rbl_reply."),
	P_STR(struct smtpd_access_conf, relay_clientcerts, .value = "",
	    .doc = "Tables of fingerprints of client certificates, or of their public keys, that "
	           "permit_tls_clientcerts lets relay."),

	/* Trouble while deciding. */
	P_STR(struct smtpd_access_conf, reject_tempfail_action, .value = "defer_if_permit",
	    .min_length = 1,
	    .doc = "What to do when a restriction cannot be decided now: defer or "
	           "defer_if_permit."),
	P_STR(struct smtpd_access_conf, unknown_address_tempfail_action,
	    .value = "$reject_tempfail_action",
	    .min_length = 1,
	    .doc = "The same for unknown sender and recipient domains."),
	P_STR(struct smtpd_access_conf, unknown_helo_hostname_tempfail_action,
	    .value = "$reject_tempfail_action",
	    .min_length = 1,
	    .doc = "The same for unknown HELO names."),

	/* Envelope. */
	P_BOOL(struct smtpd_access_conf, disable_vrfy_command, .value = "no",
	    .doc = "Refuse VRFY."),
	P_BOOL(struct smtpd_access_conf, strict_rfc821_envelopes, .value = "no",
	    .doc = "Demand <> around envelope addresses, and nothing inside but the address."),
	P_BOOL(struct smtpd_access_conf, strict_smtputf8, .value = "no",
	    .doc = "Refuse addresses outside ASCII without the SMTPUTF8 option, also in header "
	           "fields."),
	P_BOOL(struct smtpd_access_conf, show_user_unknown_table_name, .value = "yes",
	    .doc = "Say in which table a recipient is unknown."),
	P_BOOL(struct smtpd_access_conf, allow_untrusted_routing, .value = "no",
	    .doc = "Relay sender-specified routing (user@remote@here) for strangers."),
	P_STR(struct smtpd_access_conf, local_header_rewrite_clients,
	    .value = "permit_inet_interfaces",
	    .doc = "Clients whose header addresses are completed with our own domain."),

	P_BOOL(struct smtpd_access_conf, broken_sasl_auth_clients, .value = "no",
	    .doc = "Announce AUTH a second time in the form of old clients, with an equals sign."),

	/* Resources. */
	P_LONG(struct smtpd_access_conf, queue_minfree, .value = "0",
	    .doc = "How many bytes must be free in the queue's file system to accept mail; 0 "
	           "is 1.5 times the message size limit."),
	P_STR(struct smtpd_access_conf, stress, .value = "",
	    .doc = "\"yes\" when master found all processes of this service busy; set by master."),
	P_STR(struct smtpd_access_conf, permit_mx_backup_networks, .value = "",
	    .doc = "Where the best mail servers of a domain must be for permit_mx_backup to take "
	           "mail for it; empty: anywhere."),
};

const struct param_table smtpd_access_params = {
	.owner = "smtpd",
	.prefix = "",
	.rows = smtpd_access_rows,
	.count = COUNT_OF(smtpd_access_rows),
	.size = sizeof(struct smtpd_access_conf),
};
