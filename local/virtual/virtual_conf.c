/* SPDX-License-Identifier: ISC */
/* Parameters of the virtual delivery agent. */
#include "local/virtual/virtual_conf.h"

static const struct param virtual_rows[] = {
	/* Mailboxes. */
	P_STR(struct virtual_conf, mailbox_base, .value = "",
	    .doc = "What is put before every path of virtual_mailbox_maps."),
	P_LONG(struct virtual_conf, mailbox_limit, .value = "51200000",
	    .doc = "The largest mailbox or Maildir file in bytes; 0 is no limit."),
	P_STR(struct virtual_conf, mailbox_lock, .value = "fcntl, dotlock", .min_length = 1,
	    .doc = "How mailboxes are locked: flock, fcntl, dotlock."),
	P_STR(struct virtual_conf, uid_maps, .value = "",
	    .doc = "Tables by recipient of the owner's user ID."),
	P_STR(struct virtual_conf, gid_maps, .value = "",
	    .doc = "Tables by recipient of the owner's group ID."),
	P_INT(struct virtual_conf, minimum_uid, .value = "100", .min = 1,
	    .doc = "The smallest user ID that these tables may give."),

	/* Results. */
	P_STR(struct virtual_conf, delivery_status_filter,
	    .value = "$default_delivery_status_filter",
	    .doc = "Tables that replace \"code text\" of a delivery's result."),
};

const struct param_table virtual_params = {
	.owner = "virtual",
	.prefix = "virtual_",
	.rows = virtual_rows,
	.count = COUNT_OF(virtual_rows),
	.size = sizeof(struct virtual_conf),
};
