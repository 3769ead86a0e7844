/* SPDX-License-Identifier: ISC */
/* Parameters of dnsd: asking the DNS. */
#include "master/dnsd/dnsd_conf.h"

static const struct param dnsd_rows[] = {
	/* Asking. */
	P_STR(struct dnsd_conf, name_servers, .value = "",
	    .doc = "Name servers to ask (address or [address]:port); empty means those of "
	           "/etc/resolv.conf."),
	P_TIME(struct dnsd_conf, query_timeout, .value = "5s", .min = 1, .max = 60,
	    .doc = "How long one name server is given to answer before the next one is asked."),
	P_INT(struct dnsd_conf, query_attempts, .value = "2", .min = 1, .max = 10,
	    .doc = "How often each name server is asked."),

	/* Cache. */
	P_INT(struct dnsd_conf, cache_limit, .value = "10000",
	    .doc = "How many answers are remembered; 0 remembers none."),
	P_TIME(struct dnsd_conf, cache_max_ttl, .value = "1h",
	    .doc = "The longest time that an answer is remembered, whatever its own says."),
	P_TIME(struct dnsd_conf, cache_negative_ttl, .value = "60s",
	    .doc = "The longest time that the absence of a name is remembered."),
};

const struct param_table dnsd_params = {
	.owner = "dnsd", .prefix = "dnsd_", .rows = dnsd_rows, .count = COUNT_OF(dnsd_rows),
	.size = sizeof(struct dnsd_conf),
};
