/* SPDX-License-Identifier: ISC */
/* The SMTP client's pure parts: next hops, the form of the message, the order of servers, TLS policy. */
#include "t.h"

#include "smtp/smtp/smtp_addr.h"
#include "smtp/smtp/smtp_data.h"
#include "smtp/smtp/smtp_dest.h"
#include "smtp/smtp/smtp_tls_policy.h"

static const struct dest_case {
	const char *name, *in;
	bool is_lmtp;
	const char *host; /* NULL: refused */
	int port;
	bool use_mx, is_unix;
} dest_cases[] = {
	{ .name = "domain",
	    .in = "example.com",
	    .host = "example.com",
	    .port = 25,
	    .use_mx = true },
	{ .name = "domain and port",
	    .in = "example.com:2525",
	    .host = "example.com",
	    .port = 2525,
	    .use_mx = true },
	{ .name = "named port",
	    .in = "example.com:submission",
	    .host = "example.com",
	    .port = 587,
	    .use_mx = true },
	{ .name = "second name", .in = "[h]:submissions", .host = "h", .port = 465 },
	{ .name = "host", .in = "[mx.example.com]", .host = "mx.example.com", .port = 25 },
	{ .name = "address", .in = "[192.0.2.1]:26", .host = "192.0.2.1", .port = 26 },
	{ .name = "ipv6", .in = "[ipv6:2001:db8::1]:26", .host = "2001:db8::1", .port = 26 },
	{ .name = "ipv6 bare", .in = "[2001:db8::1]", .host = "2001:db8::1", .port = 25 },
	{ .name = "lmtp socket",
	    .in = "unix:/run/lmtp",
	    .is_lmtp = true,
	    .host = "",
	    .is_unix = true },
	{ .name = "lmtp inet", .in = "inet:h:24", .is_lmtp = true, .host = "h", .port = 24 },
	{ .name = "lmtp never asks for MX", .in = "h", .is_lmtp = true, .host = "h", .port = 25 },
	{ .name = "empty", .in = "" },
	{ .name = "no host", .in = ":25" },
	{ .name = "empty brackets", .in = "[]" },
	{ .name = "open bracket", .in = "[h" },
	{ .name = "after the bracket", .in = "[h]x" },
	{ .name = "empty port", .in = "[h]:" },
	{ .name = "port 0", .in = "h:0" },
	{ .name = "port too high", .in = "h:65536" },
	{ .name = "unknown port", .in = "h:nosuch" },
	{ .name = "no path", .in = "unix:", .is_lmtp = true },
};

TEST(smtp_dest)
{
	EACH_CASE (t, c, dest_cases) {
		struct smtp_dest dest;
		struct err err = { 0 };
		bool good = smtp_dest_parse(t_exact(t, c->in), "smtp",
		    "lmtp=24, smtp=25, smtps=submissions=465, submission=587", c->is_lmtp, &dest,
		    &err);

		T_INT(t, good, c->host != NULL);
		if (!good || c->host == NULL) {
			T_INT(t, err.class, ERR_TEMP);
			continue;
		}
		T_SPAN(t, dest.host, c->host);
		T_INT(t, dest.port, c->port);
		T_INT(t, dest.use_mx, c->use_mx);
		T_INT(t, dest.is_unix, c->is_unix);
	}
}

static const struct text_case {
	const char *name, *in, *out;
	size_t limit;
} text_cases[] = {
	{ .name = "lines", .in = "a\nb\n", .out = "a\r\nb\r\n.\r\n" },
	{ .name = "empty", .in = "", .out = ".\r\n" },
	{ .name = "no final newline", .in = "a", .out = "a\r\n.\r\n" },
	{ .name = "dots", .in = ".\n..\na.\n.", .out = "..\r\n...\r\na.\r\n..\r\n.\r\n" },
	{ .name = "stray CR", .in = "a\rb\r\n.\r\n", .out = "a b \r\n.. \r\n.\r\n" },
	{ .name = "smuggled end", .in = "a\r.\r\nb\n", .out = "a . \r\nb\r\n.\r\n" },
	{ .name = "just fits", .in = "12345\n", .out = "12345\r\n.\r\n", .limit = 5 },
	{ .name = "folded", .in = "123456\n", .out = "12345\r\n 6\r\n.\r\n", .limit = 5 },
	{ .name = "folded twice",
	    .in = "1234567890\n",
	    .out = "12345\r\n 6789\r\n 0\r\n.\r\n",
	    .limit = 5 },
	{ .name = "dot at the fold", .in = "12345.\n", .out = "12345\r\n .\r\n.\r\n", .limit = 5 },
};

static void
gather(void *ctx, struct span bytes)
{
	(void) str_add(ctx, bytes);
}

/* In pieces of every size the result is the same. */
TEST(smtp_text)
{
	EACH_CASE (t, c, text_cases)
		for (size_t piece = 1; piece <= strlen(c->in) + 1; piece++) {
			struct str out = { .max = 10000 };
			struct smtp_text text;
			struct span in = t_exact(t, c->in);

			smtp_text_init(&text, c->limit, gather, &out);
			for (size_t at = 0; at < in.len; at += piece)
				smtp_text_add(&text, span_slice(in, at, at + piece));
			smtp_text_finish(&text);
			T_SPAN(t, str_span(&out), c->out);
			smtp_text_fini(&text);
			str_fini(&out);
		}
}

/* Lines longer than the buffer. */
TEST(smtp_text_large)
{
	size_t len = 3 * SMTP_TEXT_PIECE + 17;
	char *line = t_own(t, malloc(len));
	struct str out = { .max = 10 * SMTP_TEXT_PIECE };
	struct smtp_text text;

	memset(line, 'x', len);
	smtp_text_init(&text, 0, gather, &out);
	smtp_text_add(&text, span_make(line, len));
	smtp_text_finish(&text);
	T_INT(t, out.len, len + 5);
	smtp_text_fini(&text);
	str_fini(&out);
}

static void
add_hosts(
    struct arena *arena, struct smtp_hosts *hosts, size_t count, bool is_ipv6, int64_t preference)
{
	for (size_t i = 0; i < count; i++)
		*ARRAY_ADD(arena, &hosts->list) = (struct smtp_host){ .is_ipv6 = is_ipv6,
			.preference = preference };
}

static const struct order_case {
	const char *name;
	const char *family;
	size_t four, six;
	int limit;
	size_t want_four, want_six;
} order_cases[] = {
	{ .name = "no limit",
	    .family = "any",
	    .four = 9,
	    .six = 9,
	    .limit = 0,
	    .want_four = 9,
	    .want_six = 9 },
	{ .name = "room for all",
	    .family = "any",
	    .four = 2,
	    .six = 3,
	    .limit = 5,
	    .want_four = 2,
	    .want_six = 3 },
	{ .name = "both families",
	    .family = "any",
	    .four = 9,
	    .six = 9,
	    .limit = 4,
	    .want_four = 2,
	    .want_six = 2 },
	{ .name = "few of one",
	    .family = "any",
	    .four = 1,
	    .six = 9,
	    .limit = 5,
	    .want_four = 1,
	    .want_six = 4 },
	{ .name = "few of the other",
	    .family = "any",
	    .four = 9,
	    .six = 1,
	    .limit = 5,
	    .want_four = 4,
	    .want_six = 1 },
	{ .name = "IPv4 first",
	    .family = "ipv4",
	    .four = 9,
	    .six = 9,
	    .limit = 5,
	    .want_four = 5,
	    .want_six = 0 },
	{ .name = "IPv6 first",
	    .family = "ipv6",
	    .four = 9,
	    .six = 2,
	    .limit = 5,
	    .want_four = 3,
	    .want_six = 2 },
};

TEST(smtp_hosts_order)
{
	EACH_CASE (t, c, order_cases)
		for (uint64_t seed = 0; seed < 20; seed++) {
			const struct smtp_conf conf = { .randomize_addresses = true,
				.balance_inet_protocols = true,
				.mx_address_limit = c->limit,
				.address_preference = c->family };
			struct arena *arena = arena_new("test", 100000);
			struct smtp_hosts hosts = { .list = { 0 } };
			size_t six = 0;

			add_hosts(arena, &hosts, c->four, false, 10);
			add_hosts(arena, &hosts, c->six, true, 10);
			smtp_hosts_order(&conf, &hosts, seed);
			for (size_t i = 0; i < hosts.list.count; i++)
				six += hosts.list.v[i].is_ipv6;
			T_INT(t, six, c->want_six);
			T_INT(t, hosts.list.count - six, c->want_four);
			arena_free(&arena);
		}
}

TEST(smtp_hosts_preference)
{
	const struct smtp_conf conf = { .randomize_addresses = true, .address_preference = "any" };
	struct arena *arena = arena_new("test", 100000);
	struct smtp_hosts hosts = { .list = { 0 } };

	add_hosts(arena, &hosts, 3, false, 20);
	add_hosts(arena, &hosts, 3, false, 10);
	add_hosts(arena, &hosts, 3, true, 30);
	smtp_hosts_order(&conf, &hosts, 7);
	for (size_t i = 0; i < 9; i++)
		T_INT(t, hosts.list.v[i].preference, (i / 3 + 1) * 10);
	arena_free(&arena);
}

static const struct policy_case {
	const char *name, *in;
	int level;
	const char *match, *protocols, *tafiles;
	bool wants_rpk;
} policy_cases[] = {
	{ .name = "level", .in = "encrypt", .level = TLS_LEVEL_ENCRYPT },
	{ .name = "attributes",
	    .in = "secure match=a.test:.b.test protocols=>=TLSv1.2",
	    .level = TLS_LEVEL_SECURE,
	    .match = "a.test:.b.test",
	    .protocols = ">=TLSv1.2" },
	{ .name = "match twice",
	    .in = "verify match=a match=b",
	    .level = TLS_LEVEL_VERIFY,
	    .match = "a:b" },
	{ .name = "nothing", .in = "", .level = -1 },
	{ .name = "unknown level", .in = "paranoid", .level = -1 },
	{ .name = "dane is not believed to be there", .in = "dane-only", .level = -1 },
	{ .name = "unknown attribute", .in = "may color=red", .level = -1 },
	{ .name = "no value", .in = "may match", .level = -1 },
	{ .name = "anchor file",
	    .in = "secure match=a tafile=/a.pem tafile=/b.pem",
	    .level = TLS_LEVEL_SECURE,
	    .match = "a",
	    .tafiles = "/a.pem /b.pem" },
	{ .name = "anchor file where nothing is verified", .in = "encrypt tafile=/a.pem", .level = -1 },
	{ .name = "anchor file without name", .in = "verify tafile=", .level = -1 },
	{ .name = "raw public keys", .in = "may enable_rpk=yes", .level = TLS_LEVEL_MAY, .wants_rpk = true },
	{ .name = "no raw public keys", .in = "may enable_rpk=no", .level = TLS_LEVEL_MAY },
	{ .name = "raw public keys perhaps", .in = "may enable_rpk=perhaps", .level = -1 },
};

TEST(smtp_tls_policy)
{
	EACH_CASE (t, c, policy_cases) {
		struct arena *arena = arena_new("test", 100000);
		struct smtp_tls_policy policy = { 0 };
		struct err err = { 0 };
		bool good = smtp_tls_policy_parse(t_exact(t, c->in), arena, &policy, &err);

		T_INT(t, good, c->level >= 0);
		if (good) {
			T_INT(t, policy.level, c->level);
			T_STR(t, policy.match, c->match);
			T_STR(t, policy.protocols, c->protocols);
			T_STR(t, policy.tafiles, c->tafiles);
			T_INT(t, policy.wants_rpk, c->wants_rpk);
		} else {
			T_INT(t, err.class, ERR_TEMP);
		}
		arena_free(&arena);
	}
}
