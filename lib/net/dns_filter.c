/* SPDX-License-Identifier: ISC */
/* Answers of name service, less what an administrator's tables take out. */
#include "lib/net/dns_filter.h"

#include "lib/base/str.h"
#include "lib/sys/log.h"

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
		log_warn_err(maps_title(filter), &err);
	return found;
}

static void
log_ignored(const struct dns_record *record)
{
	CLEANUP(str_fini) struct str text = { .max = DNS_KEY_MAX };

	dns_record_print(&text, record);
	log_info("ignoring DNS RR: %s", str_cstr(&text));
}

static void
dns_empty(struct dns_answer *answer, enum dns_status status, struct span text)
{
	answer->status = status;
	answer->is_filtered = true;
	answer->text = text;
	answer->records.count = 0;
}

void
dns_filter_answer(struct maps *filter, struct dns_answer *answer)
{
	struct dns_record *records = answer->records.items;
	size_t count = answer->records.count, kept = 0;

	if (maps_is_empty(filter) || answer->status != DNS_FOUND)
		return;
	for (size_t i = 0; i < count; i++) {
		switch (dns_filter_record(filter, &records[i])) {
		case LOOKUP_FOUND:
			log_ignored(&records[i]);
			break;
		case LOOKUP_NONE:
			records[kept++] = records[i];
			break;
		case LOOKUP_TEMP:
		case LOOKUP_CONFIG:
			dns_empty(answer, DNS_RETRY, SPAN("Invalid DNS reply filter syntax"));
			return;
		}
	}
	answer->records.count = kept;
	if (kept == 0 && count > 0)
		dns_empty(answer, DNS_NO_DATA, SPAN("DNS reply filter drops all results"));
}
