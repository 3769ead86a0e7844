/* SPDX-License-Identifier: ISC */
/* Parameters of local submission. */
#include "qmgr/sendmail/submit_conf.h"

static const struct param submit_rows[] = {
	/* Senders. */
	P_STR(struct submit_conf, local_login_sender_maps, .value = "static:*",
	    .doc = "Tables by login name of envelope senders that this user may use."),
	P_STR(struct submit_conf, empty_address_local_login_sender_maps_lookup_key, .value = "<>",
	    .min_length = 1,
	    .doc = "The key for the null sender in local_login_sender_maps."),

	/* Content. */
	P_STR(struct submit_conf, sendmail_fix_line_endings, .value = "always", .min_length = 1,
	    .doc = "When CR LF line ends of submitted mail become LF: always, strict (only if "
	           "the first line has one) or never."),
};

const struct param_table submit_params = {
	.owner = "sendmail", .prefix = "", .rows = submit_rows, .count = COUNT_OF(submit_rows),
	.size = sizeof(struct submit_conf),
};
