/* SPDX-License-Identifier: ISC */
#ifndef COMMIT_CONF_H
#define COMMIT_CONF_H

#include "lib/sys/param.h"

/* Parameters of commit, commit_* in main.cf. */
struct commit_conf {
	int fsync_limit;                /* up to how many files are flushed one by one */
	int flusher_count;              /* child processes that flush */
};

extern const struct param_table commit_params;

#endif
