/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_QUEUE_H
#define CLEANUP_QUEUE_H

#include "qmgr/cleanup/cleanup_message.h"

/*
 * Decide about a message: write its file, make it durable, mark it ready, tell qmgr; or remove what
 * there is of it. *done_out is the answer to the client, without next_queue_id.
 */
void queue_message(struct message *m, struct mail_done *done_out);

/* The client gave the message up, or has gone. */
void queue_cancel(struct message *m);

#endif
