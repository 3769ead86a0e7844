/* SPDX-License-Identifier: ISC */
/* Answers of name servers: the first byte chooses the type, the rest is the packet for the question x.test. */
#include "fuzz.h"

#include "master/dnsd/dns_packet.h"

FUZZ_TARGET(dns, in)
{
	static const int types[] = { DNS_A, DNS_AAAA, DNS_MX, DNS_PTR, DNS_TXT, DNS_SRV, DNS_TLSA, DNS_CNAME, DNS_SOA, DNS_NS };
	CLEANUP(arena_free) struct arena *arena = arena_new("fuzz", 4 << 20);
	struct dns_reply reply;
	struct dns_head head;
	int type;

	if (in.len == 0 || in.len > DNS_PACKET_MAX)
		return;
	type = types[(unsigned char) in.p[0] % COUNT_OF(types)];
	in = span_from(in, 1);
	if (dns_head_read(in, 0x1234, SPAN("x.test"), type, &head) == PARSE_OK)
		FUZZ_CHECK(head.rcode >= 0 && head.rcode < 16);
	dns_reply_read(in, SPAN("x.test"), type, arena, &reply);
	FUZZ_CHECK(reply.records.count <= DNS_RECORDS_MAX);
	FUZZ_CHECK((reply.status == DNS_FOUND) == (reply.records.count > 0));
	FUZZ_CHECK(!arena_is_over(arena));
	for (size_t i = 0; i < reply.records.count; i++) {
		FUZZ_CHECK(reply.records.v[i].type == type);
		FUZZ_CHECK(!span_has_nul(reply.records.v[i].data));
		FUZZ_CHECK(reply.records.v[i].ttl <= INT32_MAX);
	}
}
