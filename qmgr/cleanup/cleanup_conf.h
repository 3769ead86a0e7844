/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_CONF_H
#define CLEANUP_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of cleanup: from received mail to a queue file.
 * Names in main.cf: without prefix. What each means is in its row (cleanup_conf.c).
 */
struct cleanup_conf {
	/* Address rewriting. */
	const char *canonical_maps;
	const char *canonical_classes;
	const char *sender_canonical_maps;
	const char *sender_canonical_classes;
	const char *recipient_canonical_maps;
	const char *recipient_canonical_classes;
	const char *masquerade_domains;
	const char *masquerade_exceptions;
	const char *masquerade_classes;
	const char *propagate_unmatched_extensions;
	/* Aliases and copies. */
	int virtual_alias_expansion_limit;
	int virtual_alias_recursion_limit;
	int virtual_alias_address_length_limit;
	bool enable_original_recipient;
	const char *always_bcc;
	const char *sender_bcc_maps;
	const char *recipient_bcc_maps;
	/* Header and body. */
	const char *header_checks;
	const char *mime_header_checks;
	const char *nested_header_checks;
	const char *body_checks;
	int body_checks_size_limit;
	bool always_add_missing_headers;
	const char *message_drop_headers;
	const char *message_reject_characters;
	const char *message_strip_characters;
	const char *undisclosed_recipients_header;
	bool cleanup_replace_stray_cr_lf;
	const char *non_empty_end_of_header_action;
	int header_address_token_limit;
	int hopcount_limit;
	bool requiretls_esmtp_header;
	bool tls_required_enable;
	/* MIME and character sets. */
	bool disable_mime_input_processing;
	bool force_mime_input_conversion;
	bool strict_7bit_headers;
	bool strict_8bitmime;
	bool strict_8bitmime_body;
	bool strict_mime_encoding_domain;
	const char *smtputf8_autodetect_classes;
	bool detect_8bit_encoding_header;
	const char *full_name_encoding_charset;
	/* Flow. */
	struct duration delay_warning_time;
};

extern const struct param_table cleanup_params;

#endif
