/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_HEADER_H
#define CLEANUP_HEADER_H

#include "qmgr/cleanup/cleanup_message.h"

/* The message's own header: looked at, rewritten, dropped, completed. */

/* One field, in order. */
void header_take(struct message *m, const struct header_field *field);

/* The header has ended: what is missing is added. */
void header_complete(struct message *m, enum mime_head_end how);

/*
 * The whole block as it goes into the queue file, with PREPEND fields and our trace on top, or
 * without the trace as filters see it. It lies in the arena.
 */
struct span header_print(struct message *m, bool with_trace) MUST_USE;

#endif
