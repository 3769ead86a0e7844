/* SPDX-License-Identifier: ISC */
#include "tests/unit/t.h"

#include "lib/route/rewrite_conf.h"
#include "lib/route/route.h"
#include "lib/sys/mail_conf.h"
#include "lib/table/table_conf.h"

/* One configuration for all cases; inline tables need no files. */
static const char settings[] =
    "compatibility_level = 3.11\n"
    "myhostname = mail.example.test\n"
    "mydomain = example.test\n"
    "myorigin = example.test\n"
    "mydestination = example.test, mail.example.test, localhost\n"
    "inet_interfaces = loopback-only\n"
    "recipient_delimiter = +\n"
    "relay_domains = relay.test\n"
    "parent_domain_matches_subdomains = relay_domains\n"
    "relay_recipient_maps = inline:{ known@relay.test=x }\n"
    "virtual_alias_maps = inline:{ alias.test=x, both.test=x, info@alias.test=bob, shop@example.test=carol }\n"
    "virtual_mailbox_domains = box.test, both.test\n"
    "virtual_mailbox_maps = inline:{ joe@box.test=joe/ }\n"
    "local_recipient_maps = inline:{ bob=x, carol=x }\n"
    "relayhost = [smart.test]:587\n"
    "sender_dependent_relayhost_maps = inline:{ boss@example.test=[boss.test], @dunno.test=DUNNO }\n"
    "sender_dependent_default_transport_maps = inline:{ slow@example.test=slow: }\n"
    "relocated_maps = inline:{ moved@example.test=new@else.test }\n"
    "transport_maps = inline:{ fast.test=fast:, hop.test=:[hop2.test], full@hop.test=x:y,"
    " .sub.test=sub:s, drop@box.test=discard:gone, trap@alias.test=discard:gone }\n";

static struct fixture {
	struct arena *arena;
	struct main_cf *cf;
	struct mail_conf mail;
	struct rewrite_conf conf;
	struct table_conf table;
	struct table_env env;
	struct route *route;
} f;

static void
open_fixture(void)
{
	struct err err = { 0 };

	f.arena = arena_new("test", 8 << 20);
	f.cf = main_cf_parse(span_of(settings), "main.cf", "/nonexistent", f.arena, &err);
	assert_non_null(f.cf);
	assert_true(mail_conf_load(f.cf, &f.mail, f.arena, &err));
	assert_true(param_load(f.cf, &rewrite_params, NULL, &f.conf, f.arena, &err));
	assert_true(param_load(f.cf, &table_params, NULL, &f.table, f.arena, &err));
	table_env_init(&f.env, &f.table, f.cf, NULL);
	f.route = route_open(&f.env, &f.conf, &f.mail, &err);
	if (f.route == NULL)
		fail_msg("route_open: %s", err.text);
}

static void
close_fixture(void)
{
	route_close(&f.route);
	table_env_fini(&f.env);
	arena_free(&f.arena);
}

static const struct resolve_case {
	const char *name, *sender, *recipient, *transport, *nexthop, *address;
	enum address_class class;
	bool has_routing;
} resolve_cases[] = {
	{ .name = "local", .recipient = "bob@example.test", .transport = "local", .nexthop = "mail.example.test",
	    .address = "bob@example.test", .class = CLASS_LOCAL },
	{ .name = "local, trailing dot", .recipient = "bob@example.test.", .transport = "local",
	    .nexthop = "mail.example.test", .address = "bob@example.test", .class = CLASS_LOCAL },
	{ .name = "local, case", .recipient = "bob@EXAMPLE.test", .transport = "local", .nexthop = "mail.example.test",
	    .address = "bob@EXAMPLE.test", .class = CLASS_LOCAL },
	{ .name = "own address literal", .recipient = "bob@[127.0.0.1]", .transport = "local",
	    .nexthop = "mail.example.test", .address = "bob@[127.0.0.1]", .class = CLASS_LOCAL },
	{ .name = "other address literal", .recipient = "bob@[192.0.2.1]", .transport = "smtp",
	    .nexthop = "[smart.test]:587", .address = "bob@[192.0.2.1]", .class = CLASS_DEFAULT },
	{ .name = "no domain", .recipient = "bob", .transport = "local", .nexthop = "mail.example.test",
	    .address = "bob@mail.example.test", .class = CLASS_LOCAL },
	{ .name = "percent hack through us", .recipient = "u%far.test@example.test", .transport = "smtp",
	    .nexthop = "[smart.test]:587", .address = "u@far.test", .class = CLASS_DEFAULT },
	{ .name = "bang path through us", .recipient = "far.test!u@example.test", .transport = "smtp",
	    .nexthop = "[smart.test]:587", .address = "u@far.test", .class = CLASS_DEFAULT },
	{ .name = "at sign in a quoted local part", .recipient = "u@far.test@example.test", .transport = "smtp",
	    .nexthop = "[smart.test]:587", .address = "u@far.test", .class = CLASS_DEFAULT },
	{ .name = "routing elsewhere is kept and flagged", .recipient = "u%x@relay.test", .transport = "relay",
	    .nexthop = "[smart.test]:587", .address = "u%x@relay.test", .class = CLASS_RELAY, .has_routing = true },
	{ .name = "virtual alias domain", .recipient = "nobody@alias.test", .transport = "error",
	    .nexthop = "5.1.1 User unknown in virtual alias table", .address = "nobody@alias.test",
	    .class = CLASS_VIRTUAL_ALIAS },
	{ .name = "virtual mailbox domain", .recipient = "joe@box.test", .transport = "virtual", .nexthop = "box.test",
	    .address = "joe@box.test", .class = CLASS_VIRTUAL_MAILBOX },
	{ .name = "relay domain by parent", .recipient = "u@deep.relay.test", .transport = "relay",
	    .nexthop = "[smart.test]:587", .address = "u@deep.relay.test", .class = CLASS_RELAY },
	{ .name = "sender's relayhost", .sender = "boss@example.test", .recipient = "u@far.test", .transport = "smtp",
	    .nexthop = "[boss.test]", .address = "u@far.test", .class = CLASS_DEFAULT },
	{ .name = "sender's relayhost says DUNNO", .sender = "x@dunno.test", .recipient = "u@far.test", .transport = "smtp",
	    .nexthop = "[smart.test]:587", .address = "u@far.test", .class = CLASS_DEFAULT },
	{ .name = "sender's transport", .sender = "slow@example.test", .recipient = "u@far.test", .transport = "slow",
	    .nexthop = "[smart.test]:587", .address = "u@far.test", .class = CLASS_DEFAULT },
	{ .name = "transport without next hop resets it", .recipient = "u@fast.test", .transport = "fast",
	    .nexthop = "fast.test", .address = "u@fast.test", .class = CLASS_DEFAULT },
	{ .name = "next hop without transport", .recipient = "u@hop.test", .transport = "smtp", .nexthop = "[hop2.test]",
	    .address = "u@hop.test", .class = CLASS_DEFAULT },
	{ .name = "full address before domain, with extension", .recipient = "full+ext@hop.test", .transport = "x",
	    .nexthop = "y", .address = "full+ext@hop.test", .class = CLASS_DEFAULT },
	{ .name = "parent domain with a dot", .recipient = "u@a.b.sub.test", .transport = "sub", .nexthop = "s",
	    .address = "u@a.b.sub.test", .class = CLASS_DEFAULT },
	{ .name = "parent domain itself is not covered", .recipient = "u@sub.test", .transport = "smtp",
	    .nexthop = "[smart.test]:587", .address = "u@sub.test", .class = CLASS_DEFAULT },
	{ .name = "transport over a class", .recipient = "drop@box.test", .transport = "discard", .nexthop = "gone",
	    .address = "drop@box.test", .class = CLASS_VIRTUAL_MAILBOX },
	{ .name = "relocated", .recipient = "moved@example.test", .transport = "error",
	    .nexthop = "5.1.6 User has moved to new@else.test", .address = "moved@example.test", .class = CLASS_LOCAL },
	{ .name = "transport not over an unknown virtual alias", .recipient = "trap@alias.test", .transport = "error",
	    .nexthop = "5.1.1 User unknown in virtual alias table", .address = "trap@alias.test",
	    .class = CLASS_VIRTUAL_ALIAS },
	{ .name = "no host name", .recipient = "u@a..test", .transport = "error", .nexthop = "5.1.3 bad address syntax",
	    .address = "u@a..test", .class = CLASS_DEFAULT },
	{ .name = "no host name although routed", .recipient = "u@-.sub.test", .transport = "error",
	    .nexthop = "5.1.3 bad address syntax", .address = "u@-.sub.test", .class = CLASS_DEFAULT },
	{ .name = "bare IP address", .recipient = "u@192.0.2.1", .transport = "error", .nexthop = "5.1.3 bad address syntax",
	    .address = "u@192.0.2.1", .class = CLASS_DEFAULT },
	{ .name = "broken literal", .recipient = "u@[192.0.2]", .transport = "error", .nexthop = "5.1.3 bad address syntax",
	    .address = "u@[192.0.2]", .class = CLASS_DEFAULT },
	{ .name = "leading minus", .recipient = "-rf@example.test", .transport = "error",
	    .nexthop = "5.1.3 bad address syntax", .address = "-rf@example.test",
	    .class = CLASS_LOCAL },
	{ .name = "null recipient", .recipient = "", .transport = "local", .nexthop = "mail.example.test",
	    .address = "MAILER-DAEMON@example.test", .class = CLASS_LOCAL },
};

TEST(route_resolve)
{
	open_fixture();
	EACH_CASE(t, c, resolve_cases) {
		struct route_answer answer;
		struct err err = { 0 };

		T_INT(t, route_resolve(f.route, span_of(c->sender), span_of(c->recipient), f.arena, &answer, &err),
		    LOOKUP_FOUND);
		T_SPAN(t, answer.transport, c->transport);
		T_SPAN(t, answer.nexthop, c->nexthop);
		T_SPAN(t, answer.recipient, c->address);
		T_INT(t, answer.class, c->class);
		T_INT(t, answer.has_routing, c->has_routing);
	}
	close_fixture();
}

/* With resolve_numeric_domain an IP address needs no brackets. */
TEST(numeric_domain)
{
	struct route_answer answer;
	struct err err = { 0 };

	open_fixture();
	f.conf.resolve_numeric_domain = true;
	f.conf.relayhost = "";
	T_INT(t, route_resolve(f.route, SPAN(""), SPAN("u@192.0.2.1"), f.arena, &answer, &err), LOOKUP_FOUND);
	T_SPAN(t, answer.nexthop, "[192.0.2.1]");
	T_SPAN(t, answer.recipient, "u@192.0.2.1");
	T_INT(t, route_resolve(f.route, SPAN(""), SPAN("u@127.0.0.1"), f.arena, &answer, &err), LOOKUP_FOUND);
	T_INT(t, answer.class, CLASS_LOCAL);
	T_INT(t, route_resolve(f.route, SPAN(""), SPAN("u@1.2.3"), f.arena, &answer, &err), LOOKUP_FOUND);
	T_TRUE(t, answer.is_bad_syntax);
	close_fixture();
}

TEST(domain_in_two_classes)
{
	enum address_class class, other;
	struct err err = { 0 };

	open_fixture();
	T_INT(t, route_domain_class(f.route, SPAN("both.test"), &class, &err), LOOKUP_FOUND);
	T_INT(t, class, CLASS_VIRTUAL_ALIAS);
	T_TRUE(t, route_domain_is_doubled(f.route, SPAN("both.test"), class, &other));
	T_INT(t, other, CLASS_VIRTUAL_MAILBOX);
	T_FALSE(t, route_domain_is_doubled(f.route, SPAN("alias.test"), CLASS_VIRTUAL_ALIAS, &other));
	T_FALSE(t, route_domain_is_doubled(f.route, SPAN("box.test"), CLASS_VIRTUAL_MAILBOX, &other));
	T_FALSE(t, route_domain_is_doubled(f.route, SPAN("far.test"), CLASS_DEFAULT, &other));
	close_fixture();
}

static const struct exists_case {
	const char *name, *recipient, *text, *dsn;
} exists_cases[] = {
	{ .name = "local user", .recipient = "bob@example.test" },
	{ .name = "local user with extension", .recipient = "bob+x@example.test" },
	{ .name = "no such local user", .recipient = "nobody@example.test",
	    .text = "User unknown in local recipient table", .dsn = "5.1.1" },
	{ .name = "virtual alias of a local domain", .recipient = "shop@example.test" },
	{ .name = "virtual alias", .recipient = "info@alias.test" },
	{ .name = "no such virtual alias", .recipient = "x@alias.test", .text = "User unknown in virtual alias table",
	    .dsn = "5.1.1" },
	{ .name = "virtual mailbox", .recipient = "joe@box.test" },
	{ .name = "no such virtual mailbox", .recipient = "x@box.test", .text = "User unknown in virtual mailbox table",
	    .dsn = "5.1.1" },
	{ .name = "relay recipient", .recipient = "known@relay.test" },
	{ .name = "no such relay recipient", .recipient = "x@relay.test", .text = "User unknown in relay recipient table",
	    .dsn = "5.1.1" },
	{ .name = "anything elsewhere", .recipient = "x@far.test" },
	{ .name = "relocated", .recipient = "moved@example.test", .text = "User has moved to new@else.test", .dsn = "5.1.6" },
};

TEST(route_recipient_exists)
{
	open_fixture();
	EACH_CASE(t, c, exists_cases) {
		struct span text, dsn;
		struct err err = { 0 };
		enum lookup found = route_recipient_exists(f.route, span_of(c->recipient), f.arena, &text, &dsn, &err);

		T_INT(t, found, c->text ? LOOKUP_NONE : LOOKUP_FOUND);
		if (c->text != NULL) {
			T_SPAN(t, text, c->text);
			T_SPAN(t, dsn, c->dsn);
		}
	}
	close_fixture();
}

static const struct rewrite_case {
	const char *name, *in, *local, *remote;
} rewrite_cases[] = {
	{ .name = "complete", .in = "a@b.test", .local = "a@b.test", .remote = "a@b.test" },
	{ .name = "user alone", .in = "a", .local = "a@example.test", .remote = "a" },
	{ .name = "percent", .in = "a%b.test", .local = "a@b.test", .remote = "a@b.test" },
	{ .name = "source route", .in = "@x.test,@y.test:a@b.test", .local = "a@b.test", .remote = "a@b.test" },
	{ .name = "null address", .in = "", .local = "", .remote = "" },
};

TEST(route_rewrite)
{
	open_fixture();
	EACH_CASE(t, c, rewrite_cases) {
		T_SPAN(t, route_rewrite(f.route, span_of(c->in), true, f.arena), c->local);
		T_SPAN(t, route_rewrite(f.route, span_of(c->in), false, f.arena), c->remote);
	}
	close_fixture();
}
