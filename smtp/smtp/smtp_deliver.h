/* SPDX-License-Identifier: ISC */
#ifndef SMTP_DELIVER_H
#define SMTP_DELIVER_H

#include "lib/queue/agent.h"
#include "smtp/smtp/smtp.h"

/*
 * Deliver one request: over the kept connection when it leads to the same next hop, else to the
 * servers of the next hop, one after the other, then to those of the fallback relays. ctx is the
 * struct smtp_client. Every recipient is reported.
 */
void smtp_deliver(void *ctx, struct agent_request *request);

/* End the kept connection, if there is one. ctx is the struct smtp_client. */
void smtp_drop_kept(void *ctx);

#endif
