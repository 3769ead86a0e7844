/* SPDX-License-Identifier: ISC */
#ifndef REWRITE_CONF_H
#define REWRITE_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of rewriting and routing: the form of addresses, the classes of domains, transports.
 * Names in main.cf: without prefix. What each means is in its row (rewrite_conf.c).
 */
struct rewrite_conf {
	/* The form of addresses. */
	bool append_at_myorigin;
	bool append_dot_mydomain;
	bool swap_bangpath;
	bool allow_percent_hack;
	bool resolve_dequoted_address;
	bool resolve_null_domain;
	bool resolve_numeric_domain;
	bool allow_min_user;
	const char *remote_header_rewrite_domain;
	/* Classes of domains. */
	const char *virtual_alias_domains;
	const char *virtual_alias_maps;
	const char *virtual_mailbox_domains;
	const char *virtual_mailbox_maps;
	const char *local_recipient_maps;
	const char *relay_recipient_maps;
	const char *alias_maps;
	/* Transports and next hops. */
	const char *local_transport;
	const char *virtual_transport;
	const char *relay_transport;
	const char *default_transport;
	const char *transport_maps;
	const char *relayhost;
	const char *sender_dependent_relayhost_maps;
	const char *sender_dependent_default_transport_maps;
	const char *empty_address_relayhost_maps_lookup_key;
	const char *empty_address_default_transport_maps_lookup_key;
	/* People who have moved. */
	const char *relocated_maps;
	bool relocated_prefix_enable;
};

extern const struct param_table rewrite_params;

#endif
