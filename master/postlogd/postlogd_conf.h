/* SPDX-License-Identifier: ISC */
#ifndef POSTLOGD_CONF_H
#define POSTLOGD_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of postlogd: writing the log file.
 * Names in main.cf: prefix "postlogd_". What each means is in its row (postlogd_conf.c).
 */
struct postlogd_conf {
	/* Safety. */
	struct duration watchdog_timeout;
};

extern const struct param_table postlogd_params;

#endif
