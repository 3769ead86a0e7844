/* SPDX-License-Identifier: ISC */
#ifndef DURABLE_H
#define DURABLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/attr.h"

/*
 * What must be flushed so that a file's new name outlives a loss of power. On ext4 and XFS, whose
 * changes reach the disk in order, fsync(2) of the file is enough, also after a rename; elsewhere the
 * directory must be flushed too.
 */

/*
 * dir_fd    a directory; the process must have the right to make files there
 * returns   true: flushing the file is enough; false: it is not, or that is not known
 */
bool durable_names_are_ordered(int dir_fd) MUST_USE;

/* The answer for the file system that was asked about last: it takes several system calls to find. */
struct durable_memory {
	dev_t device;
	bool is_set, names_are_ordered;
};

/* The same by path, asking the system only when device is another one than before. */
bool durable_recall(struct durable_memory *memory, dev_t device, const char *dir) MUST_USE;

#endif
