/* SPDX-License-Identifier: ISC */
/* Primitives about sender and recipient that need tables and routing, but no name service. */
#include "lib/mail/addr.h"
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_check.h"
#include "smtpd/smtpd/smtpd_session.h"

CHECK_FUNCTION(sender_access)
{
	struct restrict_subject sender = { access_external(s, s->mail.sender),
		restrict_class_sender };

	return access_by_mail_address(s, step->maps, s->mail.sender, &sender);
}

CHECK_FUNCTION(recipient_access)
{
	struct restrict_subject recipient = { access_external(s, s->mail.recipient),
		restrict_class_recipient };

	return access_by_mail_address(s, step->maps, s->mail.recipient, &recipient);
}

/* A domain with a dot in it, or a literal. */
static bool
address_is_fqdn(struct span internal)
{
	struct span domain = addr_from_internal(internal).domain;

	if (domain.len > 0 && domain.p[0] == '[')
		return true;
	if (domain.len > 1 && domain.p[domain.len - 1] == '.')
		domain.len--;
	return span_find(domain, '.') < domain.len && addr_is_domain(domain, true);
}

CHECK_FUNCTION(non_fqdn_sender)
{
	struct restrict_subject sender = { access_external(s, s->mail.sender),
		restrict_class_sender };

	if (s->mail.sender.len == 0 || address_is_fqdn(s->mail.sender))
		return VERDICT_DUNNO;
	return restrict_refuse_subject(s, &sender, s->smtpd->access->non_fqdn_reject_code, "5.5.2",
	    "need fully-qualified address");
}

CHECK_FUNCTION(non_fqdn_recipient)
{
	struct restrict_subject recipient = { access_external(s, s->mail.recipient),
		restrict_class_recipient };

	if (address_is_fqdn(s->mail.recipient))
		return VERDICT_DUNNO;
	return restrict_refuse_subject(s, &recipient, s->smtpd->access->non_fqdn_reject_code,
	    "5.5.2", "need fully-qualified address");
}

/* ---- Relaying ---- */

enum destination { DESTINATION_OURS, DESTINATION_FOREIGN, DESTINATION_UNKNOWN };

/*
 * Is this system the last stop, or a relay, for the recipient? Routing characters in the local part
 * (user%elsewhere@ours) make it a foreign one: who knows where it goes from here.
 */
static enum destination
address_destination(
    struct session *s, enum address_class *class_out, enum lookup *why_out, struct err *err)
{
	struct route_answer answer;

	if (s->smtpd->route == NULL)
		return DESTINATION_FOREIGN;
	*why_out = route_resolve(
	    s->smtpd->route, s->mail.sender, s->mail.recipient, s->scratch, &answer, err);
	if (*why_out != LOOKUP_FOUND)
		return DESTINATION_UNKNOWN;
	*class_out = answer.class;
	if (answer.has_routing && !s->smtpd->access->allow_untrusted_routing)
		return DESTINATION_FOREIGN;
	return answer.class == CLASS_DEFAULT ? DESTINATION_FOREIGN : DESTINATION_OURS;
}

CHECK_FUNCTION(permit_auth_destination)
{
	enum address_class class = CLASS_DEFAULT;
	enum lookup why;
	struct err err = { 0 };

	switch (address_destination(s, &class, &why, &err)) {
	case DESTINATION_OURS:
		if (class == CLASS_RELAY)
			smtpd_compat_note_domain(
			    s, addr_from_internal(s->mail.recipient).domain);
		return VERDICT_PERMIT;
	case DESTINATION_FOREIGN:
		return VERDICT_DUNNO;
	case DESTINATION_UNKNOWN:
		break;
	}
	return restrict_fail(s, why, subject, &err);
}

static enum verdict
address_guard_relay(
    struct session *s, const struct restrict_subject *subject, int code, const char *dsn)
{
	enum address_class class = CLASS_DEFAULT;
	enum lookup why;
	struct err err = { 0 };

	switch (address_destination(s, &class, &why, &err)) {
	case DESTINATION_OURS:
		if (class == CLASS_RELAY)
			smtpd_compat_note_domain(
			    s, addr_from_internal(s->mail.recipient).domain);
		return VERDICT_DUNNO;
	case DESTINATION_FOREIGN:
		return restrict_refuse(s, code, dsn, "<%.*s>: Relay access denied",
		    SPAN_ARG(span_slice(access_external(s, s->mail.recipient), 0, 500)));
	case DESTINATION_UNKNOWN:
		break;
	}
	return restrict_fail(s, why, subject, &err);
}

CHECK_FUNCTION(reject_unauth_destination)
{
	int code = s->smtpd->access->relay_domains_reject_code;

	return address_guard_relay(s, subject, code, code < 500 ? "4.7.1" : "5.7.1");
}

CHECK_FUNCTION(defer_unauth_destination)
{
	return address_guard_relay(s, subject, 454, "4.7.1");
}
