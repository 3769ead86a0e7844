/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_LIST_H
#define QUEUE_LIST_H

#include "lib/queue/queue_dir.h"
#include "lib/queue/showq_proto.h"

/*
 * List the queue: every message in maildrop, hold, incoming, active and deferred, with the recipients
 * that have not got it and the reasons on record. Files that come, go or cannot be read meanwhile
 * are left out.
 *
 * each      gets one piece after the other (see showq_message); false ends the listing
 * returns   false when each did
 */
bool queue_list(struct queue *queue, bool (*each)(void *ctx, const struct showq_message *message), void *ctx);

#endif
