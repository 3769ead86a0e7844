/* SPDX-License-Identifier: ISC */
/* Parameters of the SMTP server about authentication. */
#include "smtpd/smtpd/smtpd_sasl_conf.h"

static const struct param smtpd_sasl_rows[] = {
	P_BOOL(struct smtpd_sasl_conf, auth_enable, .value = "no",
	    .doc = "Offer AUTH: clients may log in, and permit_sasl_authenticated lets them send."),
	P_STR(struct smtpd_sasl_conf, type, .value = "cyrus", .min_length = 1,
	    .doc = "Who says who a client is: authd, which cyrus means too."),
	P_STR(struct smtpd_sasl_conf, service, .value = "smtp", .min_length = 1,
	    .doc = "The name of this service for accounts."),
	P_STR(struct smtpd_sasl_conf, local_domain, .value = "",
	    .doc = "The domain of users who give their name without one; empty: "
	           "auth_default_domain."),
	P_STR(struct smtpd_sasl_conf, security_options, .value = "noanonymous",
	    .doc = "What mechanisms must be in sessions without TLS: noanonymous, noplaintext, "
	           "noactive, nodictionary, forward_secrecy, mutual_auth."),
	P_STR(struct smtpd_sasl_conf, tls_security_options, .value = "$smtpd_sasl_security_options",
	    .doc = "The same in sessions with TLS."),
	P_STR(struct smtpd_sasl_conf, mechanism_filter, .value = "!external, static:rest",
	    .doc = "The mechanisms that are offered, of those that the service knows."),
	P_STR(struct smtpd_sasl_conf, exceptions_networks, .value = "",
	    .doc = "Clients that AUTH is not offered to."),
	P_BOOL(struct smtpd_sasl_conf, authenticated_header, .value = "no",
	    .doc = "Tell the user's name in the Received: field."),
	P_INT(struct smtpd_sasl_conf, response_limit, .value = "12288", .min = 512, .max = 65536,
	    .doc = "The longest answer to a challenge, in bytes of base64."),
};

const struct param_table smtpd_sasl_params = {
	.owner = "smtpd",
	.prefix = "smtpd_sasl_",
	.rows = smtpd_sasl_rows,
	.count = COUNT_OF(smtpd_sasl_rows),
	.size = sizeof(struct smtpd_sasl_conf),
};
