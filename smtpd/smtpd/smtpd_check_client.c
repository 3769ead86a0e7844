/* SPDX-License-Identifier: ISC */
/* Primitives about the client: its name and address. */
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_check.h"
#include "smtpd/smtpd/smtpd_session.h"

CHECK_FUNCTION(permit_inet_interfaces)
{
	if (s->smtpd->route == NULL)
		return VERDICT_DUNNO;
	return route_is_own_address(s->smtpd->route, s->client.address) ? VERDICT_PERMIT
									: VERDICT_DUNNO;
}

CHECK_FUNCTION(permit_mynetworks)
{
	struct err err = { 0 };

	switch (match_list_has(s->smtpd->mynetworks, s->client.address, s->client.address, &err)) {
	case LOOKUP_FOUND:
		smtpd_compat_note_client(s);
		return VERDICT_PERMIT;
	case LOOKUP_NONE:
		return VERDICT_DUNNO;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		break;
	}
	return restrict_defer_if_reject(s, "4.3.0", "<%.*s>: %s rejected: " RESTRICT_NO_ANSWER,
	    SPAN_ARG(subject->name), subject->class);
}

/* Trouble with name service: the restriction cannot know, so it defers what would pass, or all. */
CHECK_FUNCTION(unknown_client)
{
	int code = s->client.name_status == NAME_PERM ? s->smtpd->access->unknown_client_reject_code
						      : 450;

	if (s->client.name_status == NAME_OK)
		return VERDICT_DUNNO;
	return restrict_refuse(s, code, code < 500 ? "4.7.25" : "5.7.25",
	    "Client host rejected: cannot find your hostname, [%.*s]", SPAN_ARG(s->client.address));
}

CHECK_FUNCTION(unknown_reverse_client)
{
	int code = s->client.reverse_status == NAME_PERM
	    ? s->smtpd->access->unknown_client_reject_code
	    : 450;

	if (s->client.reverse_status == NAME_OK)
		return VERDICT_DUNNO;
	return restrict_refuse(s, code, code < 500 ? "4.7.1" : "5.7.1",
	    "Client host rejected: cannot find your reverse hostname, [%.*s]",
	    SPAN_ARG(s->client.address));
}

/* Any value will do: check_address_map of local_header_rewrite_clients. */
CHECK_FUNCTION(client_address)
{
	struct str value;
	struct err err = { 0 };
	bool is_listed;

	str_init(&value, 4096);
	is_listed = maps_get_network(step->maps, s->client.address, &value, &err) == LOOKUP_FOUND;
	str_fini(&value);
	return is_listed ? VERDICT_PERMIT : VERDICT_DUNNO;
}

CHECK_FUNCTION(client_access)
{
	struct restrict_subject client = { s->client.id, "Client host" };

	return access_by_host(s, step->maps, s->client.name, s->client.address, &client);
}

/* OK for a name that anybody can put into a PTR record would let anybody in. */
CHECK_FUNCTION(reverse_client_access)
{
	struct restrict_subject client = { s->client.reverse_name, "Unverified Client host" };
	enum verdict verdict = access_by_domain(s, step->maps, s->client.reverse_name, &client);

	if (verdict != VERDICT_PERMIT)
		return verdict;
	return restrict_misconfigured(s);
}

/* The subject is the domain of ETRN. */
CHECK_FUNCTION(etrn_access)
{
	return access_by_domain(s, step->maps, subject->name, subject);
}
