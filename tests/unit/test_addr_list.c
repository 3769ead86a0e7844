/* SPDX-License-Identifier: ISC */
/* Address lists of header fields. */
#include "t.h"

#include "json.h"
#include "lib/mail/addr_list.h"

/* boxes: "name|group|internal" of each mailbox, ";" between; "-" stands for missing. */
static const struct list_case {
	const char *name, *in, *boxes;
	bool is_broken;
} list_cases[] = {
	{ .name = "empty", .in = "", .boxes = "" },
	{ .name = "one", .in = " a@b", .boxes = "-|-|a@b" },
	{ .name = "two", .in = "a@b, c@d\n", .boxes = "-|-|a@b;-|-|c@d" },
	{ .name = "angle with name", .in = "Some One <a@b>", .boxes = "Some One|-|a@b" },
	{ .name = "quoted name", .in = "\"One, Some \\\"X\\\"\" <a@b>",
	  .boxes = "One, Some \"X\"|-|a@b" },
	{ .name = "dots in a name", .in = "John Q. Public <a@b>", .boxes = "John Q. Public|-|a@b" },
	{ .name = "comment as name", .in = "a@b (Some (One))", .boxes = "Some (One)|-|a@b" },
	{ .name = "comments inside",
	  .in = "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
	  .boxes = "Pete|-|pete@silly.test" },
	{ .name = "group", .in = "G: a@b, X <c@d>;, e@f", .boxes = "-|G|a@b;X|G|c@d;-|-|e@f" },
	{ .name = "empty group", .in = "undisclosed recipients:;", .boxes = "" },
	{ .name = "group not closed", .in = "G: a@b", .boxes = "-|G|a@b" },
	{ .name = "route", .in = "<@x,@y:a@b>", .boxes = "-|-|a@b" },
	{ .name = "obsolete blanks", .in = "a . b @ c . d", .boxes = "-|-|a.b@c.d" },
	{ .name = "folded", .in = "a@b,\n\tX\n <c@d>", .boxes = "-|-|a@b;X|-|c@d" },
	{ .name = "quoted local", .in = "\"a b\"@c", .boxes = "-|-|a b@c" },
	{ .name = "words only", .in = "John Doe", .boxes = "-|-|John Doe" },
	{ .name = "name without brackets", .in = "John Doe j@d", .boxes = "John Doe|-|j@d" },
	{ .name = "literal", .in = "a@[192.0.2.1]", .boxes = "-|-|a@[192.0.2.1]" },
	{ .name = "null", .in = "<>", .boxes = "-|-|" },
	{ .name = "empty entries", .in = ",,a@b,,", .boxes = "-|-|a@b" },
	{ .name = "no comma after angle", .in = "<a@b> <c@d>", .boxes = "-|-|a@b;-|-|c@d" },
	{ .name = "bracket not closed", .in = "<a@b, c@d", .boxes = "-|-|a@b;-|-|c@d",
	  .is_broken = true },
	{ .name = "bracket in bracket", .in = "<Name <a@b>>", .boxes = "-|-|a@b",
	  .is_broken = true },
	{ .name = "quote not closed", .in = "\"a@b, c", .boxes = "-|-|a@b, c" },
	{ .name = "comment not closed", .in = "a@b (c, d@e", .boxes = "c, d@e|-|a@b" },
	{ .name = "no domain after at", .in = "a@, c@d", .boxes = "-|-|c@d", .is_broken = true },
	{ .name = "group in group", .in = "G: H: a@b;", .boxes = "-|G|a@b", .is_broken = true },
	{ .name = "line end in quotes", .in = "\"a\n b\" <c@d>", .boxes = "a b|-|c@d" },
};

static void
add_field(struct str *out, struct span s)
{
	if (s.p == NULL)
		(void) str_add_char(out, '-');
	else
		(void) str_add(out, s);
	(void) str_add_char(out, '|');
}

static void
describe(const struct addr_list *list, struct str *out)
{
	for (size_t i = 0; i < list->boxes.count; i++) {
		const struct addr_box *box = &list->boxes.v[i];

		if (i > 0)
			(void) str_add_char(out, ';');
		add_field(out, box->name);
		add_field(out, box->group);
		(void) addr_add_internal(out, box->addr);
	}
}

TEST(addr_list_parse)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE(t, c, list_cases) {
		CLEANUP(str_fini) struct str out;
		struct addr_list list;

		str_init(&out, 10000);
		addr_list_parse(t_exact(t, c->in), 100, pool, &list);
		describe(&list, &out);
		T_STR(t, str_cstr(&out), c->boxes);
		T_INT(t, list.is_broken, c->is_broken);
		str_clear(&out);
		T_TRUE(t, addr_list_print(&list, &out));
		T_STR(t, str_cstr(&out), c->in);
	}
}

TEST(addr_list_rewrite)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);
	CLEANUP(str_fini) struct str out;
	struct addr_list list;

	str_init(&out, 10000);
	addr_list_parse(SPAN(" Some (x) One <a>,\n\tG: b (note), \"c d\";\n"), 100, pool, &list);
	T_INT(t, list.boxes.count, 3);
	for (size_t i = 0; i < list.boxes.count; i++) {
		struct addr addr = list.boxes.v[i].addr;

		addr.domain = SPAN("example.com");
		addr_list_set(&list, i, addr);
	}
	T_TRUE(t, addr_list_print(&list, &out));
	T_STR(t, str_cstr(&out),
	    " Some (x) One <a@example.com>,\n\tG: b@example.com (note), \"c d\"@example.com;\n");
}

TEST(addr_list_limit)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);
	CLEANUP(str_fini) struct str out;
	struct addr_list list;

	str_init(&out, 10000);
	addr_list_parse(SPAN("a, b, c"), 2, pool, &list);
	T_INT(t, list.boxes.count, 2);
	T_TRUE(t, list.is_cut);
	T_TRUE(t, addr_list_print(&list, &out));
	T_STR(t, str_cstr(&out), "a, b, c");
	addr_list_parse(SPAN("a, b, \n"), 2, pool, &list);
	T_FALSE(t, list.is_cut);
}

TEST(addr_list_one)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);
	struct addr addr;

	T_INT(t, addr_list_one(SPAN("\"a b\"@c (x)"), pool, &addr), PARSE_OK);
	T_SPAN(t, addr.local, "a b");
	T_INT(t, addr_list_one(SPAN("a, b"), pool, &addr), PARSE_BAD);
	T_INT(t, addr_list_one(SPAN(""), pool, &addr), PARSE_BAD);
	T_INT(t, addr_list_one(SPAN("G: a@b;"), pool, &addr), PARSE_BAD);
}

/* Addresses that the source expects, in order; "" for those it says have none. */
static void
add_expected(const struct json *boxes, const char *member, struct str *out)
{
	for (size_t i = 0; i < boxes->items.count; i++) {
		struct json inner = json_get(&boxes->items.v[i], "addresses");
		struct json group = json_get(&boxes->items.v[i], "group");
		struct json address = json_get(&boxes->items.v[i], member);

		if (inner.kind == JSON_LIST)
			add_expected(&inner, member, out);
		else if (group.kind == JSON_LIST)
			add_expected(&group, member, out);
		else if (address.kind == JSON_STRING && address.text.len > 0) {
			(void) str_add(out, address.text);
			(void) str_add_char(out, '\n');
		}
	}
}

static void
add_got(const struct addr_list *list, struct str *out)
{
	for (size_t i = 0; i < list->boxes.count; i++) {
		struct addr addr = list->boxes.v[i].addr;

		if (addr.local.len == 0)
			continue;
		(void) addr_add_internal(out, addr);
		(void) str_add_char(out, '\n');
	}
}

static const struct json_differs list_differs[] = {
	{ "mail-parser-address-015", "blanks around the dots of a domain are dropped" },
	{ "jsmime-address-009", "what is compared here is the internal form, without quotes" },
	{ "jsmime-address-017", "the same" },
	{ "jsmime-address-027", "the same" },
	{ "jsmime-address-047", "the same" },
	{ "jsmime-address-029", "a semicolon ends a group, not an address in angle brackets" },
	{ "jsmime-address-041", "a word alone is an address without a domain, not a name" },
	{ "jsmime-address-2047-007", "an encoded word is not decoded, and ends at the bracket in it" },
};

TEST(addr_list_shared_cases)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 50000000);
	struct json cases = json_read_file(t_shared(t, "headers/address-lists.json"), pool);
	size_t listed = 0;

	for (size_t i = 0; i < cases.items.count; i++) {
		CLEANUP(str_fini) struct str want, got;
		const struct json *one = &cases.items.v[i];
		struct json expect = json_get(one, "expect"), input = json_get(one, "input");
		struct json list_want = json_get(&expect, "List"), group_want = json_get(&expect,
		    "Group");
		struct addr_list list;

		str_init(&want, 100000);
		str_init(&got, 100000);
		if (expect.kind == JSON_LIST)
			add_expected(&expect, "email", &want);
		else
			add_expected(list_want.kind == JSON_LIST ? &list_want : &group_want,
			    "address", &want);
		addr_list_parse(t_exact_span(t, input.text), 1000, pool, &list);
		add_got(&list, &got);
		listed += json_check_case(t, one, span_eq(str_span(&want), str_span(&got)),
		    list_differs, COUNT_OF(list_differs));
		str_clear(&got);
		(void) addr_list_print(&list, &got);
		T_TRUE(t, span_eq(str_span(&got), input.text));
	}
	T_INT(t, listed, COUNT_OF(list_differs));
}
