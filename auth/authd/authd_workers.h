/* SPDX-License-Identifier: ISC */
#ifndef AUTHD_WORKERS_H
#define AUTHD_WORKERS_H

#include "lib/net/auth_proto.h"
#include "lib/sys/service.h"

/*
 * The processes that compare passwords: each takes one check at a time. Checks wait in line for a
 * free one. Connections are kept while there is work, and given up after ipc_idle.
 */
struct worker_pool;
struct worker_job;

/* limit: processes at most. */
struct worker_pool *worker_pool_new(struct program *program, int limit) MUST_USE;

/*
 * Have a check made. The check is copied.
 *
 * done      called once, after the return, with the result; AUTH_LATER when workers fail
 * returns   NULL with *err: too many wait, or the check does not fit in a message
 */
struct worker_job *worker_pool_check(struct worker_pool *pool, const struct auth_check *check,
    void (*done)(void *ctx, const struct auth_checked *result), void *ctx, struct err *err) MUST_USE;

/* Nobody wants the result any more. */
void worker_job_cancel(struct worker_job *job);

#endif
