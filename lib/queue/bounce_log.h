/* SPDX-License-Identifier: ISC */
#ifndef BOUNCE_LOG_H
#define BOUNCE_LOG_H

#include "lib/base/result.h"
#include "lib/base/str.h"
#include "lib/queue/bounce_proto.h"

/*
 * The files in the directories bounce, defer and trace, one per message: what became of recipients,
 * and why. Text: a first line that names format and version, then one record per recipient:
 *
 *   recipient=x@y.example
 *   status=5.1.1
 *   reason=unknown user: "x"
 *   (empty line)
 *
 * Values are one line each: control characters become blanks when they are written.
 */
enum { BOUNCE_LOG_MAX = 64 << 20 };     /* a longer file is read up to here */

extern const char bounce_log_head[];

/* Append one record. */
bool bounce_log_add(struct str *out, const struct bounce_rcpt *rcpt);

/*
 * The next record of a file's text, the first line included.
 * rest      what is left; begins as the whole text
 * returns   PARSE_OK; PARSE_MORE at the end (a last record without its empty line was cut off and is not given);
 *           PARSE_BAD not such a file
 * owns      spans point into the text
 */
MUST_USE enum parse bounce_log_next(struct span *rest, struct bounce_rcpt *rcpt_out);

#endif
