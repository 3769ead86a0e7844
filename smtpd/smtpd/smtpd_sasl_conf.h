/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SASL_CONF_H
#define SMTPD_SASL_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of the SMTP server about authentication.
 * Names in main.cf: prefix "smtpd_sasl_". What each means is in its row (smtpd_sasl_conf.c).
 */
struct smtpd_sasl_conf {
	bool auth_enable;
	const char *type;
	const char *service;
	const char *local_domain;
	const char *security_options;
	const char *tls_security_options;
	const char *mechanism_filter;
	const char *exceptions_networks;
	bool authenticated_header;
	int response_limit;
};

extern const struct param_table smtpd_sasl_params;

#endif
