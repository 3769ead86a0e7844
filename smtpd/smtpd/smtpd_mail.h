/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_MAIL_H
#define SMTPD_MAIL_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/*
 * The conversation with cleanup, over one connection that is kept from message to message
 * (lib/queue/mail_proto.h). A connection that fails is dropped with the message it carried; the
 * client gets 451 and the next message a new connection.
 */
struct session;
struct mail_done;
struct mail_rcpt;

/* Make sure that cleanup is there and give the transaction the queue ID it announced. */
MUST_USE bool mail_reach(struct session *s, struct err *err);

/* Send the envelope: content may follow. */
MUST_USE bool mail_begin(struct session *s, struct err *err);

/* Content with LF line ends. */
MUST_USE bool mail_data(struct session *s, struct span bytes, struct err *err);

/* Decide. *done_out lies in the transaction's arena. */
MUST_USE bool mail_end(struct session *s, struct mail_done *done_out, struct err *err);

/*
 * Send a message of our own, to whoever is to know of this session; content has LF line ends. There
 * is no transaction under way.
 */
MUST_USE bool mail_send_own(struct session *s, struct span sender, struct mail_rcpt *rcpt,
    struct span content, struct err *err);

/* Withdraw what was begun. */
void mail_withdraw(struct session *s);

#endif
