/* SPDX-License-Identifier: ISC */
/*
 * Opening, standard form and address classes. Which table is opened how follows postfix(5): match
 * lists of domains are plain lists except relay_domains, which may cover subdomains; tables that name
 * transports refuse substitution by patterns.
 */
#include "lib/route/route_int.h"

enum { ROUTE_ARENA_BYTES = 1 << 20 };

/* name is in parent_domain_matches_subdomains. */
static bool
covers_subdomains(const struct mail_conf *mail, const char *name)
{
	struct span rest = span_of(mail->parent_domain_matches_subdomains), word;

	while (span_token(&rest, ", \t\r\n", &word))
		if (span_eq_str(word, name))
			return true;
	return false;
}

/* One match list. */
static bool
open_list(const struct table_env *env, struct match_list **out, const char *title, const char *text, unsigned flags,
    struct err *err)
{
	*out = match_list_open(env, title, text, flags & TABLE_PARENT_DOMAIN ? MATCH_DOMAIN : MATCH_STRING, flags, err);
	return *out != NULL;
}

/* One list of tables. */
static bool
open_maps(const struct table_env *env, struct maps **out, const char *title, const char *text, unsigned flags,
    struct err *err)
{
	*out = maps_open(env, title, text, flags | TABLE_FOLD, err);
	return *out != NULL;
}

/* The lists of domains. */
static bool
open_domains(struct route *route, const struct table_env *env, struct err *err)
{
	const struct rewrite_conf *conf = route->conf;
	unsigned fold = TABLE_FOLD | (route->mail->smtputf8_enable ? TABLE_UTF8 : 0);
	unsigned relay = fold | (covers_subdomains(route->mail, "relay_domains") ? TABLE_PARENT_DOMAIN : 0);

	return open_list(env, &route->alias_domains, "virtual_alias_domains", conf->virtual_alias_domains, fold, err)
	    && open_list(env, &route->mailbox_domains, "virtual_mailbox_domains", conf->virtual_mailbox_domains, fold, err)
	    && open_list(env, &route->relay_domains, "relay_domains", route->mail->relay_domains, relay, err);
}

/* The tables that decide where mail goes. */
static bool
open_transports(struct route *route, const struct table_env *env, struct err *err)
{
	const struct rewrite_conf *conf = route->conf;
	unsigned utf8 = route->mail->smtputf8_enable ? TABLE_UTF8 : 0, plain = utf8 | TABLE_NO_REGSUB;

	return open_maps(env, &route->transport, "transport_maps", conf->transport_maps, plain, err)
	    && open_maps(env, &route->relocated, "relocated_maps", conf->relocated_maps, utf8, err)
	    && open_maps(env, &route->sender_relayhost, "sender_dependent_relayhost_maps",
	    conf->sender_dependent_relayhost_maps, plain, err)
	    && open_maps(env, &route->sender_transport, "sender_dependent_default_transport_maps",
	    conf->sender_dependent_default_transport_maps, plain, err);
}

/* The tables that know recipients. */
static bool
open_recipients(struct route *route, const struct table_env *env, struct err *err)
{
	const struct rewrite_conf *conf = route->conf;
	unsigned utf8 = route->mail->smtputf8_enable ? TABLE_UTF8 : 0;
	const char *canonical = main_cf_value(env->cf, "canonical_maps", route->arena, err), *recipient_canonical;

	if (canonical == NULL
	    || (recipient_canonical = main_cf_value(env->cf, "recipient_canonical_maps", route->arena, err)) == NULL)
		return false;
	return open_maps(env, &route->canonical, "canonical_maps", canonical, utf8, err)
	    && open_maps(env, &route->recipient_canonical, "recipient_canonical_maps", recipient_canonical, utf8, err)
	    && open_maps(env, &route->virtual_alias, "virtual_alias_maps", conf->virtual_alias_maps, utf8, err)
	    && open_maps(env, &route->local_recipients, "local_recipient_maps", conf->local_recipient_maps, utf8, err)
	    && open_maps(env, &route->mailbox_recipients, "virtual_mailbox_maps", conf->virtual_mailbox_maps, utf8, err)
	    && open_maps(env, &route->relay_recipients, "relay_recipient_maps", conf->relay_recipient_maps, utf8, err);
}

/* Open everything. */
struct route *
route_open(const struct table_env *env, const struct rewrite_conf *conf, const struct mail_conf *mail, struct err *err)
{
	struct arena *arena = arena_new("routing", ROUTE_ARENA_BYTES);
	struct route *route = ARENA_NEW(arena, struct route);

	route->arena = arena;
	route->conf = conf;
	route->mail = mail;
	route->transport_how = MAPS_TRANSPORT | (covers_subdomains(mail, "transport_maps") ? MAPS_PARENT_PLAIN : 0u);
	str_init(&route->value, ROUTE_VALUE_MAX);
	route->own = own_domains_open(env, mail, err);
	if (route->own == NULL || !open_domains(route, env, err) || !open_transports(route, env, err)
	    || !open_recipients(route, env, err))
		route_close(&route);
	return route;
}

/* Close everything that is open. */
void
route_close(struct route **route)
{
	struct route *old = *route;
	struct arena *arena;

	*route = NULL;
	if (old == NULL)
		return;
	own_domains_close(&old->own);
	match_list_close(&old->alias_domains);
	match_list_close(&old->mailbox_domains);
	match_list_close(&old->relay_domains);
	maps_close(&old->transport);
	maps_close(&old->relocated);
	maps_close(&old->sender_relayhost);
	maps_close(&old->sender_transport);
	maps_close(&old->canonical);
	maps_close(&old->recipient_canonical);
	maps_close(&old->virtual_alias);
	maps_close(&old->local_recipients);
	maps_close(&old->mailbox_recipients);
	maps_close(&old->relay_recipients);
	str_fini(&old->value);
	arena = old->arena;
	arena_free(&arena);
}

/* Look one address up. The bare user counts where the domain is ours. */
enum lookup
route_lookup(struct route *route, struct maps *maps, struct addr address, unsigned how, struct err *err)
{
	struct maps_query query = { .local = address.local, .domain = address.domain,
		.delimiter = route->mail->recipient_delimiter, .how = how };

	if (maps_is_empty(maps))
		return LOOKUP_NONE;
	query.is_local_domain = (how & MAPS_BARE_LOCAL) && own_domains_has_bare_users(route->own, address.domain);
	return maps_get_address(maps, &query, &route->value, NULL, err);
}

/* Standard form. Strangers' headers are completed with remote_header_rewrite_domain alone. */
struct span
route_rewrite(struct route *route, struct span address, bool is_local, struct arena *arena)
{
	const struct rewrite_conf *conf = route->conf;
	struct rewrite_options options = {
		.swap_bangpath = conf->swap_bangpath,
		.allow_percent_hack = conf->allow_percent_hack,
		.append_at_myorigin = conf->append_at_myorigin,
		.append_dot_mydomain = conf->append_dot_mydomain,
		.origin = span_of(is_local ? route->mail->myorigin : conf->remote_header_rewrite_domain),
		.domain = span_of(is_local ? route->mail->mydomain : conf->remote_header_rewrite_domain),
	};

	return rewrite_internal(address, &options, arena);
}

bool
route_is_local_domain(struct route *route, struct span domain)
{
	return own_domains_has(route->own, domain);
}

bool
route_is_own_address(struct route *route, struct span ip_text)
{
	return own_domains_has_address(route->own, ip_text);
}

/* Is the domain in the list of this class? */
static enum lookup
find_in_class(struct route *route, enum address_class class, struct span domain, struct err *err)
{
	struct span none = { NULL, 0 };

	switch (class) {
	case CLASS_LOCAL:
		return own_domains_find(route->own, domain, err);
	case CLASS_VIRTUAL_ALIAS:
		return match_list_has(route->alias_domains, domain, none, err);
	case CLASS_VIRTUAL_MAILBOX:
		return match_list_has(route->mailbox_domains, domain, none, err);
	case CLASS_RELAY:
		return match_list_has(route->relay_domains, domain, none, err);
	case CLASS_DEFAULT:
		return LOOKUP_FOUND;
	}
	return LOOKUP_NONE;
}

/* The class of a domain: the first list that has it. */
enum lookup
route_domain_class(struct route *route, struct span domain, enum address_class *class_out, struct err *err)
{
	enum lookup found = LOOKUP_NONE;

	for (enum address_class class = CLASS_LOCAL; found == LOOKUP_NONE; class++) {
		*class_out = class;
		found = find_in_class(route, class, domain, err);
	}
	return found;
}

/* A later list has it too. relay_domains may well cover parents of others. */
bool
route_domain_is_doubled(struct route *route, struct span domain, enum address_class class, enum address_class *other_out)
{
	for (enum address_class other = class + 1; other < CLASS_RELAY; other++) {
		*other_out = other;
		if (find_in_class(route, other, domain, NULL) == LOOKUP_FOUND)
			return true;
	}
	return false;
}
