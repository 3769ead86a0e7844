/* SPDX-License-Identifier: ISC */
/* Names of users as sources know them. */
#include "lib/auth/auth_name.h"

#include "lib/auth/auth_var.h"

static bool
is_allowed(const struct auth_conf *conf, char c)
{
	if (conf->username_chars[0] == '\0')
		return (unsigned char) c >= 0x20 && c != 0x7f;
	return c != '\0' && strchr(conf->username_chars, c) != NULL;
}

bool
auth_name(const struct auth_conf *conf, struct span given, struct span realm, struct arena *arena,
    struct span *name_out, struct err *err)
{
	CLEANUP(str_fini) struct str whole = { .max = AUTH_NAME_MAX }, formed = { .max = AUTH_NAME_MAX };
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
auth_name_split_master(const struct auth_conf *conf, struct span given, struct span *user_out,
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
