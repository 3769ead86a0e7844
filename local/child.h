/* SPDX-License-Identifier: ISC */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "lib/base/attr.h"

/*
 * Wait for the end of a process that this one forked.
 * returns   false at the deadline; *status as waitpid(2) has it
 */
bool child_wait(pid_t pid, int *status, int64_t deadline_us);

#endif
