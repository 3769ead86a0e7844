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

/* "192.0.2.1" without brackets is no name. */
static bool
helo_is_bare_address(struct span helo)
{
	return span_run(helo, "0123456789.") == helo.len || span_find(helo, ':') < helo.len;
}

CHECK_FUNCTION(helo_access)
{
	struct restrict_subject helo = helo_subject(s);

	return access_by_domain(s, step->maps, s->helo, &helo);
}

CHECK_FUNCTION(invalid_helo)
{
	struct restrict_subject helo = helo_subject(s);
	struct addr_ip ip;
	int code = s->smtpd->access->invalid_hostname_reject_code;

	if (helo_is_literal(s->helo))
		return addr_literal_parse(s->helo, &ip)
		    ? VERDICT_DUNNO
		    : restrict_refuse_subject(s, &helo, code, "5.5.2", "invalid ip address");
	if (!helo_is_bare_address(s->helo) && addr_is_hostname(s->helo, true))
		return VERDICT_DUNNO;
	return restrict_refuse_subject(s, &helo, code, "5.5.2", "Invalid name");
}

CHECK_FUNCTION(non_fqdn_helo)
{
	struct restrict_subject helo = helo_subject(s);
	struct addr_ip ip;
	int code = s->smtpd->access->non_fqdn_reject_code;

	if (helo_is_literal(s->helo))
		return addr_literal_parse(s->helo, &ip)
		    ? VERDICT_DUNNO
		    : restrict_refuse_subject(s, &helo, code, "5.5.2", "invalid ip address");
	if (span_find(s->helo, '.') < s->helo.len && !helo_is_bare_address(s->helo) &&
	    addr_is_hostname(s->helo, true))
		return VERDICT_DUNNO;
	return restrict_refuse_subject(s, &helo, code, "5.5.2", "need fully-qualified hostname");
}
