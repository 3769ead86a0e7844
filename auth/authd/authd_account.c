/* SPDX-License-Identifier: ISC */
/* The meaning of an account's fields. Facts of the user (userdb_) and passwords never leave authd. */
#include "auth/authd/authd_account.h"

#include "auth/authd/authd_network.h"
#include "lib/auth/app_password.h"
#include "lib/auth/passwd_file.h"
#include "lib/base/array.h"

size_t
account_passwords(const struct auth_account *account, const char *today,
    struct auth_stored *stored_out, struct span *names_out)
{
	struct span rest = account->extra;
	struct app_password app;
	size_t count = 0;

	if (account->password.len > 0) {
		stored_out[count].value = account->password;
		names_out[count++] = (struct span){ 0 };
	}
	while (count < AUTH_STORED_MAX && app_password_next(&rest, &app)) {
		if (!app_password_is_good(&app, today))
			continue;
		stored_out[count].value = app.stored;
		names_out[count++] = app.name;
	}
	return count;
}

bool
account_needs_no_password(const struct auth_account *account)
{
	struct span value;

	return account->password.len == 0 && auth_account_field(account, "nopassword", &value);
}

static bool
has_scheme(struct span stored, const char *scheme)
{
	return stored.len > 0 && stored.p[0] == '{' &&
	    span_eq_str_ci(span_slice(stored, 1, span_find(stored, '}')), scheme);
}

bool
account_keys(const struct auth_account *account, struct span mechanism, struct str *stored_out)
{
	bool is_sha1 = span_starts_with_ci(mechanism, SPAN("SCRAM-SHA-1"));
	const char *scheme = is_sha1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256";
	struct span keys, plain = account->password;

	if (auth_account_field(account, is_sha1 ? "scram_sha_1" : "scram_sha_256", &keys))
		return str_addf(stored_out, "{%s}", scheme) && str_add(stored_out, keys);
	if (has_scheme(plain, scheme))
		return str_addf(stored_out, "{%s}", scheme) &&
		    str_add(stored_out, span_from(plain, span_find(plain, '}') + 1));
	if (has_scheme(plain, "PLAIN") || has_scheme(plain, "CLEARTEXT") || has_scheme(plain, "CLEAR"))
		return str_add(stored_out, span_from(plain, span_find(plain, '}') + 1));
	return false;
}

enum auth_verdict
account_may_log_in(const struct auth_account *account, struct span client_address, struct span *reason_out)
{
	struct span value;

	if (auth_account_field(account, "allow_nets", &value) && !authd_is_in_networks(value, client_address)) {
		*reason_out = SPAN("allow_nets check failed: the client's address is not in allowed networks");
		return AUTH_NO;
	}
	if (!auth_account_field(account, "nologin", &value))
		return AUTH_YES;
	*reason_out = SPAN("This account may not log in");
	return AUTH_REFUSED;
}

/* Fields with a meaning of their own, which stay here. */
static bool
is_private(struct span name)
{
	static const char *const names[] = { "user", "nologin", "nopassword", "allow_nets", "scram_sha_1",
		"scram_sha_256" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (span_eq_str(name, names[i]))
			return true;
	return span_starts_with(name, SPAN("userdb_")) || span_starts_with(name, SPAN("app_password_"));
}

struct msg_list
account_fields(const struct auth_account *account, struct arena *arena)
{
	ARRAY(struct auth_field) fields = { 0 };
	struct span rest = account->extra, name, value;

	while (fields.count < AUTH_FIELDS_MAX && passwd_extra_next(&rest, &name, &value))
		if (!is_private(name))
			*ARRAY_ADD(arena, &fields) = (struct auth_field){ name, value };
	return (struct msg_list){ fields.v, fields.count };
}
