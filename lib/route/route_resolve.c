/* SPDX-License-Identifier: ISC */
/*
 * From a recipient to transport and next hop, in Postfix's order of precedence:
 *
 *   class     mydestination and own addresses, virtual_alias_domains, virtual_mailbox_domains,
 *             relay_domains, everything else
 *   transport transport_maps, sender_dependent_default_transport_maps (last class only), the class's own
 *   next hop  transport_maps, the class transport's, sender_dependent_relayhost_maps, relayhost, the domain
 *
 * relocated_maps is asked last and turns a recipient into an error.
 */
#include "lib/route/route_int.h"

enum { STRIP_MAX = 100 };

/* What is known while one recipient is resolved. */
struct resolving {
	struct route *route;
	struct arena *arena;
	struct span sender;
	struct addr address;            /* after local domains were stripped */
	struct span domain;             /* its domain as a next hop: a bare IP address has brackets here */
	struct route_answer *answer;
	struct err *err;
};

/* Routing characters: the local part names another destination. */
static bool
has_routing(struct span local)
{
	return span_find_any(local, "@%!") < local.len;
}

/* user%host and host!user in the local part of a local address become addresses of their own. */
static bool
unwrap_local(struct resolving *r)
{
	const struct rewrite_conf *conf = r->route->conf;
	struct rewrite_options options = { .swap_bangpath = conf->swap_bangpath,
		.allow_percent_hack = conf->allow_percent_hack };
	struct addr inner = conf->resolve_dequoted_address
	    ? addr_from_internal(r->address.local) : (struct addr){ .local = r->address.local };

	if (inner.domain.len == 0)
		inner = rewrite_addr(inner, &options, r->arena);
	if (inner.domain.len == 0)
		return false;
	r->address = inner;
	return true;
}

/* Strip domains that are ours until the address stands still. */
static void
strip_local_domains(struct resolving *r)
{
	struct route *route = r->route;

	for (int i = 0; i < STRIP_MAX; i++) {
		while (span_ends_with(r->address.domain, SPAN(".")))
			r->address.domain.len--;
		if (r->address.domain.len == 0)
			r->address.domain = span_of(route->mail->myhostname);
		if (!has_routing(r->address.local) || !route_is_local_domain(route, r->address.domain)
		    || !unwrap_local(r))
			return;
	}
}

/* "transport:nexthop" over the answer, as transport(5) says: what is empty stays, or falls back to the domain. */
static void
apply_transport(struct resolving *r, struct span value, bool reset_nexthop)
{
	size_t colon = span_find(value, ':');
	struct span transport = span_trim(span_slice(value, 0, colon)), nexthop = span_trim(span_from(value, colon + 1));

	if (transport.len > 0)
		r->answer->transport = arena_dup(r->arena, transport);
	if (nexthop.len > 0)
		r->answer->nexthop = arena_dup(r->arena, nexthop);
	else if (transport.len > 0 && reset_nexthop)
		r->answer->nexthop = r->domain;
}

/* A table by sender; the null sender has a key of its own. DUNNO means not found. */
static enum lookup
lookup_sender(struct resolving *r, struct maps *maps, const char *null_key)
{
	struct route *route = r->route;
	enum lookup found;

	if (maps_is_empty(maps))
		return LOOKUP_NONE;
	if (r->sender.len == 0)
		found = maps_get(maps, span_of(null_key), 0, &route->value, r->err);
	else
		found = route_lookup(route, maps, addr_from_internal(r->sender), MAPS_FULL | MAPS_NO_EXT | MAPS_AT_DOMAIN,
		    r->err);
	if (found == LOOKUP_FOUND && span_eq_str_ci(str_span(&route->value), "DUNNO"))
		return LOOKUP_NONE;
	return found;
}

static bool
is_failure(enum lookup result)
{
	return result == LOOKUP_TEMP || result == LOOKUP_CONFIG;
}

/* Transport and next hop of mail for other systems. */
static enum lookup
route_away(struct resolving *r)
{
	struct route *route = r->route;
	const struct rewrite_conf *conf = route->conf;
	enum lookup found = LOOKUP_NONE;

	apply_transport(r, span_of(r->answer->class == CLASS_RELAY ? conf->relay_transport : conf->default_transport), false);
	if (r->answer->class == CLASS_DEFAULT)
		found = lookup_sender(r, route->sender_transport, conf->empty_address_default_transport_maps_lookup_key);
	if (is_failure(found))
		return found;
	if (found == LOOKUP_FOUND) {
		r->answer->nexthop = span_make(NULL, 0);
		apply_transport(r, str_span(&route->value), false);
	}
	if (r->answer->nexthop.len > 0)
		return LOOKUP_FOUND;
	found = lookup_sender(r, route->sender_relayhost, conf->empty_address_relayhost_maps_lookup_key);
	if (is_failure(found))
		return found;
	if (found == LOOKUP_FOUND)
		r->answer->nexthop = arena_dup(r->arena, str_span(&route->value));
	else
		r->answer->nexthop = *conf->relayhost ? span_of(conf->relayhost) : r->domain;
	return LOOKUP_FOUND;
}

/* Transport and next hop by class. */
static enum lookup
route_by_class(struct resolving *r)
{
	const struct rewrite_conf *conf = r->route->conf;

	switch (r->answer->class) {
	case CLASS_LOCAL:
		apply_transport(r, span_of(conf->local_transport), true);
		return LOOKUP_FOUND;
	case CLASS_VIRTUAL_ALIAS:
		r->answer->transport = SPAN("error");
		r->answer->nexthop = SPAN("5.1.1 User unknown in virtual alias table");
		return LOOKUP_FOUND;
	case CLASS_VIRTUAL_MAILBOX:
		apply_transport(r, span_of(conf->virtual_transport), true);
		return LOOKUP_FOUND;
	case CLASS_RELAY:
	case CLASS_DEFAULT:
		return route_away(r);
	}
	return LOOKUP_CONFIG;
}

/* transport_maps over everything but the error of virtual alias domains. */
static enum lookup
apply_transport_maps(struct resolving *r)
{
	enum lookup found;

	if (r->answer->class == CLASS_VIRTUAL_ALIAS)
		return LOOKUP_FOUND;
	found = route_lookup(r->route, r->route->transport, r->address, r->route->transport_how, r->err);
	if (found == LOOKUP_FOUND)
		apply_transport(r, str_span(&r->route->value), true);
	return is_failure(found) ? found : LOOKUP_FOUND;
}

/* relocated_maps: the person has moved. */
static enum lookup
apply_relocated(struct resolving *r)
{
	struct route *route = r->route;
	enum lookup found = route_lookup(route, route->relocated, r->address, MAPS_ADDRESS, r->err);

	if (found == LOOKUP_FOUND) {
		r->answer->transport = SPAN("error");
		r->answer->nexthop = span_of(arena_printf(r->arena, "%s%s",
		    route->conf->relocated_prefix_enable ? "5.1.6 User has moved to " : "", str_cstr(&route->value)));
	}
	return is_failure(found) ? found : LOOKUP_FOUND;
}

static void
set_error(struct route_answer *answer, const char *text)
{
	answer->transport = SPAN("error");
	answer->nexthop = span_of(text);
	answer->is_bad_syntax = true;
}

/* A domain must be a host's name or an address in brackets; with resolve_numeric_domain these may be missing. */
static bool
take_domain(struct resolving *r)
{
	struct addr_ip ip;
	struct span domain = r->address.domain, literal;

	r->domain = domain;
	if (addr_is_domain(domain, true))
		return true;
	literal = span_of(arena_printf(r->arena, "[%.*s]", SPAN_ARG(domain)));
	if (!r->route->conf->resolve_numeric_domain || !addr_literal_parse(literal, &ip))
		return false;
	r->domain = literal;
	return true;
}

/* An option of a command could be made of such an address. */
static bool
begins_like_option(const struct resolving *r)
{
	return !r->route->conf->allow_min_user && r->address.local.len > 0 && r->address.local.p[0] == '-';
}

/* By class, then what overrides it. */
static enum lookup
find_route(struct resolving *r)
{
	enum lookup found = route_domain_class(r->route, r->domain, &r->answer->class, r->err);

	if (found == LOOKUP_FOUND)
		found = route_by_class(r);
	if (found == LOOKUP_FOUND)
		found = apply_transport_maps(r);
	if (found == LOOKUP_FOUND)
		found = apply_relocated(r);
	return found;
}

/* Resolve one recipient. */
enum lookup
route_resolve(struct route *route, struct span sender, struct span recipient, struct arena *arena,
    struct route_answer *answer_out, struct err *err)
{
	struct resolving r = { .route = route, .arena = arena, .sender = sender, .answer = answer_out, .err = err };
	enum lookup found;
	bool is_sound;

	*answer_out = (struct route_answer){ .class = CLASS_DEFAULT };
	if (recipient.len == 0)
		recipient = span_of(arena_printf(arena, "%s@%s", route->mail->empty_address_recipient, route->mail->myorigin));
	r.address = addr_from_internal(recipient);
	strip_local_domains(&r);
	answer_out->has_routing = has_routing(r.address.local);
	answer_out->recipient = addr_internal(arena, r.address);
	is_sound = take_domain(&r) && !begins_like_option(&r);
	found = find_route(&r);
	if (found != LOOKUP_FOUND)
		return found;
	if (!is_sound)
		set_error(answer_out, "5.1.3 bad address syntax");
	answer_out->is_error = span_eq_str(answer_out->transport, "error") || span_eq_str(answer_out->transport, "retry");
	return LOOKUP_FOUND;
}
