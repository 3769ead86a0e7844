/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_CHECKS_H
#define CLEANUP_CHECKS_H

#include "qmgr/cleanup/cleanup_message.h"

/* header_checks(5) and body_checks(5) on receipt. */

/* What becomes of the line that was looked at. */
enum check_fate {
	CHECK_KEEP,
	CHECK_DROP,
	CHECK_REPLACE, /* *text_out stands in its place */
	CHECK_PREPEND, /* *text_out goes before it */
};

/*
 * Ask the tables about one logical header field or body line and do what they say; what must be
 * logged is logged, what concerns the whole message is noted in it.
 *
 * what      "header" or "body", for the log
 * text_out  lies in the message's arena
 */
enum check_fate checks_apply(struct message *m, struct maps *maps, const char *what,
    struct span line, struct span *text_out) MUST_USE;

/* Checks apply to this message, and nothing has switched them off. */
bool checks_are_on(const struct message *m);

/* The log line of an action: "QID: reject: header X: y from ...: 5.7.1 text". text may be empty. */
void checks_log(
    struct message *m, const char *action, const char *what, struct span line, struct span text);

#endif
