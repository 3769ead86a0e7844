/* SPDX-License-Identifier: ISC */
/* What the fields of an account mean for a login. */
#include "t.h"

#include "auth/authd/authd_account.h"
#include "auth/authd/authd_network.h"
#include "lib/auth/auth_name.h"

TEST(passwords)
{
	static const struct auth_account account = { .password = SPAN_INIT("{SSHA}x"),
		.extra = SPAN_INIT("app_password_phone=2027-01-31,{PLAIN}p,q app_password_old=2026-01-31,{PLAIN}o "
		                   "app_password_=x app_password_bad=x,{PLAIN}y app_password_tv={ARGON2ID}$m=1,t=2") };
	struct auth_stored stored[AUTH_STORED_MAX];
	struct span names[AUTH_STORED_MAX];

	T_INT(t, account_passwords(&account, "2027-01-31", stored, names), 3);
	T_SPAN(t, stored[0].value, "{SSHA}x");
	T_SPAN(t, names[0], "");
	T_SPAN(t, stored[1].value, "{PLAIN}p,q");
	T_SPAN(t, names[1], "phone");
	T_SPAN(t, stored[2].value, "{ARGON2ID}$m=1,t=2");
	T_INT(t, account_passwords(&account, "2027-02-01", stored, names), 2);
}

static const struct keys_case {
	const char *name, *password, *extra, *mechanism, *want;
} keys_cases[] = {
	{ "stored in that scheme", "{SCRAM-SHA-256}1,a,b,c", "", "SCRAM-SHA-256", "{SCRAM-SHA-256}1,a,b,c" },
	{ "in lower case", "{scram-sha-256}1,a,b,c", "", "SCRAM-SHA-256-PLUS", "{SCRAM-SHA-256}1,a,b,c" },
	{ "in another scheme", "{SCRAM-SHA-256}1,a,b,c", "", "SCRAM-SHA-1", NULL },
	{ "beside another", "{SSHA}x", "scram_sha_1=1,a,b,c", "SCRAM-SHA-1", "{SCRAM-SHA-1}1,a,b,c" },
	{ "plain", "{PLAIN}se}cret", "", "SCRAM-SHA-1", "se}cret" },
	{ "hashed", "{SSHA}x", "", "SCRAM-SHA-1", NULL },
	{ "without scheme", "x", "", "SCRAM-SHA-1", NULL },
};

TEST(keys)
{
	EACH_CASE(t, c, keys_cases) {
		CLEANUP(str_fini) struct str out = { .max = 200 };
		struct auth_account account = { .password = span_of(c->password), .extra = span_of(c->extra) };

		T_INT(t, account_keys(&account, span_of(c->mechanism), &out), c->want != NULL);
		if (c->want != NULL)
			T_STR(t, str_cstr(&out), c->want);
	}
}

static const struct login_case {
	const char *name, *extra, *address;
	enum auth_verdict want;
} login_cases[] = {
	{ "nothing said", "", "192.0.2.1", AUTH_YES },
	{ "in the network", "allow_nets=10.0.0.0/8,192.0.2.0/24", "192.0.2.1", AUTH_YES },
	{ "in no network", "allow_nets=10.0.0.0/8", "192.0.2.1", AUTH_NO },
	{ "IPv6", "allow_nets=2001:db8::/32", "2001:db8::1", AUTH_YES },
	{ "no address", "allow_nets=10.0.0.0/8", "", AUTH_NO },
	{ "local", "allow_nets=local", "", AUTH_YES },
	{ "may not", "nologin", "192.0.2.1", AUTH_REFUSED },
};

TEST(logins)
{
	EACH_CASE(t, c, login_cases) {
		struct auth_account account = { .extra = span_of(c->extra) };
		struct span reason = { 0 };

		T_INT(t, account_may_log_in(&account, span_of(c->address), &reason), c->want);
		T_INT(t, reason.len > 0, c->want != AUTH_YES);
	}
}

TEST(fields)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 1 << 16);
	static const struct auth_account account = { .extra = SPAN_INIT("proxy host=a.test userdb_mail=x user=b "
		"app_password_a={PLAIN}x scram_sha_256=1") };
	struct msg_list list = account_fields(&account, arena);
	const struct auth_field *fields = list.items;

	T_INT(t, list.count, 2);
	T_SPAN(t, fields[0].name, "proxy");
	T_SPAN(t, fields[1].value, "a.test");
}

static const struct name_case {
	const char *name, *given, *want;
} name_cases[] = {
	{ "whole", "Ann@X.test", "ann@x.test" },
	{ "without a domain", "ann", "ann@here.test" },
	{ "a byte that may not be", "ann/bee", NULL },
	{ "empty", "", NULL },
};

TEST(names)
{
	static const struct auth_conf conf = { .username_format = "%{user | lower}", .username_chars = "abcdefghijklmnopqrstuvwxyzAX@.",
		.default_domain = "here.test", .master_user_separator = "*" };
	struct span user, master;

	EACH_CASE(t, c, name_cases) {
		CLEANUP(arena_free) struct arena *arena = arena_new("test", 1 << 16);
		struct span name = { 0 };
		struct err err = { 0 };

		T_INT(t, auth_name(&conf, span_of(c->given), (struct span){ 0 }, arena, &name, &err), c->want != NULL);
		T_INT(t, err.class, c->want != NULL ? ERR_NONE : ERR_PERM);
		if (c->want != NULL)
			T_SPAN(t, name, c->want);
	}
	T_TRUE(t, auth_name_split_master(&conf, SPAN("ann*root"), &user, &master));
	T_SPAN(t, user, "ann");
	T_SPAN(t, master, "root");
	T_FALSE(t, auth_name_split_master(&conf, SPAN("ann"), &user, &master));
}
