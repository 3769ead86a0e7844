/* SPDX-License-Identifier: ISC */
#ifndef DNS_CLIENT_H
#define DNS_CLIENT_H

#include "lib/sys/msg.h"
#include "lib/sys/service.h"

/*
 * Questions to dnsd, the process that knows name service. Many questions go in one frame and are
 * answered in one frame. Frames may be sent without waiting; answers carry the id of their question
 * and come in any order.
 */
enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52
};

enum dns_status {
	DNS_FOUND,
	DNS_NO_DATA, /* the name exists, without such records */
	DNS_NO_NAME, /* NXDOMAIN */
	DNS_RETRY,   /* no answer in time, SERVFAIL */
	DNS_BOGUS,   /* DNSSEC validation failed: treat as DNS_RETRY, say so */
	DNS_INVALID, /* not a possible name, or a malformed answer */
};

enum { DNS_QUESTIONS_MAX = 50, DNS_FRAME_MAX = 1 << 20 };

struct dns_question {
	struct span
	    name; /* ASCII; U-labels are converted by the caller */
	int64_t type;
};
extern const struct msg_desc dns_question_desc;

/* How a host's name is completed with the search domains of resolv.conf(5). */
enum dns_search {
	DNS_SEARCH_SINGLE = 1 << 0, /* one without a dot, by the first domain (RES_DEFNAMES) */
	DNS_SEARCH_ALL = 1 << 1,    /* one without a final dot, by all domains (RES_DNSRCH) */
};

/* /etc/hosts counts for DNS_A, DNS_AAAA and DNS_PTR when use_hosts. */
struct dns_ask {
	int64_t id; /* any number; it comes back */
	bool use_hosts;
	int64_t search; /* mask of dns_search */
	struct msg_list questions; /* struct dns_question, 1 to DNS_QUESTIONS_MAX */
};
extern const struct msg_desc dns_ask_desc;

struct dns_record {
	int64_t type, ttl, preference, weight, port;
	struct span name; /* owner after CNAMEs */
	struct span
	    data; /* A, AAAA: text form; MX, NS, PTR, CNAME, SRV: host without final dot ("" is the root: null MX); TXT: joined; TLSA: "u s m hex"; SOA: primary server */
};
extern const struct msg_desc dns_record_desc;

struct dns_answer {
	int64_t status; /* enum dns_status */
	bool is_secure; /* DNSSEC: validated, or AD from a trusted server; also of an absence */
	struct span
	    text; /* for logs when not DNS_FOUND: "Host not found", "Host not found, try again", ... */
	struct msg_list records; /* struct dns_record; at most 100 */
	bool is_filtered; /* the asker's own: see dns_filter.h */
};
extern const struct msg_desc dns_answer_desc;

struct dns_answers {
	int64_t id;
	struct msg_list answers; /* struct dns_answer, in the order of the questions */
};
extern const struct msg_desc dns_answers_desc;

/*
 * Sequential daemons: ask and wait. More than DNS_QUESTIONS_MAX questions go in several frames.
 * how       its use_hosts and search hold for all questions
 * returns   false with *err TEMP when dnsd cannot be reached; otherwise one answer per question, in the arena
 */
MUST_USE bool dns_ask(struct program *program, const struct dns_ask *how,
    const struct dns_question *questions, size_t count, struct arena *arena,
    struct dns_answer *answers_out, struct err *err);

/* The name to ask DNS_PTR of for an address in text form ("192.0.2.1", "2001:db8::1"); empty when it is none. */
struct span dns_reverse_name(struct span address, struct arena *arena) MUST_USE;

/* Append the record as a zone file has it: "example.test. 3600 IN MX 10 mail.example.test." */
void dns_record_print(struct str *out, const struct dns_record *record);

/* The word of a type for messages: "MX", "A". */
const char *dns_type_word(int64_t type);

#endif
