/* SPDX-License-Identifier: ISC */
#ifndef SMTP_COMMON_CONF_H
#define SMTP_COMMON_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of the SMTP client without its prefix.
 * Names in main.cf: without prefix. What each means is in its row (smtp_common_conf.c).
 */
struct smtp_common_conf {
	/* DNS and loops. */
	bool disable_dns_lookups;
	bool ignore_mx_lookup_error;
	const char *use_srv_lookup;
	bool ignore_srv_lookup_error;
	bool allow_srv_lookup_fallback;
	/* Content. */
	bool disable_mime_output_conversion;
};

extern const struct param_table smtp_common_params;

#endif
