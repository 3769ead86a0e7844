/* SPDX-License-Identifier: ISC */
#ifndef TRIGGER_H
#define TRIGGER_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/*
 * Wake a service through its socket in queue_directory/public, as commands do: connect, write, close.
 * timeout_us  for all of it
 * returns     false with *err TEMP: nobody listens, or the service is busy (its own timer will wake it)
 */
MUST_USE bool trigger_send(const char *queue_directory, const char *service, struct span request, int64_t timeout_us,
    struct err *err);

/* The connected socket alone, for commands that talk to a public service (showq). -1 with *err set. */
int public_connect(const char *queue_directory, const char *service, int64_t timeout_us, struct err *err) MUST_USE;

#endif
