/* SPDX-License-Identifier: ISC */
/* The path of MAIL FROM and RCPT TO. */
#include "t.h"

#include "json.h"
#include "lib/mail/addr_path.h"

enum { NO, LENIENT, STRICT };

static const struct path_case {
	const char *name, *in;
	int takes;              /* LENIENT: only without ADDR_PATH_STRICT */
	unsigned flags;
	const char *local, *domain;
	size_t used;            /* 0: all */
} path_cases[] = {
	{ .name = "plain", .in = "<a@b.example>", .takes = STRICT, .local = "a",
	  .domain = "b.example" },
	{ .name = "parameters follow", .in = "<a@b> SIZE=1", .takes = STRICT, .local = "a",
	  .domain = "b", .used = 5 },
	{ .name = "no blank before parameters", .in = "<a@b>SIZE=1", .takes = NO },
	{ .name = "null", .in = "<>", .takes = STRICT, .flags = ADDR_PATH_NULL, .local = "",
	  .domain = "" },
	{ .name = "null not allowed", .in = "<>", .takes = NO },
	{ .name = "nothing", .in = "", .takes = NO, .flags = ADDR_PATH_NULL },
	{ .name = "quoted", .in = "<\"a \\\"b\"@c>", .takes = STRICT, .local = "a \"b",
	  .domain = "c" },
	{ .name = "quoted bracket", .in = "<\"a>b\"@c>", .takes = STRICT, .local = "a>b",
	  .domain = "c" },
	{ .name = "empty quoted", .in = "<\"\"@c>", .takes = NO },
	{ .name = "quote not closed", .in = "<\"a@c>", .takes = NO },
	{ .name = "backslash at the end", .in = "<\"a\\", .takes = NO },
	{ .name = "route", .in = "<@x.example,@y.example:a@b>", .takes = STRICT, .local = "a",
	  .domain = "b" },
	{ .name = "route without address", .in = "<@x:>", .takes = NO },
	{ .name = "v4 literal", .in = "<a@[192.0.2.1]>", .takes = STRICT, .local = "a",
	  .domain = "[192.0.2.1]" },
	{ .name = "v6 literal", .in = "<a@[IPv6:::1]>", .takes = STRICT, .local = "a",
	  .domain = "[IPv6:::1]" },
	{ .name = "bad literal", .in = "<a@[nonsense]>", .takes = LENIENT, .local = "a",
	  .domain = "[nonsense]" },
	{ .name = "no domain", .in = "<postmaster>", .takes = STRICT, .local = "postmaster",
	  .domain = "" },
	{ .name = "domain missing", .in = "<a@>", .takes = NO },
	{ .name = "null domain", .in = "<a@>", .takes = LENIENT, .flags = ADDR_PATH_NULL_DOMAIN, .local = "a",
	  .domain = "" },
	{ .name = "null domain behind a domain", .in = "<a@b@>", .takes = LENIENT,
	  .flags = ADDR_PATH_NULL_DOMAIN, .local = "a", .domain = "b" },
	{ .name = "null domain without brackets", .in = "a@ SIZE=1", .takes = LENIENT,
	  .flags = ADDR_PATH_NULL_DOMAIN, .local = "a", .domain = "", .used = 2 },
	{ .name = "null domain and no local part", .in = "<@>", .takes = NO, .flags = ADDR_PATH_NULL_DOMAIN },
	{ .name = "null domain, not a broken one", .in = "<a@[x>", .takes = NO, .flags = ADDR_PATH_NULL_DOMAIN },
	{ .name = "local missing", .in = "<@b>", .takes = NO },
	{ .name = "no brackets", .in = "a@b SIZE=1", .takes = LENIENT, .local = "a", .domain = "b",
	  .used = 3 },
	{ .name = "quoted without brackets", .in = "\"a b\"@c", .takes = LENIENT, .local = "a b",
	  .domain = "c" },
	{ .name = "blanks around", .in = "  < a@b > X", .takes = LENIENT, .local = "a",
	  .domain = "b", .used = 9 },
	{ .name = "bracket not closed", .in = "<a@b", .takes = NO },
	{ .name = "bracket not opened", .in = "a@b>", .takes = NO },
	{ .name = "two dots", .in = "<a..b@c>", .takes = LENIENT, .local = "a..b", .domain = "c" },
	{ .name = "trailing dot", .in = "<a.@c>", .takes = LENIENT, .local = "a.", .domain = "c" },
	{ .name = "dotted quotes", .in = "<a.\"b c\"@d>", .takes = LENIENT, .local = "a.b c",
	  .domain = "d" },
	{ .name = "quoted pair outside quotes", .in = "<a\\ b@d>", .takes = LENIENT, .local = "a b",
	  .domain = "d" },
	{ .name = "underscore in domain", .in = "<a@b_c.d>", .takes = LENIENT, .local = "a",
	  .domain = "b_c.d" },
	{ .name = "absolute domain", .in = "<a@b.>", .takes = LENIENT, .local = "a",
	  .domain = "b." },
	{ .name = "two at", .in = "<a@b@c>", .takes = LENIENT, .local = "a@b", .domain = "c" },
	{ .name = "comment", .in = "<a(b)@c>", .takes = NO },
	{ .name = "control", .in = "<a\001b@c>", .takes = NO },
	{ .name = "carriage return", .in = "<\"a\rb\"@c>", .takes = NO },
	{ .name = "8-bit not allowed", .in = "<\xc3\xa9@c>", .takes = NO },
	{ .name = "utf-8", .in = "<\xc3\xa9@\xc3\xbc.example>", .takes = STRICT,
	  .flags = ADDR_PATH_UTF8,
	  .local = "\xc3\xa9", .domain = "\xc3\xbc.example" },
	{ .name = "bad utf-8", .in = "<\xe9@c>", .takes = NO, .flags = ADDR_PATH_UTF8 },
	{ .name = "percent", .in = "<a%b@c>", .takes = STRICT, .local = "a%b", .domain = "c" },
};

static void
check_path(struct t *t, const struct path_case *c, unsigned flags, bool takes)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 100000);
	struct addr_path path;
	size_t used = 0;

	T_INT(t, addr_path_parse(t_exact(t, c->in), c->flags | flags, pool, &path, &used),
	    takes ? PARSE_OK : PARSE_BAD);
	if (!takes)
		return;
	T_TRUE(t, span_eq_str(path.addr.local, c->local));
	T_TRUE(t, span_eq_str(path.addr.domain, c->domain));
	T_INT(t, used, c->used != 0 ? c->used : strlen(c->in));
	T_INT(t, path.is_odd, c->takes == LENIENT);
}

TEST(addr_path_parse)
{
	EACH_CASE(t, c, path_cases) {
		check_path(t, c, 0, c->takes != NO);
		check_path(t, c, ADDR_PATH_STRICT, c->takes == STRICT);
	}
}

TEST(addr_path_lengths)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 100000);
	struct addr_path path;
	size_t used;

	for (int len = 1; len < 1200; len++) {
		char *text = arena_printf(pool, "<%0*d@example.net>", len, 7);
		bool fits = len + 12 <= ADDR_PATH_MAX;

		T_INT(t, addr_path_parse(t_exact(t, text), 0, pool, &path, &used),
		    fits ? PARSE_OK : PARSE_BAD);
		if (fits)
			T_INT(t, path.is_long, len > ADDR_LOCAL_MAX);
		arena_clear(pool);
	}
}

/*
 * Other projects' cases: what they call usable must be accepted, what is no mailbox must not be,
 * strictly.
 */
TEST(addr_path_shared_cases)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 50000000);
	struct json cases = json_read_file(t_shared(t, "addresses/single.json"), pool);
	size_t agreed = 0, stated = 0;

	for (size_t i = 0; i < cases.items.count; i++) {
		const struct json *one = &cases.items.v[i];
		struct json valid = json_get(one, "valid_smtp"), address = json_get(one, "address");
		char *text = arena_printf(pool, "<%.*s>", SPAN_ARG(address.text));
		struct addr_path path;
		size_t used;
		bool taken;

		if (valid.kind == JSON_NULL)
			continue;
		taken = addr_path_parse(t_exact(t, text), ADDR_PATH_STRICT | ADDR_PATH_UTF8, pool,
		    &path, &used) == PARSE_OK
		    && used == strlen(text) && path.addr.domain.len > 0 && !path.is_long;
		stated++;
		if (taken == (valid.kind == JSON_TRUE))
			agreed++;
		else if (getenv("T_VERBOSE") != NULL)
			printf("differs: %s, theirs %d (%.*s)\n", text, valid.kind == JSON_TRUE,
			    SPAN_ARG(json_get(one, "diagnosis").text));
	}
	printf("agreed on %zu of %zu\n", agreed, stated);
	T_TRUE(t, stated > 0 && agreed * 100 >= stated * 90);
}
