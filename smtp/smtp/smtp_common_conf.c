/* SPDX-License-Identifier: ISC */
/* Parameters of the SMTP client without its prefix. */
#include "smtp/smtp/smtp_common_conf.h"

static const struct param smtp_common_rows[] = {
	/* DNS and loops. */
	P_BOOL(struct smtp_common_conf, disable_dns_lookups, .value = "no",
	    .doc = "Never ask the DNS; hosts are found by the system's name service."),
	P_BOOL(struct smtp_common_conf, ignore_mx_lookup_error, .value = "no",
	    .doc = "Connect to a domain's own address when its MX records cannot be found out."),
	P_STR(struct smtp_common_conf, use_srv_lookup, .value = "",
	    .doc = "Services (as in domain:submission) whose servers are found by SRV records "
	           "instead of MX."),
	P_BOOL(struct smtp_common_conf, ignore_srv_lookup_error, .value = "no",
	    .doc = "Look for a domain's MX hosts when its SRV records cannot be found out."),
	P_BOOL(struct smtp_common_conf, allow_srv_lookup_fallback, .value = "no",
	    .doc = "Look for a domain's MX hosts when it has no SRV records."),

	/* Content. */
	P_BOOL(struct smtp_common_conf, disable_mime_output_conversion, .value = "no",
	    .doc = "Send 8-bit content as it is, also to a server that does not offer 8BITMIME."),
};

const struct param_table smtp_common_params = {
	.owner = "smtp",
	.prefix = "",
	.rows = smtp_common_rows,
	.count = COUNT_OF(smtp_common_rows),
	.size = sizeof(struct smtp_common_conf),
};
