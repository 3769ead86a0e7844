/* SPDX-License-Identifier: ISC */
/* Primitives about the name in HELO or EHLO. */
#include "lib/mail/addr.h"
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_check.h"
#include "smtpd/smtpd/smtpd_session.h"

static struct restrict_subject
helo_subject(const struct session *s)
{
	return (struct restrict_subject){ s->helo, "Helo command" };
}

static bool
helo_is_literal(struct span helo)
{
	return helo.len > 0 && helo.p[0] == '[';
}

/* A host name; a dot at its end does no harm. */
static bool
helo_is_name(struct span helo)
{
	if (helo.len > 1 && helo.p[helo.len - 1] == '.')
		helo.len--;
	return addr_is_hostname(helo, true);
}

/* "192.0.2.1" or "2001:db8::1", without brackets. */
static bool
helo_is_bare_address(struct session *s, struct span helo)
{
	const char *tag = span_find(helo, ':') < helo.len ? "IPv6:" : "";
	struct addr_ip ip;

	return addr_literal_parse(
	    span_of(arena_printf(s->scratch, "[%s%.*s]", tag, SPAN_ARG(helo))), &ip);
}

CHECK_FUNCTION(helo_access)
{
	struct restrict_subject helo = helo_subject(s);

	return access_by_domain(s, step->maps, s->helo, &helo);
}

static enum verdict
helo_check_literal(struct session *s, const struct restrict_subject *helo)
{
	struct addr_ip ip;

	if (addr_literal_parse(s->helo, &ip))
		return VERDICT_DUNNO;
	return restrict_refuse_subject(s, helo, s->smtpd->access->invalid_hostname_reject_code,
	    "5.5.2", "invalid ip address");
}

CHECK_FUNCTION(invalid_helo)
{
	struct restrict_subject helo = helo_subject(s);

	if (helo_is_literal(s->helo))
		return helo_check_literal(s, &helo);
	if (helo_is_name(s->helo) || helo_is_bare_address(s, s->helo))
		return VERDICT_DUNNO;
	return restrict_refuse_subject(s, &helo, s->smtpd->access->invalid_hostname_reject_code,
	    "5.5.2", "Invalid name");
}

CHECK_FUNCTION(non_fqdn_helo)
{
	struct restrict_subject helo = helo_subject(s);

	if (helo_is_literal(s->helo))
		return helo_check_literal(s, &helo);
	if (helo_is_name(s->helo) && span_find(s->helo, '.') < s->helo.len)
		return VERDICT_DUNNO;
	return restrict_refuse_subject(s, &helo, s->smtpd->access->non_fqdn_reject_code, "5.5.2",
	    "need fully-qualified hostname");
}
