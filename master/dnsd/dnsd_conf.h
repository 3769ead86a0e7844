/* SPDX-License-Identifier: ISC */
#ifndef DNSD_CONF_H
#define DNSD_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of dnsd: asking the DNS.
 * Names in main.cf: prefix "dns_". What each means is in its row (dnsd_conf.c).
 */
struct dnsd_conf {
	/* Asking. */
	const char *servers;
	const char *search_domains;
	struct duration query_timeout;
	int query_attempts;
	const char *trust_anchor_file;
	/* Cache. */
	int cache_limit;
	struct duration cache_max_ttl;
	struct duration cache_negative_ttl;
};

extern const struct param_table dnsd_params;

#endif
