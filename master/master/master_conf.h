/* SPDX-License-Identifier: ISC */
#ifndef MASTER_CONF_H
#define MASTER_CONF_H

#include "lib/sys/param.h"

/* What master itself reads, beside struct mail_conf. */
struct master_conf {
	int default_process_limit;
	struct duration service_throttle_time;
	const char *master_service_disable;
	struct duration stop_grace_time;
};

extern const struct param_table master_params;

#endif
