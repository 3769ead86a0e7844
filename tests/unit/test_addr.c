/* SPDX-License-Identifier: ISC */
/* Forms and parts of addresses. */
#include "t.h"

#include "lib/mail/addr.h"

static const struct form_case {
	const char *name, *internal, *local, *domain, *external;
} form_cases[] = {
	{ .name = "plain", .internal = "a.b@c.example", .local = "a.b", .domain = "c.example",
	  .external = "a.b@c.example" },
	{ .name = "blank", .internal = "a b@c", .local = "a b", .domain = "c",
	  .external = "\"a b\"@c" },
	{ .name = "two at", .internal = "a@b@c", .local = "a@b", .domain = "c",
	  .external = "\"a@b\"@c" },
	{ .name = "quote and backslash", .internal = "a\"\\@c", .local = "a\"\\", .domain = "c",
	  .external = "\"a\\\"\\\\\"@c" },
	{ .name = "leading dot", .internal = ".a@c", .local = ".a", .domain = "c",
	  .external = "\".a\"@c" },
	{ .name = "trailing dot", .internal = "a.@c", .local = "a.", .domain = "c",
	  .external = "\"a.\"@c" },
	{ .name = "two dots", .internal = "a..b@c", .local = "a..b", .domain = "c",
	  .external = "\"a..b\"@c" },
	{ .name = "no domain", .internal = "root", .local = "root", .domain = "",
	  .external = "root" },
	{ .name = "null", .internal = "", .local = "", .domain = "", .external = "" },
	{ .name = "empty local", .internal = "@c", .local = "", .domain = "c",
	  .external = "\"\"@c" },
	{ .name = "utf-8", .internal = "\xc3\xa9@c", .local = "\xc3\xa9", .domain = "c",
	  .external = "\xc3\xa9@c" },
	{ .name = "line end", .internal = "a\r\nb@c", .local = "a\r\nb", .domain = "c",
	  .external = "\"ab\"@c" },
};

TEST(addr_forms)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 100000);

	EACH_CASE(t, c, form_cases) {
		struct addr addr = addr_from_internal(t_exact(t, c->internal));

		T_TRUE(t, span_eq_str(addr.local, c->local));
		T_TRUE(t, span_eq_str(addr.domain, c->domain));
		T_SPAN(t, addr_internal(pool, addr), c->internal);
		T_TRUE(t, span_eq_str(addr_external(pool, addr), c->external));
	}
}

static const struct split_case {
	const char *name, *local, *delimiters;
	bool owner;
	const char *user, *extension;
} split_cases[] = {
	{ .name = "plus", .local = "a+b", .delimiters = "+", .user = "a", .extension = "b" },
	{ .name = "first of a set", .local = "a-b+c", .delimiters = "+-", .user = "a",
	  .extension = "b+c" },
	{ .name = "empty extension", .local = "a+", .delimiters = "+", .user = "a",
	  .extension = "" },
	{ .name = "none", .local = "ab", .delimiters = "+", .user = "ab" },
	{ .name = "no delimiters", .local = "a+b", .delimiters = "", .user = "a+b" },
	{ .name = "at the start", .local = "+b", .delimiters = "+", .user = "+b" },
	{ .name = "mailer-daemon", .local = "MAILER-DAEMON", .delimiters = "-",
	  .user = "MAILER-DAEMON" },
	{ .name = "double-bounce", .local = "double-bounce", .delimiters = "-",
	  .user = "double-bounce" },
	{ .name = "owner whole", .local = "owner-list", .delimiters = "-", .owner = true,
	  .user = "owner-list" },
	{ .name = "owner split", .local = "owner-list", .delimiters = "-", .user = "owner",
	  .extension = "list" },
	{ .name = "request whole", .local = "list-request", .delimiters = "-", .owner = true,
	  .user = "list-request" },
	{ .name = "owner, other delimiter", .local = "owner-a+b", .delimiters = "+", .owner = true,
	  .user = "owner-a",
	  .extension = "b" },
};

TEST(addr_split)
{
	EACH_CASE(t, c, split_cases) {
		struct addr_split_options options = { c->delimiters, c->owner };
		struct span user, extension;

		T_INT(t, addr_split(t_exact(t, c->local), &options, &user, &extension),
		    c->extension != NULL);
		T_SPAN(t, user, c->user);
		T_SPAN(t, extension, c->extension);
	}
}

static const struct domain_case {
	const char *name, *in;
	bool strict, lenient;
	int version;
} domain_cases[] = {
	{ .name = "plain", .in = "mail.example", .strict = true, .lenient = true },
	{ .name = "one label", .in = "localhost", .strict = true, .lenient = true },
	{ .name = "digits first", .in = "3com.example", .strict = true, .lenient = true },
	{ .name = "underscore", .in = "a_b.example", .lenient = true },
	{ .name = "trailing dot", .in = "a." },
	{ .name = "hyphen first", .in = "-a.b" },
	{ .name = "hyphen last", .in = "a-.b" },
	{ .name = "looks like an address", .in = "192.0.2.1" },
	{ .name = "empty", .in = "" },
	{ .name = "u-label", .in = "b\xc3\xbc.example", .strict = true, .lenient = true },
	{ .name = "v4", .in = "[192.0.2.1]", .strict = true, .lenient = true, .version = 4 },
	{ .name = "v4 out of range", .in = "[192.0.2.256]" },
	{ .name = "v6", .in = "[IPv6:2001:db8::1]", .strict = true, .lenient = true, .version = 6 },
	{ .name = "v6 without tag", .in = "[2001:db8::1]", .strict = true, .lenient = true },
	{ .name = "v6 bad", .in = "[IPv6:1::2::3]" },
	{ .name = "general", .in = "[tag:what]", .strict = true, .lenient = true },
	{ .name = "empty literal", .in = "[]" },
	{ .name = "open literal", .in = "[192.0.2.1" },
};

TEST(addr_domain)
{
	EACH_CASE(t, c, domain_cases) {
		struct span in = t_exact(t, c->in);
		struct addr_ip ip;

		T_INT(t, addr_is_domain(in, false), c->strict);
		T_INT(t, addr_is_domain(in, true), c->lenient);
		T_INT(t, addr_literal_parse(in, &ip) ? ip.version : 0, c->version);
	}
}
