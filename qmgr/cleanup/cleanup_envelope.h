/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_ENVELOPE_H
#define CLEANUP_ENVELOPE_H

#include "qmgr/cleanup/cleanup_message.h"

/* The envelope through the tables. Failures are noted in the message. */

/* Rewrite the sender; a copy for sender_bcc_maps. Once, before the recipients. */
void envelope_sender(struct message *m, struct span sender);

/* Take one recipient: rewriting, a copy for recipient_bcc_maps, aliases, the duplicate filter. */
void envelope_recipient(struct message *m, const struct mail_rcpt *rcpt);

/* One that a filter added: as above, without copies for others. */
void envelope_filter_recipient(struct message *m, const struct mail_rcpt *rcpt);

/* A copy for somebody whom nobody shall be told of. */
void envelope_bcc(struct message *m, struct span address);

/* Take back every recipient that has this address, or had it as it came. */
void envelope_remove(struct message *m, struct span address);

/* always_bcc, and what sendmail -t found in the header. */
void envelope_finish(struct message *m);

#endif
