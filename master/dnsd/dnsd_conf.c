/* SPDX-License-Identifier: ISC */
/* Parameters of dnsd: asking the DNS. */
#include "master/dnsd/dnsd_conf.h"

static const struct param dnsd_rows[] = {
	/* Asking. */
	P_STR(struct dnsd_conf, servers, .value = "",
	    .doc = "Name servers to ask (address, address:port or [address]:port); empty means those "
	           "of /etc/resolv.conf, or with dns_trust = validate the DNS itself from its root."),
	P_STR(struct dnsd_conf, search_domains, .value = "",
	    .doc = "Domains that complete short names where smtp_dns_resolver_options asks for it; empty "
	           "means those of /etc/resolv.conf."),
	P_TIME(struct dnsd_conf, query_timeout, .value = "0s", .max = 60,
	    .doc = "How long one name server is given to answer before the next one is asked; 0 is "
	           "what /etc/resolv.conf says."),
	P_INT(struct dnsd_conf, query_attempts, .value = "0", .max = 10,
	    .doc = "How often each name server is asked; 0 is what /etc/resolv.conf says."),
	P_STR(struct dnsd_conf, trust_anchor_file, .value = "/usr/share/dns/root.key", .min_length = 1,
	    .doc = "The keys of the DNS root, for dns_trust = validate."),

	/* Cache. */
	P_INT(struct dnsd_conf, cache_limit, .value = "10000",
	    .doc = "How many answers are remembered; 0 remembers none."),
	P_TIME(struct dnsd_conf, cache_max_ttl, .value = "1h",
	    .doc = "The longest time that an answer is remembered, whatever its own says."),
	P_TIME(struct dnsd_conf, cache_negative_ttl, .value = "60s",
	    .doc = "The longest time that the absence of a name is remembered."),
};

const struct param_table dnsd_params = {
	.owner = "dnsd", .prefix = "dns_", .rows = dnsd_rows, .count = COUNT_OF(dnsd_rows),
	.size = sizeof(struct dnsd_conf),
};
