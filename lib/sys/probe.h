/* SPDX-License-Identifier: ISC */
#ifndef PROBE_H
#define PROBE_H

#include "lib/sys/service.h"

/*
 * Test builds only (configure --enable-probe): try from inside the sandbox what a broken process
 * would try, and log one line per attempt: "probe: WHAT: allowed" or "probe: WHAT: refused (ERROR)".
 * Only with one of these in the environment: CARTEIRO_PROBE_FILE names another user's mail file;
 * CARTEIRO_PROBE_PORT a listening port of 127.0.0.1.
 */
void probe_run(struct program *program);

#endif
