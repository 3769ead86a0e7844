/* SPDX-License-Identifier: ISC */
/* Parameters of anvil: counting clients. */
#include "master/anvil/anvil_conf.h"

static const struct param anvil_rows[] = {
	/* Counting. */
	P_TIME(struct anvil_conf, rate_time_unit, .value = "60s", .min = 1,
	    .doc = "The time over which connections, messages and recipients of a client are "
	           "counted."),
	P_TIME(struct anvil_conf, status_update_time, .value = "600s", .min = 1,
	    .doc = "How often the highest counts are logged."),
};

const struct param_table anvil_params = {
	.owner = "anvil", .prefix = "anvil_", .rows = anvil_rows, .count = COUNT_OF(anvil_rows),
	.size = sizeof(struct anvil_conf),
};
