/* SPDX-License-Identifier: ISC */
/*
 * Primitives about who has logged in, and whose address the sender is. Without smtpd_sender_login_maps
 * the accounts and aliases say it: an address belongs to the user of that name, and to the users that
 * it is an alias of.
 */
#include "lib/mail/addr.h"
#include "lib/mail/addr_list.h"
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_check.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { LOGIN_VALUE_MAX = 32 * 1024, LOGIN_DEPTH_MAX = 10 };

CHECK_FUNCTION(permit_sasl_authenticated)
{
	return s->login.user.len > 0 ? VERDICT_PERMIT : VERDICT_DUNNO;
}

CHECK_FUNCTION(sasl_access)
{
	CLEANUP(str_fini) struct str value = { .max = LOGIN_VALUE_MAX };
	struct restrict_subject user = { s->login.user, "SASL login name" };
	struct err err = { 0 };
	enum lookup found;

	if (s->login.user.len == 0)
		return VERDICT_DUNNO;
	found = maps_get(step->maps, s->login.user, 0, &value, &err);
	if (found == LOOKUP_FOUND)
		return access_apply(s, maps_title(step->maps), str_span(&value), &user);
	return found == LOOKUP_NONE ? VERDICT_DUNNO : restrict_fail(s, found, &user, &err);
}

/* ---- Whose address is it? ---- */

enum owned { OWNED_BY_USER, OWNED_BY_OTHERS, OWNED_BY_NOBODY, OWNED_UNKNOWN };

struct owner_search {
	struct session *s;
	struct span user;       /* whom we look for; "": anybody */
	struct span sender;     /* as it will be sent, without a percent hack or a missing domain */
	enum lookup why;        /* OWNED_UNKNOWN */
	struct err err;
};

/* A list of names or addresses has the user. */
static bool
names_have(struct span list, struct span user)
{
	struct span name;

	while (span_token(&list, ", \t\r\n", &name))
		if (span_eq_ci(name, user))
			return true;
	return false;
}

static enum lookup
login_lookup(struct owner_search *search, struct maps *maps, struct addr address, unsigned how,
    struct str *value)
{
	const struct smtpd *smtpd = search->s->smtpd;
	struct maps_query query = { .local = address.local,
		.domain = address.domain,
		.delimiter = smtpd->mail->recipient_delimiter,
		.is_local_domain = route_is_local_domain(smtpd->route, address.domain) ||
		    span_eq_str_ci(address.domain, smtpd->mail->myorigin),
		.how = how };

	if (maps_is_empty(maps))
		return LOOKUP_NONE;
	str_clear(value);
	return maps_get_address(maps, &query, value, NULL, &search->err);
}

/* smtpd_sender_login_maps say it. */
static enum owned
owned_by_maps(struct owner_search *search, struct addr sender)
{
	CLEANUP(str_fini) struct str value = { .max = LOGIN_VALUE_MAX };

	search->why = login_lookup(
	    search, search->s->smtpd->sender_logins, sender, MAPS_ADDRESS, &value);
	if (search->why == LOOKUP_NONE)
		return OWNED_BY_NOBODY;
	if (search->why != LOOKUP_FOUND)
		return OWNED_UNKNOWN;
	return names_have(str_span(&value), search->user) ? OWNED_BY_USER : OWNED_BY_OTHERS;
}

/* The address is the user's own name: whole, or without a domain where that is one of our own. */
static bool
is_name_of(struct owner_search *search, struct addr address)
{
	struct smtpd *smtpd = search->s->smtpd;
	struct span extension, local = maps_split_extension(address.local, smtpd->mail->recipient_delimiter, &extension);
	struct addr user = addr_from_internal(search->user);

	if (!span_eq_ci(user.local, local) && !span_eq_ci(user.local, address.local))
		return false;
	if (user.domain.len > 0)
		return span_eq_ci(user.domain, address.domain);
	return route_is_local_domain(smtpd->route, address.domain) ||
	    span_eq_str_ci(address.domain, smtpd->mail->myorigin);
}

static bool leads_to_user(struct owner_search *search, struct span address, int depth);

/* One of the addresses in an alias's value leads there. */
static bool
value_leads_to_user(struct owner_search *search, struct span value, int depth)
{
	struct span rest = arena_dup(search->s->scratch, value), item;

	while (span_token(&rest, ", \t\r\n", &item))
		if (ascii_is_alnum(item.p[0]) && leads_to_user(search, item, depth + 1))
			return true;
	return false;
}

/* Follow virtual aliases, and for our own domains aliases(5), as far as a delivery would. */
static bool
leads_to_user(struct owner_search *search, struct span address, int depth)
{
	CLEANUP(str_fini) struct str value = { .max = LOGIN_VALUE_MAX };
	struct smtpd *smtpd = search->s->smtpd;
	struct addr whole = addr_from_internal(
	    route_rewrite(smtpd->route, address, true, search->s->scratch));
	struct addr bare = { .local = whole.local };
	enum lookup found;

	if (is_name_of(search, whole))
		return true;
	if (depth == LOGIN_DEPTH_MAX || arena_is_over(search->s->scratch))
		return false;
	found = login_lookup(search, smtpd->virtual_aliases, whole, MAPS_ADDRESS, &value);
	if (found == LOOKUP_NONE && route_is_local_domain(smtpd->route, whole.domain))
		found = login_lookup(search, smtpd->aliases, bare, MAPS_ALIAS, &value);
	if (found == LOOKUP_TEMP || found == LOOKUP_CONFIG)
		search->why = found;
	return found == LOOKUP_FOUND && value_leads_to_user(search, str_span(&value), depth);
}

/* Somebody here gets mail for the address. */
static enum owned
owned_by_anybody(struct owner_search *search)
{
	struct session *s = search->s;
	struct addr sender = addr_from_internal(search->sender);
	enum address_class class = CLASS_DEFAULT;
	struct span text, dsn;

	search->why = route_domain_class(s->smtpd->route, sender.domain, &class, &search->err);
	if (search->why == LOOKUP_FOUND && class != CLASS_DEFAULT)
		search->why = route_recipient_exists(
		    s->smtpd->route, search->sender, s->scratch, &text, &dsn, &search->err);
	else if (search->why == LOOKUP_FOUND)
		return OWNED_BY_NOBODY;
	switch (search->why) {
	case LOOKUP_FOUND:
		return OWNED_BY_OTHERS;
	case LOOKUP_NONE:
		return OWNED_BY_NOBODY;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		break;
	}
	return OWNED_UNKNOWN;
}

static enum owned
owned_by(struct owner_search *search)
{
	struct session *s = search->s;

	search->why = LOOKUP_NONE;
	search->sender = route_rewrite(s->smtpd->route, s->mail.sender, true, s->scratch);
	if (!maps_is_empty(s->smtpd->sender_logins))
		return owned_by_maps(search, addr_from_internal(search->sender));
	if (search->user.len > 0 && leads_to_user(search, search->sender, 0))
		return OWNED_BY_USER;
	if (search->why == LOOKUP_TEMP || search->why == LOOKUP_CONFIG)
		return OWNED_UNKNOWN;
	return owned_by_anybody(search);
}

/* ---- The primitives ---- */

static enum verdict
refuse_sender(struct session *s, const char *why, struct span user)
{
	return restrict_refuse(s, 553, "5.7.1", "<%.*s>: Sender address rejected: %s%.*s",
	    SPAN_ARG(span_slice(access_external(s, s->mail.sender), 0, 500)), why, SPAN_ARG(user));
}

/* Who has logged in sends as itself; an address of nobody is allowed or not. */
static enum verdict
check_logged_in(struct session *s, const struct restrict_subject *subject, bool allows_nobody)
{
	struct owner_search search = { .s = s, .user = s->login.user };

	if (s->login.user.len == 0 || s->mail.sender.len == 0)
		return VERDICT_DUNNO;
	switch (owned_by(&search)) {
	case OWNED_BY_USER:
		return VERDICT_DUNNO;
	case OWNED_BY_NOBODY:
		if (allows_nobody)
			return VERDICT_DUNNO;
		break;
	case OWNED_BY_OTHERS:
		break;
	case OWNED_UNKNOWN:
		return restrict_fail(s, search.why, subject, &search.err);
	}
	return refuse_sender(s, "not owned by user ", s->login.user);
}

/* Who has not logged in does not send as one who could. */
static enum verdict
check_logged_out(struct session *s, const struct restrict_subject *subject)
{
	struct owner_search search = { .s = s };

	if (s->login.user.len > 0 || s->mail.sender.len == 0)
		return VERDICT_DUNNO;
	switch (owned_by(&search)) {
	case OWNED_BY_NOBODY:
		return VERDICT_DUNNO;
	case OWNED_BY_USER:
	case OWNED_BY_OTHERS:
		return refuse_sender(s, "not logged in", (struct span){ 0 });
	case OWNED_UNKNOWN:
		break;
	}
	return restrict_fail(s, search.why, subject, &search.err);
}

CHECK_FUNCTION(authenticated_login_mismatch)
{
	return check_logged_in(s, subject, false);
}

CHECK_FUNCTION(unauthenticated_login_mismatch)
{
	return check_logged_out(s, subject);
}

CHECK_FUNCTION(login_mismatch)
{
	enum verdict verdict = check_logged_in(s, subject, false);

	return verdict == VERDICT_DUNNO ? check_logged_out(s, subject) : verdict;
}

CHECK_FUNCTION(known_login_mismatch)
{
	enum verdict verdict = check_logged_in(s, subject, true);

	return verdict == VERDICT_DUNNO ? check_logged_out(s, subject) : verdict;
}
