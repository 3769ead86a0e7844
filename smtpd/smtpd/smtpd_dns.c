/* SPDX-License-Identifier: ISC */
/* Name service as the checks see it: dnsd's answers, less what smtpd_dns_reply_filter takes out. */
#include "smtpd/smtpd/smtpd_dns.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { DNS_KEY_MAX = 256 * 1024, DNS_ACTION_MAX = 1000 };

/* LOOKUP_FOUND: the record is to be ignored. */
static enum lookup
dns_filter_record(struct maps *filter, const struct dns_record *record)
{
	CLEANUP(str_fini) struct str key = { .max = DNS_KEY_MAX };
	CLEANUP(str_fini) struct str action = { .max = DNS_ACTION_MAX };
	struct err err = { 0 };
	enum lookup found;

	dns_record_print(&key, record);
	found = maps_get(filter, str_span(&key), 0, &action, &err);
	if (found == LOOKUP_FOUND && !span_eq_str_ci(span_trim(str_span(&action)), "IGNORE")) {
		(void) err_config(&err, "unknown DNS filter action: \"%s\"", str_cstr(&action));
		found = LOOKUP_CONFIG;
	}
	if (found == LOOKUP_TEMP || found == LOOKUP_CONFIG)
		log_warn_err("smtpd_dns_reply_filter", &err);
	return found;
}

static void
dns_empty(struct dns_answer *answer, enum dns_status status, struct span text)
{
	answer->status = status;
	answer->text = text;
	answer->records.count = 0;
}

static void
dns_filter(struct maps *filter, struct dns_answer *answer)
{
	struct dns_record *records = answer->records.items;
	size_t count = answer->records.count, kept = 0;

	for (size_t i = 0; i < count; i++) {
		switch (dns_filter_record(filter, &records[i])) {
		case LOOKUP_FOUND:
			break;
		case LOOKUP_NONE:
			records[kept++] = records[i];
			break;
		case LOOKUP_TEMP:
		case LOOKUP_CONFIG:
			dns_empty(answer, DNS_RETRY, SPAN("DNS reply filter failed"));
			return;
		}
	}
	answer->records.count = kept;
	if (kept == 0 && count > 0)
		dns_empty(answer, DNS_NO_DATA, SPAN("DNS reply filter drops all results"));
}

void
smtpd_dns_ask(struct session *s, const struct dns_question *questions, size_t count, bool use_hosts,
    struct arena *arena, struct dns_answer *answers_out)
{
	struct maps *filter = s->smtpd->dns_reply_filter;
	struct err err = { 0 };

	if (s->smtpd->program == NULL ||
	    !dns_ask(s->smtpd->program, questions, count, use_hosts, arena, answers_out, &err)) {
		if (s->smtpd->program != NULL)
			log_warn_err("dnsd", &err);
		for (size_t i = 0; i < count; i++)
			answers_out[i] = (struct dns_answer){ .status = DNS_RETRY };
		return;
	}
	for (size_t i = 0; i < count && !maps_is_empty(filter); i++)
		if (answers_out[i].status == DNS_FOUND)
			dns_filter(filter, &answers_out[i]);
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
