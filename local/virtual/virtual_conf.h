/* SPDX-License-Identifier: ISC */
#ifndef VIRTUAL_CONF_H
#define VIRTUAL_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of the virtual delivery agent.
 * Names in main.cf: prefix "virtual_". What each means is in its row (virtual_conf.c).
 */
struct virtual_conf {
	/* Mailboxes. */
	const char *mailbox_base;
	int64_t mailbox_limit;
	const char *mailbox_lock;
	const char *uid_maps;
	const char *gid_maps;
	int minimum_uid;
	/* Results. */
	const char *delivery_status_filter;
};

extern const struct param_table virtual_params;

#endif
