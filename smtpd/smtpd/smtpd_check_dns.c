/* SPDX-License-Identifier: ISC */
/*
 * Primitives that ask name service: does a domain exist, and what is its mail or name server?
 * Questions that belong together go to dnsd in one frame.
 */
#include "lib/mail/addr.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_check.h"
#include "smtpd/smtpd/smtpd_dns.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { CHECK_HOSTS_MAX = 20 };

/* ---- Does it exist? ---- */

enum existence { EXISTS, EXISTS_NOT, EXISTS_BROKEN, EXISTS_PERHAPS, EXISTS_WITHOUT_MAIL };

static bool
dns_is_null_mx(const struct dns_answer *answer)
{
	const struct dns_record *records = answer->records.items;

	return answer->status == DNS_FOUND && answer->records.count == 1 &&
	    records[0].data.len == 0;
}

/* One of MX, A, AAAA. What failed for now counts when nothing was found. */
static enum existence
dns_existence(struct session *s, struct span domain)
{
	static const enum dns_type types[] = { DNS_MX, DNS_A, DNS_AAAA };
	struct dns_answer answers[COUNT_OF(types)];
	enum existence result = EXISTS_NOT;

	smtpd_dns_ask_types(s, domain, types, COUNT_OF(types), answers);
	if (dns_is_null_mx(&answers[0]))
		return EXISTS_WITHOUT_MAIL;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		switch ((enum dns_status) answers[i].status) {
		case DNS_FOUND:
			return EXISTS;
		case DNS_NO_DATA:
		case DNS_NO_NAME:
			break;
		case DNS_RETRY:
		case DNS_BOGUS:
			result = EXISTS_PERHAPS;
			break;
		case DNS_INVALID:
			result = result == EXISTS_NOT ? EXISTS_BROKEN : result;
			break;
		}
	}
	return result;
}

/* What to do when name service does not answer. */
static enum verdict
dns_tempfail(struct session *s, enum tempfail_action action, const struct restrict_subject *subject,
    const char *dsn, const char *text)
{
	if (action == TEMPFAIL_DEFER_IF_PERMIT)
		return restrict_defer_if_permit(s, dsn, "<%.*s>: %s rejected: %s",
		    SPAN_ARG(subject->name), subject->class, text);
	return restrict_refuse_subject(s, subject, 450, dsn, "%s", text);
}

/* A domain that we deliver for exists by that. */
static bool
dns_is_own_domain(struct session *s, struct span domain)
{
	enum address_class class;
	struct err err = { 0 };

	return s->smtpd->route != NULL &&
	    route_domain_class(s->smtpd->route, domain, &class, &err) == LOOKUP_FOUND &&
	    class != CLASS_DEFAULT && class != CLASS_RELAY;
}

static enum verdict
dns_check_domain(struct session *s, struct span address, const char *class)
{
	struct restrict_subject subject = { access_external(s, address), class };
	struct span domain = addr_from_internal(address).domain;
	bool is_sender = class == restrict_class_sender;
	int code = s->smtpd->access->unknown_address_reject_code;
	const char *dsn = is_sender ? "4.1.8" : "4.1.2";

	if (domain.len == 0 || domain.p[0] == '[' || dns_is_own_domain(s, domain))
		return VERDICT_DUNNO;
	switch (dns_existence(s, domain)) {
	case EXISTS:
		return VERDICT_DUNNO;
	case EXISTS_WITHOUT_MAIL:
		return restrict_refuse(s, is_sender ? 550 : 556, is_sender ? "5.7.27" : "5.1.10",
		    "<%.*s>: %s rejected: Domain %.*s does not accept mail (nullMX)",
		    SPAN_ARG(subject.name), class, SPAN_ARG(domain));
	case EXISTS_PERHAPS:
		return dns_tempfail(
		    s, s->smtpd->tempfail_unknown_address, &subject, dsn, "Domain not found");
	case EXISTS_BROKEN:
		return restrict_refuse_subject(
		    s, &subject, code, dsn, "Malformed DNS server reply");
	case EXISTS_NOT:
		break;
	}
	return restrict_refuse_subject(s, &subject, code, dsn, "Domain not found");
}

CHECK_FUNCTION(unknown_sender_domain)
{
	return dns_check_domain(s, s->mail.sender, restrict_class_sender);
}

CHECK_FUNCTION(unknown_recipient_domain)
{
	return dns_check_domain(s, s->mail.recipient, restrict_class_recipient);
}

/* The address that the list is about. */
CHECK_FUNCTION(unknown_address)
{
	if (subject->class == restrict_class_sender)
		return dns_check_domain(s, s->mail.sender, restrict_class_sender);
	if (s->mail.recipient.p == NULL)
		return VERDICT_DUNNO;
	return dns_check_domain(s, s->mail.recipient, restrict_class_recipient);
}

CHECK_FUNCTION(unknown_helo)
{
	struct restrict_subject helo = { s->helo, "Helo command" };
	int code = s->smtpd->access->unknown_hostname_reject_code;

	if (s->helo.p[0] == '[')
		return VERDICT_DUNNO;
	switch (dns_existence(s, s->helo)) {
	case EXISTS:
	case EXISTS_WITHOUT_MAIL:
		return VERDICT_DUNNO;
	case EXISTS_PERHAPS:
		return dns_tempfail(
		    s, s->smtpd->tempfail_unknown_helo, &helo, "4.7.1", "Host not found");
	case EXISTS_BROKEN:
		return restrict_refuse_subject(
		    s, &helo, code, "4.7.1", "Malformed DNS server reply");
	case EXISTS_NOT:
		break;
	}
	return restrict_refuse_subject(s, &helo, code, "4.7.1", "Host not found");
}

/* ---- By mail servers, name servers and addresses ---- */

struct dns_hosts {
	struct span names[CHECK_HOSTS_MAX];
	size_t count;
};

static void
dns_hosts_add(struct dns_hosts *hosts, struct span name)
{
	if (hosts->count < CHECK_HOSTS_MAX && name.len > 0)
		hosts->names[hosts->count++] = name;
}

/* Hosts in the answer to a question for MX or NS. */
static bool
dns_hosts_take(struct dns_hosts *hosts, const struct dns_answer *answer, enum dns_type type)
{
	const struct dns_record *records = answer->records.items;

	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->records.count; i++)
		if (records[i].type == type)
			dns_hosts_add(hosts, records[i].data);
	return hosts->count > 0;
}

/* The name servers of a name are those of the zone that holds it. */
static void
dns_find_ns(struct session *s, struct span name, struct dns_hosts *hosts)
{
	static const enum dns_type type = DNS_NS;
	struct dns_answer answer;

	while (span_find(name, '.') < name.len) {
		smtpd_dns_ask_types(s, name, &type, 1, &answer);
		if (dns_hosts_take(hosts, &answer, DNS_NS))
			return;
		name = span_from(name, span_find(name, '.') + 1);
	}
}

static void
dns_find_hosts(struct session *s, struct span name, enum dns_type type, struct dns_hosts *hosts)
{
	struct dns_answer answer;

	if (type == DNS_NS) {
		dns_find_ns(s, name, hosts);
		return;
	}
	if (type == DNS_MX)
		smtpd_dns_ask_types(s, name, &type, 1, &answer);
	if (type != DNS_MX || !dns_hosts_take(hosts, &answer, DNS_MX))
		dns_hosts_add(hosts, name);
}

/*
 * One look into the table. A stranger chooses these names and addresses, so they may not open
 * doors.
 */
static enum verdict
dns_look_up(struct session *s, struct maps *maps, struct span name, struct span address,
    const struct restrict_subject *subject)
{
	enum verdict verdict = access_by_host(s, maps, name, address, subject);

	if (verdict != VERDICT_PERMIT || (s->mail.flags & MAIL_DISCARD) != 0)
		return verdict;
	log_warn("%s: OK is not allowed for names and addresses of servers", maps_title(maps));
	return restrict_misconfigured(s);
}

static enum verdict
dns_look_up_host(
    struct session *s, struct maps *maps, struct span host, const struct restrict_subject *subject)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct dns_answer answers[COUNT_OF(types)];
	enum verdict verdict = dns_look_up(s, maps, host, span_make(NULL, 0), subject);

	if (verdict != VERDICT_DUNNO)
		return verdict;
	smtpd_dns_ask_types(s, host, types, COUNT_OF(types), answers);
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		const struct dns_record *records = answers[i].records.items;

		for (size_t j = 0; verdict == VERDICT_DUNNO && j < answers[i].records.count; j++)
			if (answers[i].status == DNS_FOUND && records[j].type == types[i])
				verdict = dns_look_up(
				    s, maps, span_make(NULL, 0), records[j].data, subject);
	}
	return verdict;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]": the address alone. */
static struct span
dns_literal_address(struct span literal)
{
	struct span inside = span_slice(literal, 1, literal.len - 1);

	return span_starts_with_ci(inside, SPAN("IPv6:")) ? span_from(inside, 5) : inside;
}

static enum verdict
dns_server_access(struct session *s, const struct restrict_step *step, struct span name,
    enum dns_type type, struct restrict_subject subject)
{
	struct dns_hosts hosts = { .count = 0 };
	enum verdict verdict = VERDICT_DUNNO;

	if (name.len == 0 || span_eq_str(name, "unknown"))
		return VERDICT_DUNNO;
	if (name.p[0] == '[')
		return type == DNS_NS ? VERDICT_DUNNO
				      : dns_look_up(s, step->maps, span_make(NULL, 0),
					    dns_literal_address(name), &subject);
	dns_find_hosts(s, name, type, &hosts);
	for (size_t i = 0; verdict == VERDICT_DUNNO && i < hosts.count; i++)
		verdict = dns_look_up_host(s, step->maps, hosts.names[i], &subject);
	return verdict;
}

static struct restrict_subject
dns_client_subject(const struct session *s)
{
	return (struct restrict_subject){ s->client.id, "Client host" };
}

static struct restrict_subject
dns_reverse_subject(const struct session *s)
{
	return (struct restrict_subject){ s->client.reverse_name, "Unverified Client host" };
}

static struct restrict_subject
dns_helo_subject(const struct session *s)
{
	return (struct restrict_subject){ s->helo, "Helo command" };
}

static struct restrict_subject
dns_sender_subject(struct session *s)
{
	return (
	    struct restrict_subject){ access_external(s, s->mail.sender), restrict_class_sender };
}

static struct restrict_subject
dns_recipient_subject(struct session *s)
{
	return (struct restrict_subject){ access_external(s, s->mail.recipient),
		restrict_class_recipient };
}

/* The three kinds of look-up for each kind of name. */
#define SERVER_CHECKS(WHO, NAME, SUBJECT)                                      \
	CHECK_FUNCTION(WHO##_a_access)                                         \
	{                                                                      \
		return dns_server_access(s, step, (NAME), DNS_A, SUBJECT(s));  \
	}                                                                      \
	CHECK_FUNCTION(WHO##_mx_access)                                        \
	{                                                                      \
		return dns_server_access(s, step, (NAME), DNS_MX, SUBJECT(s)); \
	}                                                                      \
	CHECK_FUNCTION(WHO##_ns_access)                                        \
	{                                                                      \
		return dns_server_access(s, step, (NAME), DNS_NS, SUBJECT(s)); \
	}

SERVER_CHECKS(client, s->client.name, dns_client_subject)
SERVER_CHECKS(reverse_client, s->client.reverse_name, dns_reverse_subject)
SERVER_CHECKS(helo, s->helo, dns_helo_subject)
SERVER_CHECKS(sender, addr_from_internal(s->mail.sender).domain, dns_sender_subject)
SERVER_CHECKS(recipient, addr_from_internal(s->mail.recipient).domain, dns_recipient_subject)
