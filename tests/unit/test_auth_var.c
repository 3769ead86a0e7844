/* SPDX-License-Identifier: ISC */
/* Dovecot's variables. */
#include "t.h"

#include "lib/auth/auth_var.h"

static const struct var_case {
	const char *name, *text, *want;   /* want NULL: an error */
} cases[] = {
	{ "no variable", "plain text", "plain text" },
	{ "whole name", "<%u>", "<Ann@Example.ORG>" },
	{ "parts", "%d/%n", "Example.ORG/Ann" },
	{ "long names", "%{user} %{username} %{domain}", "Ann@Example.ORG Ann Example.ORG" },
	{ "lower and upper", "%Lu %Ud", "ann@example.org EXAMPLE.ORG" },
	{ "reversed", "%Rn", "nnA" },
	{ "the first letter", "/srv/%1n/%n", "/srv/A/Ann" },
	{ "flags before the place", "%L1n", "a" },
	{ "from the second on", "%1.2n", "nn" },
	{ "longer than it is", "%9n", "Ann" },
	{ "behind the end", "%9.1n", "" },
	{ "percent", "100%%", "100%" },
	{ "MD5", "%Mr", "d0f88d6c87767262ba8e93d6acccd784" },
	{ "home, ids, addresses", "%h %i %{gid} %r %l %s", "/home/a 5 6 192.0.2.1 192.0.2.2 imap" },
	{ "names of Dovecot 2.4", "%{protocol} %{remote_ip} %{local_ip}", "imap 192.0.2.1 192.0.2.2" },
	{ "original", "%{orig_user} %{original_username}", "ANN ANN" },
	{ "a filter", "%{user | lower}", "ann@example.org" },
	{ "filters in a row", "%{user|domain|upper}", "EXAMPLE.ORG" },
	{ "substr", "%{user | substr(0, 3)}%{user|substr(4)}", "AnnExample.ORG" },
	{ "default", "%{master_user | default(\"none\")}", "none" },
	{ "a filter on nothing", "%{master_user | lower}", "" },
	{ "unknown letter", "%y", NULL },
	{ "unknown name", "%{nobody}", NULL },
	{ "unknown filter", "%{user | rot13}", NULL },
	{ "substr without a number", "%{user | substr(x)}", NULL },
	{ "open brace", "%{user", NULL },
	{ "nothing behind", "100%", NULL },
};

TEST(variables)
{
	static const struct auth_vars vars = { .user = SPAN_INIT("Ann@Example.ORG"),
		.original_user = SPAN_INIT("ANN"), .home = SPAN_INIT("/home/a"), .service = SPAN_INIT("imap"),
		.client_address = SPAN_INIT("192.0.2.1"), .server_address = SPAN_INIT("192.0.2.2"),
		.uid = SPAN_INIT("5"), .gid = SPAN_INIT("6") };

	EACH_CASE(t, c, cases) {
		CLEANUP(str_fini) struct str out = { .max = 200 };
		struct err err = { 0 };
		bool is_good = auth_var_expand(span_of(c->text), &vars, &out, &err);

		T_INT(t, is_good, c->want != NULL);
		T_TRUE(t, is_good || err.text[0] != '\0');
		if (c->want != NULL)
			T_STR(t, str_cstr(&out), c->want);
	}
}

TEST(too_long)
{
	static const struct auth_vars vars = { .user = SPAN_INIT("ann") };
	CLEANUP(str_fini) struct str out = { .max = 5 };
	struct err err = { 0 };

	T_FALSE(t, auth_var_expand(SPAN("%u%u"), &vars, &out, &err));
	T_TRUE(t, err.text[0] != '\0');
}
