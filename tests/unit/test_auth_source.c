/* SPDX-License-Identifier: ISC */
/* Lists of sources, and what they say of a user. */
#include "t.h"

#include <stdio.h>

#include "lib/auth/auth_source.h"

static void
write_file(struct t *t, const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	T_NEED(t, file != NULL);
	T_TRUE(t, fputs(text, file) >= 0);
	T_INT(t, fclose(file), 0);
}

static const struct list_case {
	const char *name, *list;
	size_t want_count;
	const char *want_err;
} list_cases[] = {
	{ "empty", "", 0, NULL },
	{ "static", "static:", 1, NULL },
	{ "two", "static:, { static:, deny = yes }", 2, NULL },
	{ "options", "{static:, scheme=SSHA, username_format = %n, default_fields={uid=5 home=/srv/%n}}", 1, NULL },
	{ "no such type", "static: ldap:x", 0, "p: there is no source of type \"ldap\"" },
	{ "no such option", "{ static:, colour = red }", 0, "p: option \"colour\" is not known" },
	{ "no value", "{ static:, deny }", 0, "p: option \"deny\": \"name = value\" was expected" },
	{ "open brace", "{ static:", 0, "" },
	{ "not absolute", "passwd-file:users", 0, "p: passwd-file: \"users\" is not an absolute path" },
};

TEST(lists)
{
	EACH_CASE(t, c, list_cases) {
		CLEANUP(arena_free) struct arena *arena = arena_new("test", 1 << 16);
		struct auth_sources sources;
		struct err err = { 0 };

		T_INT(t, auth_sources_open(c->list, "p", arena, &sources, &err), c->want_err == NULL);
		T_INT(t, sources.count, c->want_count);
		if (c->want_err != NULL && c->want_err[0] != '\0')
			T_STR(t, err.text, c->want_err);
		auth_sources_close(&sources);
	}
}

TEST(accounts)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 1 << 16);
	char dir[] = "/tmp/carteiro-test-XXXXXX";
	const char *path, *list;
	struct auth_sources sources;
	struct auth_account account;
	struct span value;
	struct err err = { 0 };

	T_NEED(t, mkdtemp(dir) != NULL);
	path = arena_printf(arena, "%s/users", dir);
	list = arena_printf(arena, "{ passwd-file:%s, username_format = %%Ln, default_fields = { uid=5 gid=6 quota=1M }, "
	                           "override_fields = { home=/srv/%%n mail=maildir:/a } }", path);
	T_NEED(t, auth_sources_open(list, "p", arena, &sources, &err));
	T_FALSE(t, auth_sources_have_changed(&sources));
	T_INT(t, auth_source_find(&sources.v[0], SPAN("ann"), arena, &account, &err), LOOKUP_NONE);
	write_file(t, path, "ann:{PLAIN}x:7:::/home/ann::nologin userdb_mail=mbox:/b\n");
	T_TRUE(t, auth_sources_have_changed(&sources));
	auth_sources_close(&sources);

	T_NEED(t, auth_sources_open(list, "p", arena, &sources, &err));
	T_FALSE(t, auth_sources_have_changed(&sources));
	T_NEED(t, auth_source_find(&sources.v[0], SPAN("ANN@x.test"), arena, &account, &err) == LOOKUP_FOUND);
	T_SPAN(t, account.user, "ann");
	T_SPAN(t, account.password, "{PLAIN}x");
	T_SPAN(t, account.uid, "7");
	T_SPAN(t, account.gid, "6");
	T_SPAN(t, account.home, "/srv/%n");
	T_TRUE(t, auth_account_field(&account, "userdb_mail", &value));
	T_SPAN(t, value, "maildir:/a");
	T_TRUE(t, auth_account_field(&account, "userdb_quota", &value));
	T_TRUE(t, auth_account_field(&account, "nologin", &value));
	T_FALSE(t, auth_account_field(&account, "userdb", &value));
	T_TRUE(t, sources.v[0].kind->list(&sources.v[0], 0, &account));
	T_FALSE(t, sources.v[0].kind->list(&sources.v[0], 1, &account));
	auth_sources_close(&sources);
	T_INT(t, unlink(path), 0);
	T_INT(t, rmdir(dir), 0);
}
