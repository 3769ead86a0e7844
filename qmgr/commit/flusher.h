/* SPDX-License-Identifier: ISC */
#ifndef FLUSHER_H
#define FLUSHER_H

#include "lib/base/err.h"

/*
 * A child process that flushes what it is sent (struct commit_flush) and answers (struct
 * commit_flushed), one batch at a time, until the connection ends.
 *
 * returns   this side's end of the connection, or -1 with *err; in the child it never returns
 */
int flusher_start(struct err *err) MUST_USE;

/* The child's work on one connection, for tests. Takes over fd. */
void flusher_serve(int fd);

#endif
