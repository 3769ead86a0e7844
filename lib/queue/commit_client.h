/* SPDX-License-Identifier: ISC */
#ifndef COMMIT_CLIENT_H
#define COMMIT_CLIENT_H

#include "lib/sys/service.h"

/*
 * Make what was written durable: by fsync(2) here, or, with queue_sync = batch, through the process
 * `commit`, together with what others have written meanwhile (by fsync(2) here when it cannot be
 * asked). For sequential daemons whose manifest calls commit.
 *
 * file_fd   a file that was written; -1: none
 * dir_fd    the directory in which its name is new; -1: none
 * returns   true when both are on stable storage; false with *err TEMP: the data must be taken as lost
 */
MUST_USE bool commit_file(struct program *program, int file_fd, int dir_fd, struct err *err);

/* The same by fsync(2) in this process, for those that have no program (commands, tests). */
MUST_USE bool commit_file_directly(int file_fd, int dir_fd, struct err *err);

#endif
