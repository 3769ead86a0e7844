/* SPDX-License-Identifier: ISC */
#ifndef ANVIL_CONF_H
#define ANVIL_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of anvil: counting clients.
 * Names in main.cf: prefix "anvil_". What each means is in its row (anvil_conf.c).
 */
struct anvil_conf {
	/* Counting. */
	struct duration rate_time_unit;
	struct duration status_update_time;
};

extern const struct param_table anvil_params;

#endif
