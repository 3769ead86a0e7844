/* SPDX-License-Identifier: ISC */
#ifndef SUBMIT_CONF_H
#define SUBMIT_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of local submission.
 * Names in main.cf: without prefix. What each means is in its row (submit_conf.c).
 */
struct submit_conf {
	/* Senders. */
	const char *local_login_sender_maps;
	const char *empty_address_local_login_sender_maps_lookup_key;
	/* Content. */
	const char *sendmail_fix_line_endings;
};

extern const struct param_table submit_params;

#endif
