/* SPDX-License-Identifier: ISC */
#ifndef SMTP_PIX_H
#define SMTP_PIX_H

#include "smtp/smtp/smtp_result.h"

/*
 * Firewalls that garble SMTP show a greeting of asterisks ("220 ****"). What is done about them is said
 * by pix_workarounds, or by pix_workaround_maps for the server's address.
 */

/* After the greeting: fill session->pix, with a line in the log when something is switched on. */
void smtp_pix_look(struct client_session *session, struct span queue_id);

/* Before the final dot (delay_dotcrlf): what was written leaves in packets of its own, when the message is old. */
void smtp_pix_pause(struct client_session *session, const struct deliver *deliver);

#endif
