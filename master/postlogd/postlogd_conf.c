/* SPDX-License-Identifier: ISC */
/* Parameters of postlogd: writing the log file. */
#include "master/postlogd/postlogd_conf.h"

static const struct param postlogd_rows[] = {
	/* Safety. */
	P_TIME(struct postlogd_conf, watchdog_timeout, .value = "10s", .min = 1,
	    .doc = "How long postlogd may take over one request before it is replaced."),
};

const struct param_table postlogd_params = {
	.owner = "postlogd",
	.prefix = "postlogd_",
	.rows = postlogd_rows,
	.count = COUNT_OF(postlogd_rows),
	.size = sizeof(struct postlogd_conf),
};
