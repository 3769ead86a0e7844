/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_CONTENT_H
#define CLEANUP_CONTENT_H

#include "qmgr/cleanup/cleanup_message.h"

/*
 * Content as it streams by: from data frames to header and body. Failures are noted in the message.
 */

/* Set up the scan; part of message_new. */
void content_start(struct message *m);

/* One data frame. */
void content_data(struct message *m, struct span bytes);

/* Forget the body: what follows replaces it. */
void content_replace_body(struct message *m);

/*
 * The header is at hand before the end of content, so that filters can be shown it; true when it
 * is.
 */
bool content_need_header(struct message *m);

/* The end: what was held back comes out, the whole is judged. */
void content_end(struct message *m);

#endif
