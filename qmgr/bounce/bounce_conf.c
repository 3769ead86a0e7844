/* SPDX-License-Identifier: ISC */
/* Parameters of bounce: reports to senders. */
#include "qmgr/bounce/bounce_conf.h"

static const struct param bounce_rows[] = {
	/* Reports. */
	P_INT(struct bounce_conf, bounce_size_limit, .value = "50000", .min = 1,
	    .doc = "How much of a message is returned with a report; of a larger one only the "
	           "header."),
	P_STR(struct bounce_conf, bounce_template_file, .value = "",
	    .doc = "A file with the texts of reports."),
	P_BOOL(struct bounce_conf, enable_threaded_bounces, .value = "no",
	    .doc = "Refer to the message in the report, so that mail readers show both together."),
	P_BOOL(struct bounce_conf, requiretls_redact_dsn, .value = "yes",
	    .doc = "Return only the header of mail that was sent with REQUIRETLS (RFC 8689)."),
};

const struct param_table bounce_params = {
	.owner = "bounce", .prefix = "", .rows = bounce_rows, .count = COUNT_OF(bounce_rows),
	.size = sizeof(struct bounce_conf),
};
