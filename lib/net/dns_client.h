/* SPDX-License-Identifier: ISC */
#ifndef DNS_CLIENT_H
#define DNS_CLIENT_H

#include "lib/sys/msg.h"
#include "lib/sys/service.h"

/*
 * Questions to dnsd, the process that knows name service. Many questions go in one frame and are
 * answered in one frame.
 */
enum dns_type { DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28,
	DNS_SRV = 33, DNS_TLSA = 52 };

enum dns_status {
	DNS_FOUND,
	DNS_NO_DATA,            /* the name exists, without such records */
	DNS_NO_NAME,            /* NXDOMAIN */
	DNS_RETRY,              /* no answer in time, SERVFAIL */
	DNS_BOGUS,              /* DNSSEC validation failed: treat as DNS_RETRY, say so */
	DNS_INVALID,            /* not a possible name, or a malformed answer */
};

struct dns_question {
	struct span name;       /* ASCII; U-labels are converted by the caller */
	int64_t type;
};
extern const struct msg_desc dns_question_desc;

/* /etc/hosts counts for DNS_A, DNS_AAAA and DNS_PTR when use_hosts. */
struct dns_ask {
	bool use_hosts;
	struct msg_list questions;      /* struct dns_question */
};
extern const struct msg_desc dns_ask_desc;

struct dns_record {
	int64_t type, ttl, preference, weight, port;
	struct span name;       /* owner after CNAMEs */
	struct span data;       /* A, AAAA: text form; MX, NS, PTR, CNAME, SRV: host without final dot ("" is the root: null MX); TXT: joined; TLSA: "u s m hex" */
};
extern const struct msg_desc dns_record_desc;

struct dns_answer {
	int64_t status;         /* enum dns_status */
	bool is_secure;         /* DNSSEC: validated, or AD from a trusted server */
	struct span text;       /* for logs: "Host not found", "Host not found, try again", ... */
	struct msg_list records;        /* struct dns_record; at most 100 */
};
extern const struct msg_desc dns_answer_desc;

struct dns_answers {
	struct msg_list answers;        /* struct dns_answer, in the order of the questions */
};
extern const struct msg_desc dns_answers_desc;

/*
 * Sequential daemons: ask and wait.
 * returns   false with *err TEMP when dnsd cannot be reached; otherwise one answer per question, in the arena
 */
MUST_USE bool dns_ask(struct program *program, const struct dns_question *questions, size_t count, bool use_hosts,
    struct arena *arena, struct dns_answer *answers_out, struct err *err);

#endif
