/* SPDX-License-Identifier: ISC */
/*
 * permit_mx_backup: may this system take mail for the recipient's domain because the domain's MX
 * records name it? What name service cannot say for now never opens the relay; it turns a refusal
 * into a deferral.
 */
#include "lib/mail/addr.h"
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_check.h"
#include "smtpd/smtpd/smtpd_dns.h"
#include "smtpd/smtpd/smtpd_session.h"

static void
backup_defer(struct session *s, const struct restrict_subject *subject, const char *text)
{
	(void) restrict_defer_if_reject(s, "4.4.4", "<%.*s>: %s rejected: %s",
	    SPAN_ARG(span_slice(subject->name, 0, 500)), subject->class, text);
}

static bool
backup_is_our_address(struct session *s, struct span address)
{
	return route_is_own_address(s->smtpd->route, address);
}

static bool
backup_is_in_networks(struct session *s, struct span address)
{
	struct err err = { 0 };

	return match_list_has(s->smtpd->mx_backup_networks, address, address, &err) == LOOKUP_FOUND;
}

/* Has the host an address of that kind? */
static bool
backup_has_address(struct session *s, struct span host, const struct restrict_subject *subject,
    bool (*is_of_kind)(struct session *s, struct span address))
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct dns_answer answers[COUNT_OF(types)];

	smtpd_dns_ask_types(s, host, types, COUNT_OF(types), answers);
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		const struct dns_record *records = answers[i].records.items;

		if (answers[i].status == DNS_RETRY || answers[i].status == DNS_BOGUS)
			backup_defer(s, subject, "Unable to look up host as mail exchanger");
		for (size_t j = 0; j < answers[i].records.count; j++)
			if (records[j].type == types[i] && is_of_kind(s, records[j].data))
				return true;
	}
	return false;
}

/* By name, if that is enough; else by address. */
static bool
backup_is_us(struct session *s, struct span host, const struct restrict_subject *subject)
{
	return host.len > 0 && (route_is_local_domain(s->smtpd->route, host) ||
				   backup_has_address(s, host, subject, backup_is_our_address));
}

static bool
backup_has_us(
    struct session *s, const struct dns_answer *mx, const struct restrict_subject *subject)
{
	const struct dns_record *records = mx->records.items;

	for (size_t i = 0; i < mx->records.count; i++)
		if (records[i].type == DNS_MX && backup_is_us(s, records[i].data, subject))
			return true;
	return false;
}

/* permit_mx_backup_networks: every host of the best preference must be in them. */
static bool
backup_trusts_primaries(
    struct session *s, const struct dns_answer *mx, const struct restrict_subject *subject)
{
	const struct dns_record *records = mx->records.items;
	int64_t best = INT64_MAX;

	if (s->smtpd->access->permit_mx_backup_networks[0] == '\0')
		return true;
	for (size_t i = 0; i < mx->records.count; i++)
		if (records[i].type == DNS_MX && records[i].preference < best)
			best = records[i].preference;
	for (size_t i = 0; i < mx->records.count; i++)
		if (records[i].type == DNS_MX && records[i].preference == best &&
		    !backup_has_address(s, records[i].data, subject, backup_is_in_networks))
			return false;
	return true;
}

static enum verdict
backup_judge(struct session *s, struct span domain, const struct restrict_subject *subject)
{
	static const enum dns_type type = DNS_MX;
	struct dns_answer mx;
	bool permits = false;

	smtpd_dns_ask_types(s, domain, &type, 1, &mx);
	switch ((enum dns_status) mx.status) {
	case DNS_FOUND:
		permits = backup_has_us(s, &mx, subject) &&
		    backup_trusts_primaries(s, &mx, subject);
		break;
	case DNS_NO_DATA:
		/* perhaps another name of this host */
		permits = backup_is_us(s, domain, subject);
		break;
	case DNS_RETRY:
	case DNS_BOGUS:
		backup_defer(s, subject, "Unable to look up mail exchanger information");
		break;
	case DNS_NO_NAME:
	case DNS_INVALID:
		break;
	}
	return permits ? VERDICT_PERMIT : VERDICT_DUNNO;
}

/* Includes permit_auth_destination, as it always did. */
CHECK_FUNCTION(permit_mx_backup)
{
	struct restrict_subject recipient = { access_external(s, s->mail.recipient),
		restrict_class_recipient };
	struct span domain = addr_from_internal(s->mail.recipient).domain;
	struct route_answer answer;
	struct err err = { 0 };
	enum lookup found;

	if (s->smtpd->route == NULL)
		return VERDICT_DUNNO;
	found = route_resolve(
	    s->smtpd->route, s->mail.sender, s->mail.recipient, s->scratch, &answer, &err);
	if (found != LOOKUP_FOUND)
		return restrict_fail(s, found, &recipient, &err);
	if (answer.has_routing && !s->smtpd->access->allow_untrusted_routing)
		return VERDICT_DUNNO;
	if (answer.class != CLASS_DEFAULT)
		return VERDICT_PERMIT;
	if (answer.has_routing || domain.len == 0 || domain.p[0] == '[')
		return VERDICT_DUNNO;
	return backup_judge(s, domain, &recipient);
}
