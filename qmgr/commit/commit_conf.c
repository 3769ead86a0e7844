/* SPDX-License-Identifier: ISC */
/* Parameters of commit: when to flush files and when whole file systems. */
#include "qmgr/commit/commit_conf.h"

static const struct param commit_rows[] = {
	P_INT(struct commit_conf, fsync_limit, .value = "2", .min = 0, .max = 4,
	    .doc =
	    "Batches of up to so many files are flushed file by file, larger ones by flushing "
	           "their file systems."),
	P_INT(struct commit_conf, flusher_count, .value = "2", .min = 1, .max = 16,
	    .doc = "How many batches may be under way at a time."),
};

const struct param_table commit_params = {
	.owner = "commit", .prefix = "commit_", .rows = commit_rows, .count = COUNT_OF(commit_rows),
	.size = sizeof(struct commit_conf),
};
