/* SPDX-License-Identifier: ISC */
/* Parameters of cleanup: from received mail to a queue file. */
#include "qmgr/cleanup/cleanup_conf.h"

static const struct param cleanup_rows[] = {
	/* Address rewriting. */
	P_STR(struct cleanup_conf, canonical_maps, .value = "",
	    .doc = "Tables that rewrite addresses in envelope and header."),
	P_STR(struct cleanup_conf, canonical_classes,
	    .value = "envelope_sender, envelope_recipient, header_sender, header_recipient",
	    .min_length = 1, .doc = "Which addresses canonical_maps applies to."),
	P_STR(struct cleanup_conf, sender_canonical_maps, .value = "",
	    .doc = "Tables that rewrite sender addresses."),
	P_STR(struct cleanup_conf, sender_canonical_classes,
	    .value = "envelope_sender, header_sender", .min_length = 1,
	    .doc = "Which addresses sender_canonical_maps applies to."),
	P_STR(struct cleanup_conf, recipient_canonical_maps, .value = "",
	    .doc = "Tables that rewrite recipient addresses."),
	P_STR(struct cleanup_conf, recipient_canonical_classes,
	    .value = "envelope_recipient, header_recipient", .min_length = 1,
	    .doc = "Which addresses recipient_canonical_maps applies to."),
	P_STR(struct cleanup_conf, masquerade_domains, .value = "",
	    .doc = "Domains whose subdomains are cut off."),
	P_STR(struct cleanup_conf, masquerade_exceptions, .value = "",
	    .doc = "User names whose addresses masquerade_domains leaves alone."),
	P_STR(struct cleanup_conf, masquerade_classes,
	    .value = "envelope_sender, header_sender, header_recipient", .min_length = 1,
	    .doc = "Which addresses masquerade_domains applies to."),
	P_STR(struct cleanup_conf, propagate_unmatched_extensions, .value = "canonical, virtual",
	    .doc = "Tables whose results keep the address extension that the key did not have."),

	/* Aliases and copies. */
	P_INT(struct cleanup_conf, virtual_alias_expansion_limit, .value = "1000", .min = 1,
	    .doc = "How many addresses one recipient may become by virtual_alias_maps."),
	P_INT(struct cleanup_conf, virtual_alias_recursion_limit, .value = "1000", .min = 1,
	    .doc = "How deeply virtual aliases may refer to others."),
	P_INT(struct cleanup_conf, virtual_alias_address_length_limit, .value = "1000", .min = 1,
	    .doc = "The longest address that virtual aliases may make."),
	P_BOOL(struct cleanup_conf, enable_original_recipient, .value = "yes",
	    .doc = "Keep the address as it was before aliases, for X-Original-To: and for "
		   "telling repeated recipients apart."),
	P_STR(struct cleanup_conf, always_bcc, .value = "",
	    .doc = "An address that is sent a copy of everything."),
	P_STR(struct cleanup_conf, sender_bcc_maps, .value = "",
	    .doc = "Tables by sender of an address that is sent a copy."),
	P_STR(struct cleanup_conf, recipient_bcc_maps, .value = "",
	    .doc = "Tables by recipient of an address that is sent a copy."),

	/* Header and body. */
	P_STR(struct cleanup_conf, header_checks, .value = "",
	    .doc = "Tables of patterns and actions for header fields."),
	P_STR(struct cleanup_conf, mime_header_checks, .value = "$header_checks",
	    .doc = "Tables of patterns and actions for header fields of MIME parts."),
	P_STR(struct cleanup_conf, nested_header_checks, .value = "$header_checks",
	    .doc = "Tables of patterns and actions for header fields of attached messages."),
	P_STR(struct cleanup_conf, body_checks, .value = "",
	    .doc = "Tables of patterns and actions for body lines."),
	P_INT(struct cleanup_conf, body_checks_size_limit, .value = "51200", .min = 1,
	    .doc = "How much of each part body_checks looks at."),
	P_BOOL(struct cleanup_conf, always_add_missing_headers, .value = "no",
	    .doc = "Add Date:, From: and Message-Id: also to strangers' mail."),
	P_STR(struct cleanup_conf, message_drop_headers,
	    .value = "bcc, content-length, resent-bcc, return-path",
	    .doc = "Header fields that are removed."),
	P_STR(struct cleanup_conf, message_reject_characters, .value = "",
	    .doc = "Characters that make a message unacceptable."),
	P_STR(struct cleanup_conf, message_strip_characters, .value = "",
	    .doc = "Characters that are removed from a message."),
	P_STR(struct cleanup_conf, undisclosed_recipients_header, .value = "",
	    .doc = "A header field for a message that names no recipient."),
	P_BOOL(struct cleanup_conf, cleanup_replace_stray_cr_lf, .value = "yes",
	    .doc = "Make a blank of a CR or LF that is no line end."),
	P_STR(struct cleanup_conf, non_empty_end_of_header_action, .value = "fix_quietly",
	    .min_length = 1,
	    .doc = "What to do when the line after the header is neither empty nor a header "
		   "field: fix_quietly, add_hdr or reject."),
	P_INT(struct cleanup_conf, header_address_token_limit, .value = "10240", .min = 1,
	    .doc = "How many words of a header field's addresses are rewritten."),
	P_INT(struct cleanup_conf, hopcount_limit, .value = "50", .min = 1,
	    .doc = "How many Received: header fields a message may have."),
	P_BOOL(struct cleanup_conf, requiretls_esmtp_header, .value = "yes",
	    .doc = "Note REQUIRETLS in a header field, \"Require-TLS-ESMTP: yes\", and take such a "
	           "field for the request: so it survives filters that know no REQUIRETLS."),
	P_BOOL(struct cleanup_conf, tls_required_enable, .value = "yes",
	    .doc = "Heed the header field \"TLS-Required: no\", which asks for delivery also "
	           "where TLS fails (RFC 8689)."),

	/* MIME and character sets. */
	P_BOOL(struct cleanup_conf, disable_mime_input_processing, .value = "no",
	    .doc = "Do not look into MIME parts of received mail."),
	P_BOOL(struct cleanup_conf, force_mime_input_conversion, .value = "no",
	    .doc = "Make 8-bit bodies 7-bit on receipt."),
	P_BOOL(struct cleanup_conf, strict_7bit_headers, .value = "no",
	    .doc = "Refuse 8-bit characters in header fields."),
	P_BOOL(struct cleanup_conf, strict_8bitmime, .value = "no",
	    .doc = "Refuse 8-bit characters in header fields and in bodies that are not "
		   "declared so."),
	P_BOOL(struct cleanup_conf, strict_8bitmime_body, .value = "no",
	    .doc = "Refuse 8-bit characters in bodies that are not declared so."),
	P_BOOL(struct cleanup_conf, strict_mime_encoding_domain, .value = "no",
	    .doc = "Refuse an encoding of a compound MIME part that cannot be."),
	P_BOOL(struct cleanup_conf, detect_8bit_encoding_header, .value = "yes",
	    .doc = "Take \"Content-Transfer-Encoding: 8bit\" in the header for BODY=8BITMIME when "
		   "the client did not say."),
	P_STR(struct cleanup_conf, full_name_encoding_charset, .value = "utf-8", .min_length = 1,
	    .doc = "The character set of full names (sendmail -F) that are not ASCII; in From: they "
		   "become encoded words (RFC 2047)."),
	P_STR(struct cleanup_conf, smtputf8_autodetect_classes, .value = "sendmail, verify",
	    .min_length = 1, .doc = "Kinds of mail for which the need of SMTPUTF8 is found out."),

	/* Flow. */
	P_TIME(struct cleanup_conf, delay_warning_time, .value = "0h", .unit = 'h',
	    .doc = "When the sender is told that mail is delayed; 0 never."),
};

const struct param_table cleanup_params = {
	.owner = "cleanup",
	.prefix = "",
	.rows = cleanup_rows,
	.count = COUNT_OF(cleanup_rows),
	.size = sizeof(struct cleanup_conf),
};
