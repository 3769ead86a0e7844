/* SPDX-License-Identifier: ISC */
/* Name service as the checks see it: dnsd's answers, less what smtpd_dns_reply_filter takes out. */
#include "smtpd/smtpd/smtpd_dns.h"
#include "lib/net/dns_filter.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_session.h"

void
smtpd_dns_ask(struct session *s, const struct dns_question *questions, size_t count, bool use_hosts,
    struct arena *arena, struct dns_answer *answers_out)
{
	const struct dns_ask how = { .use_hosts = use_hosts };
	struct err err = { 0 };

	if (s->smtpd->program == NULL ||
	    !dns_ask(s->smtpd->program, &how, questions, count, arena, answers_out, &err)) {
		if (s->smtpd->program != NULL)
			log_warn_err("dnsd", &err);
		for (size_t i = 0; i < count; i++)
			answers_out[i] = (struct dns_answer){ .status = DNS_RETRY };
		return;
	}
	for (size_t i = 0; i < count; i++)
		dns_filter_answer(s->smtpd->dns_reply_filter, &answers_out[i]);
}

void
smtpd_dns_ask_types(struct session *s, struct span name, const enum dns_type *types, size_t count,
    struct dns_answer *answers_out)
{
	struct dns_question *questions = ARENA_ARRAY(s->scratch, struct dns_question, count);

	for (size_t i = 0; i < count; i++)
		questions[i] = (struct dns_question){ .name = name, .type = types[i] };
	session_flush(s);
	smtpd_dns_ask(s, questions, count, false, s->scratch, answers_out);
}
