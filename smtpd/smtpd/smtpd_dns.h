/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_DNS_H
#define SMTPD_DNS_H

#include "lib/net/dns_client.h"

/* The server's questions to name service. Answers have passed smtpd_dns_reply_filter. */
struct session;

/*
 * Ask and wait. A dnsd that cannot be reached, and a filter that fails, are answers that failed for
 * now (DNS_RETRY).
 *
 * answers_out  one per question, in the arena
 */
void smtpd_dns_ask(struct session *s, const struct dns_question *questions, size_t count,
    bool use_hosts, struct arena *arena, struct dns_answer *answers_out);

/* The same for several types of one name, in the scratch arena and without the hosts file. */
void smtpd_dns_ask_types(struct session *s, struct span name, const enum dns_type *types,
    size_t count, struct dns_answer *answers_out);

#endif
