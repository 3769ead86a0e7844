/* SPDX-License-Identifier: ISC */
#ifndef PROXYMAP_CONF_H
#define PROXYMAP_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of proxymap: which tables it opens for others.
 * Names in main.cf: without prefix. What each means is in its row (proxymap_conf.c).
 */
struct proxymap_conf {
	/* Tables. */
	const char *proxy_read_maps;
	const char *proxy_write_maps;
};

extern const struct param_table proxymap_params;

#endif
