/* SPDX-License-Identifier: ISC */
/* The orders in which partial keys are looked up, and lists of tables. */
#include "table_t.h"

#include "lib/table/maps.h"

/* Each row: a table with every key that may be asked for, so that the first one asked wins; then without that one, and so on. */
static const struct order_case {
	const char *name, *local, *domain, *delimiter;
	bool is_local_domain;
	unsigned how;
	const char *want[9];
} order_cases[] = {
	{ .name = "virtual, canonical, bcc: local domain",
	    .local = "u+e",
	    .domain = "d.x",
	    .delimiter = "+",
	    .is_local_domain = true,
	    .how = MAPS_ADDRESS,
	    .want = { "u+e@d.x", "u@d.x", "u+e", "u", "@d.x" } },
	{ .name = "virtual, canonical, bcc: other domain",
	    .local = "u+e",
	    .domain = "d.x",
	    .delimiter = "+",
	    .how = MAPS_ADDRESS,
	    .want = { "u+e@d.x", "u@d.x", "@d.x" } },
	{ .name = "no extension",
	    .local = "u",
	    .domain = "d.x",
	    .delimiter = "+",
	    .is_local_domain = true,
	    .how = MAPS_ADDRESS,
	    .want = { "u@d.x", "u", "@d.x" } },
	{ .name = "no delimiter",
	    .local = "u+e",
	    .domain = "d.x",
	    .delimiter = "",
	    .how = MAPS_ADDRESS,
	    .want = { "u+e@d.x", "@d.x" } },
	{ .name = "transport",
	    .local = "u+e",
	    .domain = "a.d.x",
	    .delimiter = "+",
	    .how = MAPS_TRANSPORT,
	    .want = { "u+e@a.d.x", "u@a.d.x", "a.d.x", ".d.x", ".x", "*" } },
	{ .name = "transport, plain parents",
	    .local = "u",
	    .domain = "a.d.x",
	    .how = MAPS_TRANSPORT | MAPS_PARENT_PLAIN,
	    .want = { "u@a.d.x", "a.d.x", "d.x", "x", "*" } },
	{ .name = "access, address",
	    .local = "u+e",
	    .domain = "a.d",
	    .delimiter = "+",
	    .how = MAPS_ACCESS | MAPS_PARENT_PLAIN,
	    .want = { "u+e@a.d", "u@a.d", "a.d", "d", "u+e@", "u@" } },
	{ .name = "access, dotted parents",
	    .local = "u",
	    .domain = "a.d",
	    .delimiter = "+",
	    .how = MAPS_ACCESS,
	    .want = { "u@a.d", "a.d", ".d", "u@" } },
	{ .name = "aliases",
	    .local = "u-e",
	    .domain = "",
	    .delimiter = "+-",
	    .how = MAPS_ALIAS,
	    .want = { "u-e", "u" } },
	{ .name = "virtual mailbox",
	    .local = "u+e",
	    .domain = "d.x",
	    .delimiter = "+",
	    .is_local_domain = true,
	    .how = MAPS_MAILBOX,
	    .want = { "u+e@d.x", "u@d.x", "@d.x" } },
	{ .name = "quoted local part, external form first",
	    .local = "a b",
	    .domain = "d.x",
	    .how = MAPS_ADDRESS,
	    .want = { "\"a b\"@d.x", "a b@d.x", "@d.x" } },
	{ .name = "quoted local part with extension",
	    .local = "a b+c",
	    .domain = "d.x",
	    .delimiter = "+",
	    .how = MAPS_MAILBOX,
	    .want = { "\"a b+c\"@d.x", "a b+c@d.x", "\"a b\"@d.x", "a b@d.x", "@d.x" } },
	{ .name = "the null address",
	    .local = "",
	    .domain = "",
	    .how = MAPS_ADDRESS,
	    .want = { "\"\"" } },
};

/* Every wanted key but the first `skipped` as an internal table, whose values are the keys. */
static struct maps *
maps_of(struct t *t, struct t_tables *x, const char *const *want, size_t skipped)
{
	struct str list CLEANUP(str_fini);
	struct maps *maps;

	str_init(&list, 10000);
	str_add_str(&list, "inline:{{unused=unused}");
	for (size_t i = skipped; i < 9 && want[i] != NULL; i++)
		str_addf(&list, ",{%s=%s}", want[i], want[i]);
	str_add_str(&list, "}");
	maps = maps_open(&x->env, "test_maps", str_cstr(&list), 0, &x->err);
	if (maps == NULL)
		printf("%s\n", x->err.text);
	T_NEED(t, maps != NULL);
	return maps;
}

static void
check_order(struct t *t, struct t_tables *x, const struct order_case *c)
{
	struct maps_query query = { .local = t_exact(t, c->local),
		.domain = t_exact(t, c->domain),
		.delimiter = c->delimiter,
		.is_local_domain = c->is_local_domain,
		.how = c->how };

	for (size_t i = 0; i < 9; i++) {
		struct maps *maps = maps_of(t, x, c->want, i);
		struct span cut = { NULL, 0 };
		enum lookup found = maps_get_address(maps, &query, &x->value, &cut, &x->err);

		T_INT(t, found, c->want[i] != NULL ? LOOKUP_FOUND : LOOKUP_NONE);
		if (c->want[i] != NULL)
			T_STR(t, str_cstr(&x->value), c->want[i]);
		maps_close(&maps);
		if (c->want[i] == NULL)
			break;
	}
}

TEST(search_orders)
{
	struct t_tables x;

	t_tables_begin(&x);
	EACH_CASE (t, c, order_cases)
		check_order(t, &x, c);
	t_tables_end(&x);
}

TEST(extension_is_told)
{
	struct t_tables x;
	struct maps_query query = {
		.local = SPAN("u+e"), .domain = SPAN("d"), .delimiter = "+", .how = MAPS_ADDRESS
	};
	struct maps *maps;
	struct span cut;

	t_tables_begin(&x);
	maps = maps_open(&x.env, "m", "inline:{u@d=one, @d=two, u+f@d=three}", 0, &x.err);
	T_NEED(t, maps != NULL);
	T_INT(t, maps_get_address(maps, &query, &x.value, &cut, &x.err), LOOKUP_FOUND);
	T_SPAN(t, cut, "+e");
	query.local = SPAN("u+f");
	T_INT(t, maps_get_address(maps, &query, &x.value, &cut, &x.err), LOOKUP_FOUND);
	T_SPAN(t, cut, "");
	query.local = SPAN("v+f");
	T_INT(t, maps_get_address(maps, &query, &x.value, &cut, &x.err), LOOKUP_FOUND);
	T_STR(t, str_cstr(&x.value), "two");
	T_SPAN(t, cut, "");
	maps_close(&maps);
	t_tables_end(&x);
}

/* Each key goes to every table before the next key; patterns see the whole address only; errors end a search. */
static const struct list_case {
	const char *name, *list, *local, *want;
} list_cases[] = {
	{ .name = "first table wins",
	    .list = "inline:{u@d=1}, inline:{u@d=2}",
	    .local = "u",
	    .want = "1" },
	{ .name = "more exact key in the second table wins",
	    .list = "inline:{@d=1} inline:{u@d=2}",
	    .local = "u",
	    .want = "2" },
	{ .name = "pattern sees the full key",
	    .list = "regexp:{{/^u\\+e@d$/ r}}",
	    .local = "u+e",
	    .want = "r" },
	{ .name = "pattern does not see partial keys",
	    .list = "regexp:{{/^(u@d|@d)$/ r}}",
	    .local = "u+e",
	    .want = "(none)" },
	{ .name = "static answers", .list = "static:s", .local = "u", .want = "s" },
	{ .name = "an error is no miss",
	    .list = "fail:x, static:s",
	    .local = "u",
	    .want = "(temp)" },
	{ .name = "an error after the hit does not matter",
	    .list = "static:s, fail:x",
	    .local = "u",
	    .want = "s" },
	{ .name = "empty list", .list = "", .local = "u", .want = "(none)" },
};

TEST(lists_of_tables)
{
	static const char *const words[] = { "", "(none)", "(temp)", "(config)" };
	struct t_tables x;

	t_tables_begin(&x);
	EACH_CASE (t, c, list_cases) {
		struct maps *maps = maps_open(&x.env, "m", c->list, 0, &x.err);
		struct maps_query query = { .local = span_of(c->local),
			.domain = SPAN("d"),
			.delimiter = "+",
			.how = MAPS_ADDRESS };
		enum lookup found;

		T_NEED(t, maps != NULL);
		found = maps_get_address(maps, &query, &x.value, NULL, &x.err);
		T_STR(t, found == LOOKUP_FOUND ? str_cstr(&x.value) : words[found], c->want);
		T_INT(t, maps_is_empty(maps), c->list[0] == '\0');
		maps_close(&maps);
	}
	t_tables_end(&x);
}

static const struct host_case {
	const char *name, *key, *want;
	bool is_address;
	unsigned how;
} host_cases[] = {
	{ .name = "host", .key = "a.b.c", .want = "host", .how = MAPS_DOMAINS },
	{ .name = "dotted parent", .key = "x.b.c", .want = "dot", .how = MAPS_DOMAINS },
	{ .name = "plain parent",
	    .key = "x.b.c",
	    .want = "plain",
	    .how = MAPS_DOMAINS | MAPS_PARENT_PLAIN },
	{ .name = "no parents", .key = "x.b.c", .want = NULL },
	{ .name = "IPv4", .key = "1.2.3.4", .want = "four", .is_address = true },
	{ .name = "IPv4, three octets", .key = "1.2.3.5", .want = "three", .is_address = true },
	{ .name = "IPv4, one octet", .key = "1.3.3.5", .want = "first", .is_address = true },
	{ .name = "IPv6", .key = "2001:db8::1", .want = "six", .is_address = true },
	{ .name = "IPv6, other", .key = "2002:db8::1", .want = NULL, .is_address = true },
};

TEST(hosts_and_addresses)
{
	struct t_tables x;
	struct maps *maps;

	t_tables_begin(&x);
	maps = maps_open(&x.env, "m",
	    "inline:{a.b.c=host, .b.c=dot, b.c=plain, 1.2.3.4=four, 1.2.3=three, 1=first, 2001:db8=six}",
	    0, &x.err);
	T_NEED(t, maps != NULL);
	EACH_CASE (t, c, host_cases) {
		enum lookup found = c->is_address
		    ? maps_get_network(maps, t_exact(t, c->key), &x.value, &x.err)
		    : maps_get_domain(maps, t_exact(t, c->key), c->how, &x.value, &x.err);

		T_INT(t, found, c->want != NULL ? LOOKUP_FOUND : LOOKUP_NONE);
		if (c->want != NULL)
			T_STR(t, str_cstr(&x.value), c->want);
	}
	maps_close(&maps);
	t_tables_end(&x);
}

static const struct split_case {
	const char *name, *local, *delimiter, *base, *extension;
} split_cases[] = {
	{ .name = "plus", .local = "u+e", .delimiter = "+", .base = "u", .extension = "+e" },
	{ .name = "first of a set",
	    .local = "u-a+b",
	    .delimiter = "+-",
	    .base = "u",
	    .extension = "-a+b" },
	{ .name = "at the start", .local = "+e", .delimiter = "+", .base = "+e", .extension = "" },
	{ .name = "at the end", .local = "u+", .delimiter = "+", .base = "u", .extension = "+" },
	{ .name = "owner of a list",
	    .local = "owner-foo",
	    .delimiter = "-",
	    .base = "owner-foo",
	    .extension = "" },
	{ .name = "request address",
	    .local = "foo-request",
	    .delimiter = "-",
	    .base = "foo-request",
	    .extension = "" },
	{ .name = "bounces have their own name",
	    .local = "Double-Bounce",
	    .delimiter = "-",
	    .base = "Double-Bounce",
	    .extension = "" },
	{ .name = "no delimiter",
	    .local = "u+e",
	    .delimiter = NULL,
	    .base = "u+e",
	    .extension = "" },
};

TEST(extensions)
{
	EACH_CASE (t, c, split_cases) {
		struct span extension;

		T_SPAN(t, maps_split_extension(t_exact(t, c->local), c->delimiter, &extension),
		    c->base);
		T_SPAN(t, extension, c->extension);
	}
}
