/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_NOTICE_H
#define SMTPD_NOTICE_H

#include "lib/base/span.h"

/*
 * What was said in a session is kept, and mailed to error_notice_recipient at its end when
 * something went wrong that notify_classes names.
 */
struct session;

/*
 * Note what was said; of AUTH no more than that. A refusal counts as bounce (5.1.x: no such address), protocol (5.5.x and
 * 50x), resource (x.3.1), software (4.3.0, 4.3.5) or policy (any other but 4.4.x). Long lines and
 * long sessions are cut.
 */
void notice_note_command(struct session *s, struct span line);
void notice_note_reply(struct session *s, struct span text);

/* A message or RSET, EHLO is through: more than smtpd_history_flush_threshold lines are forgotten. */
void notice_forget(struct session *s);

/* The session is over and its transaction reset. */
void notice_send(struct session *s);

#endif
