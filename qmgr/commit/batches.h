/* SPDX-License-Identifier: ISC */
#ifndef BATCHES_H
#define BATCHES_H

#include "lib/sys/loop.h"
#include "lib/sys/peer.h"

/*
 * The heart of commit: requests wait until a flusher is free, then all of them are one batch. While
 * it is flushed the next one gathers. Every request of a batch gets the batch's answer.
 */
struct batches;

/*
 * fsync_limit  batches of at most so many requests are flushed file by file
 * on_broken    a flusher has gone: whoever runs this ends, to be started afresh
 */
struct batches *batches_new(
    struct loop *loop, int fsync_limit, void (*on_broken)(void *ctx), void *ctx) MUST_USE;
void batches_free(struct batches **batches);

/* Take over the connection to a flusher (flusher_start). */
MUST_USE bool batches_add_flusher(struct batches *batches, int fd, struct err *err);

/*
 * Take over the connection of a caller; on_end is called when it has gone and nothing of it is
 * under way.
 */
void batches_add_caller(
    struct batches *batches, int fd, const char *name, void (*on_end)(void *ctx), void *ctx);

/* Requests that wait or are being flushed. */
size_t batches_pending(const struct batches *batches);

#endif
