/* SPDX-License-Identifier: ISC */
/* DNS packets: what is asked, and what hostile answers may not do. */
#include "t.h"

#include "master/dnsd/dns_packet.h"

/* A packet under construction. */
struct packet {
	unsigned char p[4096];
	size_t len;
};

static void
put(struct packet *k, const char *bytes, size_t len)
{
	memcpy(k->p + k->len, bytes, len);
	k->len += len;
}
#define PUT(K, LITERAL) put((K), "" LITERAL "", sizeof(LITERAL) - 1)

/* Head with these counts, and the question x.test/TYPE; its name stands at offset 12. */
static void
start(struct packet *k, unsigned flags, int type, int answers, int authorities)
{
	const unsigned char head[] = { 0x12, 0x34, (unsigned char) (flags >> 8),
		(unsigned char) (flags & 0xff), 0, 1, 0, (unsigned char) answers, 0,
		(unsigned char) authorities, 0, 0, 1, 'x', 4, 't', 'e', 's', 't', 0, 0,
		(unsigned char) type, 0, 1 };

	k->len = 0;
	put(k, (const char *) head, sizeof(head));
}

/* A record of the question's name (or the bytes of `owner`), TTL 300. */
static void
record(
    struct packet *k, const char *owner, size_t owner_len, int type, const char *data, size_t len)
{
	const unsigned char middle[] = { 0, (unsigned char) type, 0, 1, 0, 0, 1, 0x2c,
		(unsigned char) (len >> 8), (unsigned char) (len & 0xff) };

	put(k, owner, owner_len);
	put(k, (const char *) middle, sizeof(middle));
	put(k, data, len);
}
#define RECORD(K, OWNER, TYPE, DATA) \
	record((K), "" OWNER "", sizeof(OWNER) - 1, (TYPE), "" DATA "", sizeof(DATA) - 1)

static struct span
bytes(struct t *t, const struct packet *k)
{
	return t_exact_span(t, span_make((const char *) k->p, k->len));
}

static const struct askable_case {
	const char *name, *in;
	bool want;
} askable_cases[] = {
	{ .name = "plain", .in = "example.com", .want = true },
	{ .name = "final dot", .in = "example.com.", .want = true },
	{ .name = "underscore", .in = "_25._tcp.mx.example", .want = true },
	{ .name = "empty", .in = "", .want = false },
	{ .name = "root", .in = ".", .want = false },
	{ .name = "empty label", .in = "a..b", .want = false },
	{ .name = "leading dot", .in = ".a", .want = false },
	{ .name = "blank", .in = "a b", .want = false },
	{ .name = "8-bit", .in = "caf\xc3\xa9.example", .want = false },
	{ .name = "label of 64",
	    .in = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b",
	    .want = false },
};

TEST(dns_name_is_askable)
{
	EACH_CASE (t, c, askable_cases)
		T_INT(t, dns_name_is_askable(t_exact(t, c->in)), c->want);
}

TEST(dns_query)
{
	unsigned char out[DNS_QUERY_MAX];
	size_t len = dns_query_write(SPAN("a.bc."), DNS_MX, 0x0102, true, out);

	T_BYTES(t, span_make((const char *) out, len),
	    SPAN("\1\2\1\x20\0\1\0\0\0\0\0\0"
		 "\1a\2bc\0"
		 "\0\x0f\0\1"));
	len = dns_query_write(SPAN("a.bc"), DNS_MX, 0x0102, false, out);
	T_BYTES(t, span_from(span_make((const char *) out, len), 22),
	    SPAN("\0"
		 "\0\x29"
		 "\4\xd0"
		 "\0\0\x80\0"
		 "\0\0"));
}

TEST(dns_head)
{
	struct packet k;
	struct dns_head head;

	start(&k, 0x83a3, DNS_A, 0, 0);
	T_INT(t, dns_head_read(bytes(t, &k), 0x1234, SPAN("X.test."), DNS_A, &head), PARSE_OK);
	T_TRUE(t, head.is_truncated);
	T_TRUE(t, head.is_authentic);
	T_INT(t, head.rcode, DNS_RCODE_NXDOMAIN);
	T_INT(t, dns_head_read(bytes(t, &k), 0x1235, SPAN("x.test"), DNS_A, &head), PARSE_BAD);
	T_INT(t, dns_head_read(bytes(t, &k), 0x1234, SPAN("y.test"), DNS_A, &head), PARSE_BAD);
	T_INT(t, dns_head_read(bytes(t, &k), 0x1234, SPAN("x.test"), DNS_MX, &head), PARSE_BAD);
	start(&k, 0x0100, DNS_A, 0, 0);
	T_INT(t, dns_head_read(bytes(t, &k), 0x1234, SPAN("x.test"), DNS_A, &head), PARSE_BAD);
	for (size_t len = 0; len < k.len; len++)
		T_INT(t,
		    dns_head_read(t_exact_span(t, span_make((const char *) k.p, len)), 0x1234,
			SPAN("x.test"), DNS_A, &head),
		    PARSE_BAD);
}

#define ROW(TYPE, DATA) .type = (TYPE), .data = SPAN_INIT(DATA)
static const struct data_case {
	const char *name;
	int type;
	struct span data;
	enum dns_status want;
	const char *text;
	int preference;
} data_cases[] = {
	{ .name = "A", ROW(DNS_A, "\xc0\0\2\1"), .text = "192.0.2.1" },
	{ .name = "A of three bytes", ROW(DNS_A, "\xc0\0\2"), .want = DNS_INVALID },
	{ .name = "A of five bytes", ROW(DNS_A, "\xc0\0\2\1\1"), .want = DNS_INVALID },
	{ .name = "AAAA",
	    ROW(DNS_AAAA, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
	    .text = "2001:db8::1" },
	{ .name = "AAAA of four bytes", ROW(DNS_AAAA, "\xc0\0\2\1"), .want = DNS_INVALID },
	{ .name = "MX", ROW(DNS_MX, "\0\x0a\2mx\xc0\x0c"), .text = "mx.x.test", .preference = 10 },
	{ .name = "null MX", ROW(DNS_MX, "\0\0\0"), .text = "" },
	{ .name = "MX of nothing", ROW(DNS_MX, ""), .want = DNS_INVALID },
	{ .name = "MX of one byte", ROW(DNS_MX, "\0"), .want = DNS_INVALID },
	{ .name = "MX without name", ROW(DNS_MX, "\0\x0a"), .want = DNS_INVALID },
	{ .name = "MX name cut", ROW(DNS_MX, "\0\x0a\5mx"), .want = DNS_INVALID },
	{ .name = "MX pointer cut", ROW(DNS_MX, "\0\x0a\xc0"), .want = DNS_INVALID },
	{ .name = "MX bytes after the name", ROW(DNS_MX, "\0\x0a\2mx\0\1"), .want = DNS_INVALID },
	{ .name = "MX with a blank in its name",
	    ROW(DNS_MX, "\0\x0a\3m x\0"),
	    .want = DNS_INVALID },
	{ .name = "MX with a dot in its label", ROW(DNS_MX, "\0\x0a\3m.x\0"), .want = DNS_INVALID },
	{ .name = "MX pointing to itself", ROW(DNS_MX, "\0\x0a\xc0\x26"), .want = DNS_INVALID },
	{ .name = "MX pointing forward", ROW(DNS_MX, "\0\x0a\xff\xff"), .want = DNS_INVALID },
	{ .name = "SRV", ROW(DNS_SRV, "\0\1\0\2\0\x19\1s\0"), .text = "s", .preference = 1 },
	{ .name = "SRV of five bytes", ROW(DNS_SRV, "\0\1\0\2\0"), .want = DNS_INVALID },
	{ .name = "SRV without name", ROW(DNS_SRV, "\0\1\0\2\0\x19"), .want = DNS_INVALID },
	{ .name = "TXT", ROW(DNS_TXT, "\3v=s\3pf1"), .text = "v=spf1" },
	{ .name = "TXT empty piece", ROW(DNS_TXT, "\0"), .text = "" },
	{ .name = "TXT with NUL", ROW(DNS_TXT, "\3a\0b"), .text = "a?b" },
	{ .name = "TXT of nothing", ROW(DNS_TXT, ""), .want = DNS_INVALID },
	{ .name = "TXT piece cut", ROW(DNS_TXT, "\3ab"), .want = DNS_INVALID },
	{ .name = "TXT second piece cut", ROW(DNS_TXT, "\1a\2b"), .want = DNS_INVALID },
	{ .name = "TLSA", ROW(DNS_TLSA, "\3\1\1\xab\xcd"), .text = "3 1 1 abcd" },
	{ .name = "TLSA of nothing", ROW(DNS_TLSA, ""), .want = DNS_INVALID },
	{ .name = "TLSA of one byte", ROW(DNS_TLSA, "\3"), .want = DNS_INVALID },
	{ .name = "TLSA of two bytes", ROW(DNS_TLSA, "\3\1"), .want = DNS_INVALID },
	{ .name = "TLSA without data", ROW(DNS_TLSA, "\3\1\1"), .want = DNS_INVALID },
	{ .name = "PTR", ROW(DNS_PTR, "\1h\xc0\x0c"), .text = "h.x.test" },
	{ .name = "PTR to the root", ROW(DNS_PTR, "\0"), .want = DNS_INVALID },
	{ .name = "SOA",
	    ROW(DNS_SOA,
		"\2ns\0\1h\0"
		"\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"),
	    .text = "ns" },
	{ .name = "SOA cut",
	    ROW(DNS_SOA,
		"\2ns\0\1h\0"
		"\0\0\0\1\0\0\0\1\0\0"),
	    .want = DNS_INVALID },
};

TEST(dns_record_data)
{
	EACH_CASE (t, c, data_cases) {
		struct arena *arena = arena_new("test", 100000);
		struct dns_reply reply;
		struct packet k;

		start(&k, 0x8180, c->type, 1, 0);
		record(&k, "\xc0\x0c", 2, c->type, c->data.p, c->data.len);
		dns_reply_read(bytes(t, &k), SPAN("x.test"), c->type, arena, &reply);
		T_INT(t, reply.status, c->want);
		T_INT(t, reply.records.count, c->want == DNS_FOUND);
		if (reply.records.count == 1) {
			T_SPAN(t, reply.records.v[0].data, c->text);
			T_SPAN(t, reply.records.v[0].name, "x.test");
			T_INT(t, reply.records.v[0].preference, c->preference);
			T_INT(t, reply.records.v[0].ttl, 300);
			T_INT(t, reply.ttl, 300);
		}
		/* Cut anywhere, with nothing behind it. */
		for (size_t len = 0; len < k.len; len++) {
			dns_reply_read(t_exact_span(t, span_make((const char *) k.p, len)),
			    SPAN("x.test"), c->type, arena, &reply);
			T_INT(t, reply.records.count, 0);
		}
		arena_free(&arena);
	}
}

static void
read_reply(
    struct t *t, const struct packet *k, int type, struct arena *arena, struct dns_reply *reply)
{
	dns_reply_read(bytes(t, k), SPAN("x.test"), type, arena, reply);
}

TEST(dns_aliases)
{
	struct arena *arena = arena_new("test", 1000000);
	struct dns_reply reply;
	struct packet k;

	start(&k, 0x8180, DNS_A, 3, 0);
	RECORD(&k, "\1c\0", DNS_A, "\xc0\0\2\1");
	RECORD(&k, "\1b\0", DNS_CNAME, "\1c\0");
	RECORD(&k, "\xc0\x0c", DNS_CNAME, "\1b\0");
	read_reply(t, &k, DNS_A, arena, &reply);
	T_INT(t, reply.status, DNS_FOUND);
	T_INT(t, reply.records.count, 1);
	T_SPAN(t, reply.records.v[0].name, "c");

	/* An alias of itself ends. */
	start(&k, 0x8180, DNS_A, 1, 0);
	RECORD(&k, "\xc0\x0c", DNS_CNAME, "\xc0\x0c");
	read_reply(t, &k, DNS_A, arena, &reply);
	T_INT(t, reply.status, DNS_NO_DATA);

	/* Records of other names do not count. */
	start(&k, 0x8180, DNS_A, 1, 0);
	RECORD(&k, "\1y\0", DNS_A, "\xc0\0\2\1");
	read_reply(t, &k, DNS_A, arena, &reply);
	T_INT(t, reply.status, DNS_NO_DATA);
	arena_free(&arena);
}

TEST(dns_negative_ttl)
{
	struct arena *arena = arena_new("test", 100000);
	struct dns_reply reply;
	struct packet k;

	start(&k, 0x8183, DNS_A, 0, 1);
	RECORD(&k, "\0", DNS_SOA,
	    "\0\0"
	    "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\x3c");
	read_reply(t, &k, DNS_A, arena, &reply);
	T_INT(t, reply.status, DNS_NO_NAME);
	T_INT(t, reply.ttl, 60);
	start(&k, 0x8180, DNS_A, 0, 0);
	read_reply(t, &k, DNS_A, arena, &reply);
	T_INT(t, reply.status, DNS_NO_DATA);
	T_INT(t, reply.ttl, 0);
	start(&k, 0x8182, DNS_A, 0, 0);
	read_reply(t, &k, DNS_A, arena, &reply);
	T_INT(t, reply.status, DNS_RETRY);
	arena_free(&arena);
}

TEST(dns_many_records)
{
	struct arena *arena = arena_new("test", 1000000);
	struct dns_reply reply;
	struct packet k;

	start(&k, 0x8180, DNS_A, 200, 0);
	for (int i = 0; i < 200; i++)
		RECORD(&k, "\xc0\x0c", DNS_A, "\xc0\0\2\1");
	read_reply(t, &k, DNS_A, arena, &reply);
	T_INT(t, reply.records.count, DNS_RECORDS_MAX);
	arena_free(&arena);
}
