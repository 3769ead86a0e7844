/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_HEADER_H
#define CLEANUP_HEADER_H

#include "qmgr/cleanup/cleanup_message.h"

/* The message's own header: looked at, rewritten, dropped, completed. */

/* What stands on top: PREPEND fields and Received: of whoever brings the message. Once, before its first byte. */
void header_begin(struct message *m);

/* One field, in order. */
void header_take(struct message *m, const struct header_field *field);

/* The header has ended: what is missing is added. */
void header_complete(struct message *m, enum mime_head_end how);

/*
 * The whole block as it goes into the queue file, or without what was made here, as filters see
 * it. It lies in the arena.
 */
struct span header_print(struct message *m, bool with_trace) MUST_USE;

#endif
