/* SPDX-License-Identifier: ISC */
/* Names of users and networks of clients, as the rest of authd wants them. */
#include "auth/authd/authd_names.h"

#include "lib/auth/auth_var.h"
#include "lib/net/anvil_client.h"
#include "lib/net/auth_proto.h"
#include "lib/table/ip_net.h"

enum { NETWORK_BITS_4 = 32, NETWORK_BITS_6 = 48 };

static bool
is_allowed(const struct auth_conf *conf, char c)
{
	if (conf->username_chars[0] == '\0')
		return (unsigned char) c >= 0x20 && c != 0x7f;
	return c != '\0' && strchr(conf->username_chars, c) != NULL;
}

bool
authd_name(const struct auth_conf *conf, struct span given, struct span realm, struct arena *arena,
    struct span *name_out, struct err *err)
{
	CLEANUP(str_fini) struct str whole = { .max = AUTH_USER_MAX }, formed = { .max = AUTH_USER_MAX };
	struct auth_vars vars;

	for (size_t i = 0; i < given.len; i++)
		if (!is_allowed(conf, given.p[i]))
			return err_set(err, ERR_PERM, "5.7.8",
			    "the name has the byte 0x%02x, which is not in auth_username_chars", (unsigned char) given.p[i]);
	if (realm.len == 0)
		realm = span_of(conf->default_domain);
	str_add(&whole, given);
	if (realm.len > 0 && span_find(given, '@') == given.len)
		str_addf(&whole, "@%.*s", SPAN_ARG(realm));
	vars = (struct auth_vars){ .user = str_span(&whole), .original_user = given, .login_user = given };
	if (whole.overflowed || given.len == 0)
		return err_set(err, ERR_PERM, "5.7.8", "the name is empty or too long");
	if (!auth_var_expand(span_of(conf->username_format), &vars, &formed, err))
		return err_prefix(err, "auth_username_format");
	*name_out = arena_dup(arena, str_span(&formed));
	return formed.len > 0 || err_set(err, ERR_PERM, "5.7.8", "the name is empty");
}

bool
authd_split_master(const struct auth_conf *conf, struct span given, struct span *user_out,
    struct span *master_out)
{
	struct span separator = span_of(conf->master_user_separator);
	size_t place = separator.len == 0 ? given.len : span_search(given, separator);

	if (place >= given.len)
		return false;
	*user_out = span_slice(given, 0, place);
	*master_out = span_from(given, place + separator.len);
	return true;
}

struct span
authd_network(struct span address, struct arena *arena)
{
	return anvil_client_network(address, NETWORK_BITS_4, NETWORK_BITS_6, arena);
}

bool
authd_is_in_networks(struct span networks, struct span address)
{
	struct span item;
	struct ip_net net, client;

	while (span_cut(&networks, ',', &item)) {
		if (span_eq_str(item, "local") && address.len == 0)
			return true;
		if (ip_parse(address, &client) && ip_net_parse(item, &net, NULL) && ip_net_has(&net, &client))
			return true;
	}
	return false;
}
