/* SPDX-License-Identifier: ISC */
#include "master/master/master_conf.h"

static const struct param rows[] = {
	P_INT(struct master_conf, default_process_limit, .value = "100", .min = 1, .max = 4000,
	    .doc = "Largest number of processes of one service, where master.cf does not say."),
	P_TIME(struct master_conf, service_throttle_time, .value = "60s", .min = 1,
	    .doc = "How long master waits before it starts a program again that could not start."),
	P_STR(struct master_conf, master_service_disable, .value = "",
	    .doc = "Services of master.cf, or types, that are not listened for: \"inet\", \"smtp/inet\"."),
	P_TIME(struct master_conf, stop_grace_time, .value = "3s", .min = 0,
	    .doc = "How long processes may finish their work after a stop before they get a signal."),
};

const struct param_table master_params = {
	.owner = "master",
	.prefix = "",
	.rows = rows,
	.count = COUNT_OF(rows),
	.size = sizeof(struct master_conf),
};
