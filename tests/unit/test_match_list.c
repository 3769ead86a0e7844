/* SPDX-License-Identifier: ISC */
/* Match lists of every kind. */
#include "table_t.h"

#include "lib/table/match_list.h"

static const struct match_case {
	const char *name, *list, *subject, *address;
	enum match_kind kind;
	unsigned flags;
	enum lookup want;
} match_cases[] = {
	{ .name = "string", .list = "a, B c", .subject = "b", .kind = MATCH_STRING },
	{ .name = "other string",
	    .list = "a, B c",
	    .subject = "d",
	    .kind = MATCH_STRING,
	    .want = LOOKUP_NONE },
	{ .name = "negated first",
	    .list = "!b, static:all",
	    .subject = "b",
	    .kind = MATCH_STRING,
	    .want = LOOKUP_NONE },
	{ .name = "negated, another",
	    .list = "!b, static:all",
	    .subject = "c",
	    .kind = MATCH_STRING },
	{ .name = "twice negated", .list = "!!b", .subject = "b", .kind = MATCH_STRING },
	{ .name = "table", .list = "inline:{b=x}", .subject = "b", .kind = MATCH_STRING },
	{ .name = "table error",
	    .list = "fail:x, b",
	    .subject = "b",
	    .kind = MATCH_STRING,
	    .want = LOOKUP_TEMP },
	{ .name = "domain", .list = "example.com", .subject = "Example.COM", .kind = MATCH_DOMAIN },
	{ .name = "subdomain not asked",
	    .list = "example.com",
	    .subject = "a.example.com",
	    .kind = MATCH_DOMAIN,
	    .want = LOOKUP_NONE },
	{ .name = "subdomain",
	    .list = "example.com",
	    .subject = "a.example.com",
	    .kind = MATCH_DOMAIN,
	    .flags = TABLE_PARENT_DOMAIN },
	{ .name = "not a subdomain",
	    .list = "example.com",
	    .subject = "aexample.com",
	    .kind = MATCH_DOMAIN,
	    .flags = TABLE_PARENT_DOMAIN,
	    .want = LOOKUP_NONE },
	{ .name = "dotted",
	    .list = ".example.com",
	    .subject = "a.b.example.com",
	    .kind = MATCH_DOMAIN },
	{ .name = "dotted is not the domain",
	    .list = ".example.com",
	    .subject = "example.com",
	    .kind = MATCH_DOMAIN,
	    .want = LOOKUP_NONE },
	{ .name = "domain in a table",
	    .list = "inline:{.example.com=x}",
	    .subject = "a.example.com",
	    .kind = MATCH_DOMAIN },
	{ .name = "parent in a table",
	    .list = "inline:{example.com=x}",
	    .subject = "a.example.com",
	    .kind = MATCH_DOMAIN,
	    .flags = TABLE_PARENT_DOMAIN },
	{ .name = "network",
	    .list = "127.0.0.0/8 [::1]/128",
	    .subject = "127.1.2.3",
	    .kind = MATCH_ADDRESS },
	{ .name = "IPv6 address",
	    .list = "127.0.0.0/8 [::1]/128",
	    .subject = "::1",
	    .kind = MATCH_ADDRESS },
	{ .name = "IPv6 in brackets",
	    .list = "[2001:db8::/32]",
	    .subject = "2001:db8::9",
	    .kind = MATCH_ADDRESS },
	{ .name = "excluded host",
	    .list = "!10.0.0.1, 10.0.0.0/8",
	    .subject = "10.0.0.1",
	    .kind = MATCH_ADDRESS,
	    .want = LOOKUP_NONE },
	{ .name = "wrong network matches nothing",
	    .list = "10.0.0.1/8",
	    .subject = "10.0.0.1",
	    .kind = MATCH_ADDRESS,
	    .want = LOOKUP_NONE },
	{ .name = "cidr table",
	    .list = "cidr:{{10.0.0.0/8 x}}",
	    .subject = "10.0.0.1",
	    .kind = MATCH_ADDRESS },
	{ .name = "not an address",
	    .list = "127.0.0.0/8",
	    .subject = "unknown",
	    .kind = MATCH_ADDRESS,
	    .want = LOOKUP_NONE },
	{ .name = "host by name",
	    .list = "example.com",
	    .subject = "example.com",
	    .address = "10.0.0.1",
	    .kind = MATCH_HOST },
	{ .name = "host by address",
	    .list = "10.0.0.1",
	    .subject = "example.com",
	    .address = "10.0.0.1",
	    .kind = MATCH_HOST },
	{ .name = "host by network",
	    .list = "10.0.0.0/8",
	    .subject = "unknown",
	    .address = "10.0.0.1",
	    .kind = MATCH_HOST },
	{ .name = "empty list",
	    .list = "",
	    .subject = "a",
	    .kind = MATCH_STRING,
	    .want = LOOKUP_NONE },
};

TEST(match_lists)
{
	struct t_tables x;

	t_tables_begin(&x);
	EACH_CASE (t, c, match_cases) {
		struct match_list *list = match_list_open(
		    &x.env, "l", c->list, c->kind, c->flags, &x.err);

		T_NEED(t, list != NULL);
		T_INT(t, match_list_has(list, t_exact(t, c->subject), span_of(c->address), &x.err),
		    c->want);
		match_list_close(&list);
	}
	t_tables_end(&x);
}

TEST(match_files)
{
	struct t_tables x;
	struct match_list *list;
	char text[200];

	t_tables_begin(&x);
	(void) t_tables_write(t, &x, "inner", "# comment\none, two\n!three\n");
	snprintf(text, sizeof(text), "!%s/inner four", x.dir);
	list = match_list_open(&x.env, "l", text, MATCH_STRING, 0, &x.err);
	T_NEED(t, list != NULL);
	T_INT(t, match_list_has(list, SPAN("two"), SPAN(""), &x.err), LOOKUP_NONE);
	T_INT(t, match_list_has(list, SPAN("three"), SPAN(""), &x.err), LOOKUP_FOUND);
	T_INT(t, match_list_has(list, SPAN("four"), SPAN(""), &x.err), LOOKUP_FOUND);
	match_list_close(&list);

	(void) t_tables_write(t, &x, "self", text);
	snprintf(text, sizeof(text), "%s/self", x.dir);
	(void) t_tables_write(t, &x, "self", text);
	T_TRUE(t, match_list_open(&x.env, "l", text, MATCH_STRING, 0, &x.err) == NULL);
	T_TRUE(t, strstr(x.err.text, "nested files") != NULL);
	T_TRUE(t, match_list_open(&x.env, "l", "/nonexistent/x", MATCH_STRING, 0, &x.err) == NULL);
	T_STR(t, x.err.text, "l: open /nonexistent/x: No such file or directory");
	T_TRUE(t, match_list_open(&x.env, "l", "a !", MATCH_STRING, 0, &x.err) == NULL);
	t_tables_end(&x);
}
