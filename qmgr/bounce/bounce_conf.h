/* SPDX-License-Identifier: ISC */
#ifndef BOUNCE_CONF_H
#define BOUNCE_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of bounce: reports to senders.
 * Names in main.cf: without prefix. What each means is in its row (bounce_conf.c).
 */
struct bounce_conf {
	/* Reports. */
	int bounce_size_limit;
	const char *bounce_template_file;
	bool enable_threaded_bounces;
	bool requiretls_redact_dsn;
};

extern const struct param_table bounce_params;

#endif
