/* SPDX-License-Identifier: ISC */
#ifndef SMTP_XFORWARD_H
#define SMTP_XFORWARD_H

#include "lib/queue/deliver_proto.h"
#include "smtp/smtp/smtp_session.h"

/* XFORWARD: tell a content filter about the original client, in the attributes that it offers. */

/* Note what the EHLO reply in session->reply offers. */
void smtp_xforward_take_offer(struct client_session *session);

/* Queue the command. */
void smtp_xforward_say(struct client_session *session, const struct deliver *deliver);

#endif
