/* SPDX-License-Identifier: ISC */
/*
 * Parameters of rewriting and routing: the form of addresses, the classes of domains, transports.
 */
#include "lib/route/rewrite_conf.h"

static const struct param rewrite_rows[] = {
	/* The form of addresses. */
	P_BOOL(struct rewrite_conf, append_at_myorigin, .value = "yes",
	    .doc = "Complete a bare user name with @$myorigin."),
	P_BOOL(struct rewrite_conf, append_dot_mydomain, .value = "no",
	    .since_level = "1", .old_value = "yes",
	    .doc = "Complete a host name without a dot with .$mydomain."),
	P_BOOL(struct rewrite_conf, swap_bangpath, .value = "yes",
	    .doc = "Read site!user as user@site."),
	P_BOOL(struct rewrite_conf, allow_percent_hack, .value = "yes",
	    .doc = "Read user%domain as user@domain."),
	P_BOOL(struct rewrite_conf, resolve_dequoted_address, .value = "yes",
	    .doc = "Look inside a quoted local part for routing characters."),
	P_BOOL(struct rewrite_conf, resolve_null_domain, .value = "no",
	    .doc = "Take user@ from an SMTP client as user@$myhostname; else it is a bad address."),
	P_BOOL(struct rewrite_conf, resolve_numeric_domain, .value = "no",
	    .doc = "Read user@192.0.2.1 as user@[192.0.2.1]."),
	P_BOOL(struct rewrite_conf, allow_min_user, .value = "no",
	    .doc = "Allow a recipient's local part to begin with \"-\"."),
	P_STR(struct rewrite_conf, remote_header_rewrite_domain, .value = "",
	    .doc = "The domain that completes header addresses of strangers' mail; empty "
	           "leaves them alone."),

	/* Classes of domains. */
	P_STR(struct rewrite_conf, virtual_alias_domains, .value = "$virtual_alias_maps",
	    .doc = "Domains all of whose addresses are aliases of addresses elsewhere."),
	P_STR(struct rewrite_conf, virtual_alias_maps, .value = "$virtual_maps",
	    .doc = "Tables of aliases, for all domains."),
	P_STR(struct rewrite_conf, virtual_mailbox_domains, .value = "$virtual_mailbox_maps",
	    .doc = "Domains whose mailboxes belong to no UNIX user."),
	P_STR(struct rewrite_conf, virtual_mailbox_maps, .value = "",
	    .doc = "Tables of the mailboxes of these domains."),
	P_STR(struct rewrite_conf, local_recipient_maps,
	    .value = "proxy:unix:passwd.byname $alias_maps",
	    .doc = "Tables that know every local recipient; empty accepts all."),
	P_STR(struct rewrite_conf, relay_recipient_maps, .value = "",
	    .doc = "Tables that know every recipient in relay_domains; empty accepts all."),
	P_STR(struct rewrite_conf, alias_maps, .value = "$alias_database",
	    .doc = "Alias tables of the local delivery agent."),

	/* Transports and next hops. */
	P_STR(struct rewrite_conf, local_transport, .value = "local:$myhostname", .min_length = 1,
	    .doc = "The transport and next hop of local domains."),
	P_STR(struct rewrite_conf, virtual_transport, .value = "virtual", .min_length = 1,
	    .doc = "The transport and next hop of virtual mailbox domains."),
	P_STR(struct rewrite_conf, relay_transport, .value = "relay", .min_length = 1,
	    .doc = "The transport and next hop of relay domains."),
	P_STR(struct rewrite_conf, default_transport, .value = "smtp", .min_length = 1,
	    .doc = "The transport and next hop of all other domains."),
	P_STR(struct rewrite_conf, transport_maps, .value = "",
	    .doc = "Tables by recipient or domain of transport and next hop."),
	P_STR(struct rewrite_conf, relayhost, .value = "",
	    .doc = "The next hop of mail for other systems; empty sends it to their own servers."),
	P_STR(struct rewrite_conf, sender_dependent_relayhost_maps, .value = "",
	    .doc = "Tables by sender that take the place of relayhost."),
	P_STR(struct rewrite_conf, sender_dependent_default_transport_maps, .value = "",
	    .doc = "Tables by sender that take the place of default_transport."),
	P_STR(struct rewrite_conf, empty_address_relayhost_maps_lookup_key, .value = "<>",
	    .min_length = 1,
	    .doc = "The key for the null sender in sender_dependent_relayhost_maps."),
	P_STR(struct rewrite_conf, empty_address_default_transport_maps_lookup_key, .value = "<>",
	    .min_length = 1,
	    .doc = "The key for the null sender in sender_dependent_default_transport_maps."),

	/* People who have moved. */
	P_STR(struct rewrite_conf, relocated_maps, .value = "",
	    .doc = "Tables by recipient of where a person has gone."),
	P_BOOL(struct rewrite_conf, relocated_prefix_enable, .value = "yes",
	    .doc = "Put \"5.1.6 User has moved to\" before the text of relocated_maps."),
};

const struct param_table rewrite_params = {
	.owner = "trivial-rewrite",
	.prefix = "",
	.rows = rewrite_rows,
	.count = COUNT_OF(rewrite_rows),
	.size = sizeof(struct rewrite_conf),
};
