/* SPDX-License-Identifier: ISC */
#ifndef DNS_PACKET_H
#define DNS_PACKET_H

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/result.h"
#include "lib/net/dns_client.h"

/* DNS packets (RFC 1035, RFC 6891): questions made, answers read. Memory only. */

enum {
	DNS_NAME_TEXT_MAX = 253, /* bytes of a name as text, without final dot */
	DNS_QUERY_MAX = 512,     /* bytes of a question packet */
	DNS_PACKET_MAX = 65535,
	DNS_EDNS_BYTES = 1232,          /* what we say we take by UDP: no fragments */
	DNS_RECORDS_MAX = 100,          /* in one answer */
	DNS_ANSWER_TEXT_MAX = 64 << 10, /* bytes of data in one answer */
};

/* A name that may be asked: 1 to 253 visible ASCII characters, labels of 1 to 63; a final dot is allowed. */
bool dns_name_is_askable(struct span name);

/*
 * Write a question packet: recursion desired, AD wanted, with EDNS (and DO) unless is_plain.
 * name      is askable
 * returns   bytes written to out, which has room for DNS_QUERY_MAX
 */
size_t dns_query_write(struct span name, int type, uint16_t id, bool is_plain, unsigned char *out);

/* The head of an answer, looked at before anything else. */
struct dns_head {
	bool is_truncated, is_authentic;
	int rcode;
};
enum {
	DNS_RCODE_OK = 0,
	DNS_RCODE_FORMERR = 1,
	DNS_RCODE_SERVFAIL = 2,
	DNS_RCODE_NXDOMAIN = 3,
	DNS_RCODE_NOTIMP = 4
};

/*
 * The packet answers this question: same ID, an answer, the same name (letters folded) and type.
 * returns   PARSE_BAD for everything else: a stranger's packet, to be ignored
 */
MUST_USE enum parse dns_head_read(
    struct span packet, uint16_t id, struct span name, int type, struct dns_head *head_out);

/* What an answer says. */
struct dns_reply {
	enum dns_status status; /* DNS_FOUND, DNS_NO_DATA, DNS_NO_NAME, DNS_RETRY, DNS_INVALID */
	uint32_t ttl;           /* seconds the whole may be remembered; 0: not at all */
	ARRAY(struct dns_record) records;
};

/*
 * Read an answer to (name, type), following its CNAME records from name on. Records that are cut
 * short, or name impossible hosts, are left out; when none remains the answer is DNS_INVALID.
 * packet    as from the network or the cache; any bytes
 * owns      the records' spans lie in the arena
 */
void dns_reply_read(struct span packet, struct span name, int type, struct arena *arena,
    struct dns_reply *reply_out);

#endif
