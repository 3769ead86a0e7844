/* SPDX-License-Identifier: ISC */
/* Parts of dnsd: resolv.conf, the hosts file, the cache, reverse names. */
#include "t.h"

#include "master/dnsd/dns_cache.h"
#include "master/dnsd/dns_hosts.h"
#include "lib/base/str.h"
#include "lib/net/dns_client.h"
#include "master/dnsd/dns_search.h"
#include "master/dnsd/dns_servers.h"

#include <arpa/inet.h>
#include <netdb.h>

static const char *
server_text(struct t *t, const struct dns_server *server)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];
	char *out = NULL;

	T_NEED(t,
	    getnameinfo((const struct sockaddr *) &server->address, server->address_len, host,
		sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0);
	T_NEED(t, asprintf(&out, "%s %s", host, port) > 0);
	return t_own(t, out);
}

TEST(dns_servers_read)
{
	struct dns_servers servers;

	dns_servers_read(
	    t_exact(t,
		"# comment\nnameserver 192.0.2.1\n; x\nnameserver 2001:db8::1\nnameserver junk\n"
		"search example.com\noptions rotate timeout:3 attempts:9 edns0 timeout:x\nnameserver ::1"),
	    &servers);
	T_INT(t, servers.count, 3);
	T_STR(t, server_text(t, &servers.list[0]), "192.0.2.1 53");
	T_STR(t, server_text(t, &servers.list[1]), "2001:db8::1 53");
	T_FALSE(t, servers.list[1].is_trusted);
	T_TRUE(t, servers.list[2].is_trusted);
	T_INT(t, servers.timeout_us, 3000000);
	T_INT(t, servers.attempts, 5);
	T_TRUE(t, servers.rotate);
	dns_servers_read(t_exact(t, "nameserver 192.0.2.1\noptions trust-ad use-vc"), &servers);
	T_TRUE(t, servers.list[0].is_trusted);
	T_TRUE(t, servers.use_tcp);
	dns_servers_read(t_exact(t, ""), &servers);
	T_INT(t, servers.count, 1);
	T_STR(t, server_text(t, &servers.list[0]), "127.0.0.1 53");
	T_INT(t, servers.timeout_us, 5000000);
	T_INT(t, servers.attempts, 2);
}

static const struct list_case {
	const char *name, *in, *want;
} list_cases[] = {
	{ .name = "address", .in = "192.0.2.1", .want = "192.0.2.1 53" },
	{ .name = "port", .in = "127.0.0.1:5353", .want = "127.0.0.1 5353" },
	{ .name = "IPv6", .in = "2001:db8::1", .want = "2001:db8::1 53" },
	{ .name = "IPv6 in brackets", .in = "[::1]", .want = "::1 53" },
	{ .name = "IPv6 with port", .in = "[::1]:5353", .want = "::1 5353" },
	{ .name = "two", .in = "192.0.2.1, 192.0.2.2", .want = "192.0.2.1 53" },
	{ .name = "name", .in = "localhost" },
	{ .name = "no port", .in = "127.0.0.1:" },
	{ .name = "bracket", .in = "[::1" },
	{ .name = "after the bracket", .in = "[::1]53" },
	{ .name = "nothing", .in = " , " },
};

TEST(dns_servers_replace)
{
	EACH_CASE (t, c, list_cases) {
		struct dns_servers servers = { 0 };
		struct err err = { 0 };
		bool good = dns_servers_replace(t_exact(t, c->in), &servers, &err);

		T_INT(t, good, c->want != NULL);
		T_INT(t, err.class != ERR_NONE, c->want == NULL);
		if (good && c->want)
			T_STR(t, server_text(t, &servers.list[0]), c->want);
	}
}

static const struct search_case {
	const char *name, *conf;
	int64_t mask;
	const char *in, *want;
} search_cases[] = {
	{ .name = "as it is", .conf = "search a.test b.test", .in = "x", .want = "x" },
	{ .name = "single", .conf = "search a.test b.test", .mask = DNS_SEARCH_SINGLE, .in = "x", .want = "x.a.test x" },
	{ .name = "single, but it has a dot", .conf = "search a.test", .mask = DNS_SEARCH_SINGLE, .in = "x.y", .want = "x.y" },
	{ .name = "all, with a dot", .conf = "search a.test b.test", .mask = DNS_SEARCH_ALL, .in = "x.y", .want = "x.y x.y.a.test x.y.b.test" },
	{ .name = "all, without a dot", .conf = "search a.test", .mask = DNS_SEARCH_ALL, .in = "x", .want = "x" },
	{ .name = "both", .conf = "search a.test b.test", .mask = DNS_SEARCH_SINGLE | DNS_SEARCH_ALL, .in = "x", .want = "x.a.test x.b.test x" },
	{ .name = "whole", .conf = "search a.test", .mask = DNS_SEARCH_SINGLE | DNS_SEARCH_ALL, .in = "x.y.", .want = "x.y." },
	{ .name = "domain", .conf = "domain a.test b.test", .mask = DNS_SEARCH_ALL, .in = "x.y", .want = "x.y x.y.a.test" },
	{ .name = "the last counts", .conf = "search a.test\ndomain b.test", .mask = DNS_SEARCH_ALL, .in = "x.y", .want = "x.y x.y.b.test" },
	{ .name = "dots", .conf = "search a.test\noptions ndots:2", .mask = DNS_SEARCH_ALL, .in = "x.y", .want = "x.y.a.test x.y" },
	{ .name = "six at most", .conf = "search a b c d e f g", .mask = DNS_SEARCH_ALL, .in = "x.y", .want = "x.y x.y.a x.y.b x.y.c x.y.d x.y.e x.y.f" },
	{ .name = "none", .conf = "", .mask = DNS_SEARCH_SINGLE | DNS_SEARCH_ALL, .in = "x", .want = "x" },
};

TEST(dns_search)
{
	EACH_CASE (t, c, search_cases) {
		CLEANUP(arena_free) struct arena *arena = arena_new("test", 10000);
		CLEANUP(str_fini) struct str got = { .max = 1000 };
		struct dns_search_list list;
		struct span name;

		dns_search_read(t_exact(t, c->conf), &list);
		for (size_t i = 0; dns_search_name(&list, c->mask, t_exact(t, c->in), i, arena, &name); i++)
			str_addf(&got, "%s%.*s", i > 0 ? " " : "", SPAN_ARG(name));
		T_STR(t, str_cstr(&got), c->want);
	}
}

TEST(dns_hosts)
{
	struct arena *arena = arena_new("test", 100000);
	struct dns_hosts *hosts = dns_hosts_new(t_exact(t,
	    "127.0.0.1 localhost loop # x\n::1 localhost\n"
	    "junk a b\n192.0.2.7\tHost.Example alias\n192.0.2.8 host.example\n192.0.2.7 other"));
	struct dns_answer answer;
	struct dns_record *records;

	T_INT(t, dns_hosts_find(hosts, SPAN("LOCALHOST."), DNS_AAAA, arena, &answer), LOOKUP_FOUND);
	records = answer.records.items;
	T_INT(t, answer.records.count, 1);
	T_SPAN(t, records[0].data, "::1");
	T_INT(t, dns_hosts_find(hosts, SPAN("host.example"), DNS_A, arena, &answer), LOOKUP_FOUND);
	records = answer.records.items;
	T_INT(t, answer.records.count, 2);
	T_SPAN(t, records[0].data, "192.0.2.7");
	T_INT(t, dns_hosts_find(hosts, SPAN("alias"), DNS_AAAA, arena, &answer), LOOKUP_FOUND);
	T_INT(t, answer.status, DNS_NO_DATA);
	T_INT(t,
	    dns_hosts_find(
		hosts, dns_reverse_name(SPAN("192.0.2.7"), arena), DNS_PTR, arena, &answer),
	    LOOKUP_FOUND);
	records = answer.records.items;
	T_INT(t, answer.records.count, 1);
	T_SPAN(t, records[0].data, "Host.Example");
	T_INT(t, dns_hosts_find(hosts, SPAN("a"), DNS_A, arena, &answer), LOOKUP_NONE);
	T_INT(t, dns_hosts_find(hosts, SPAN("localhost"), DNS_MX, arena, &answer), LOOKUP_NONE);
	dns_hosts_free(&hosts);
	arena_free(&arena);
}

TEST(dns_cache)
{
	struct dns_cache *cache = dns_cache_new(2, 100000);
	struct dns_cached got;

	dns_cache_put(cache, SPAN("a"), SPAN("aa"), true, 100, 50);
	T_TRUE(t, dns_cache_get(cache, SPAN("a"), 149, &got));
	T_SPAN(t, got.packet, "aa");
	T_TRUE(t, got.is_secure);
	T_INT(t, got.age_us, 49);
	T_FALSE(t, dns_cache_get(cache, SPAN("a"), 150, &got));
	dns_cache_put(cache, SPAN("a"), SPAN("aa"), true, 100, 0);
	T_FALSE(t, dns_cache_get(cache, SPAN("a"), 100, &got));
	dns_cache_put(cache, SPAN("a"), SPAN("1"), false, 100, 50);
	dns_cache_put(cache, SPAN("b"), SPAN("2"), false, 100, 50);
	T_TRUE(t, dns_cache_get(cache, SPAN("a"), 101, &got));
	dns_cache_put(cache, SPAN("c"), SPAN("3"), false, 100, 50);
	T_FALSE(t, dns_cache_get(cache, SPAN("b"), 101, &got));
	T_TRUE(t, dns_cache_get(cache, SPAN("a"), 101, &got));
	dns_cache_put(cache, SPAN("a"), SPAN("new"), false, 100, 50);
	T_TRUE(t, dns_cache_get(cache, SPAN("a"), 101, &got));
	T_SPAN(t, got.packet, "new");
	dns_cache_free(&cache);

	/* Bytes count too. */
	cache = dns_cache_new(100, 300);
	dns_cache_put(cache, SPAN("a"), SPAN("1"), false, 100, 50);
	dns_cache_put(cache, SPAN("b"), t_exact_span(t, span_make(t_own(t, calloc(1, 250)), 250)),
	    false, 100, 50);
	T_FALSE(t, dns_cache_get(cache, SPAN("a"), 101, &got));
	dns_cache_free(&cache);
}

TEST(dns_reverse_name)
{
	struct arena *arena = arena_new("test", 10000);

	T_SPAN(t, dns_reverse_name(SPAN("192.0.2.1"), arena), "1.2.0.192.in-addr.arpa");
	T_SPAN(t, dns_reverse_name(SPAN("2001:db8::1"), arena),
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
	T_INT(t, dns_reverse_name(SPAN("x"), arena).len, 0);
	arena_free(&arena);
}
