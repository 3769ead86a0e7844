/* SPDX-License-Identifier: ISC */
/* The client of dnsd: its messages, and asking in sequence. A connection that died while it was idle is replaced once. */
#include "lib/net/dns_client.h"

#include "lib/base/str.h"
#include "lib/sys/clock.h"

#include <arpa/inet.h>

static const struct msg_field dns_question_fields[] = {
	M_STR(struct dns_question, name, .max = 1024,
	    .doc = "Name, ASCII; the final dot may be there."),
	M_INT(struct dns_question, type, .required = true, .min = 1, .max = 65535,
	    .doc = "Type of the records."),
};
const struct msg_desc dns_question_desc = MSG_DESC(
    dns_question, struct dns_question, dns_question_fields, 1, 0, "One question.");

static const struct msg_field dns_ask_fields[] = {
	M_INT(struct dns_ask, id, .doc = "Number of the request; it comes back."),
	M_BOOL(struct dns_ask, use_hosts, .doc = "The hosts file counts too."),
	M_INT(struct dns_ask, search, .max = DNS_SEARCH_SINGLE | DNS_SEARCH_ALL,
	    .doc = "How names are completed."),
	M_LIST(struct dns_ask, questions, .required = true, .min = 1, .max = DNS_QUESTIONS_MAX,
	    .item = &dns_question_desc, .doc = "What is asked."),
};
const struct msg_desc dns_ask_desc = MSG_DESC(
    dns_ask, struct dns_ask, dns_ask_fields, 1, 0, "Questions to dnsd.");

static const struct msg_field dns_record_fields[] = {
	M_INT(struct dns_record, type, .required = true, .min = 1, .max = 65535, .doc = "Type."),
	M_INT(struct dns_record, ttl, .max = INT32_MAX, .doc = "Seconds it may be remembered."),
	M_INT(struct dns_record, preference, .max = 65535, .doc = "MX: preference; SRV: priority."),
	M_INT(struct dns_record, weight, .max = 65535, .doc = "SRV: weight."),
	M_INT(struct dns_record, port, .max = 65535, .doc = "SRV: port."),
	M_STR(struct dns_record, name, .max = 255, .doc = "Owner, after aliases."),
	M_STR(struct dns_record, data, .max = 128 << 10, .doc = "The data as text."),
};
const struct msg_desc dns_record_desc = MSG_DESC(
    dns_record, struct dns_record, dns_record_fields, 1, 0, "One resource record.");

static const struct msg_field dns_answer_fields[] = {
	M_INT(struct dns_answer, status, .max = DNS_INVALID, .doc = "What was found out."),
	M_BOOL(struct dns_answer, is_secure, .doc = "Authenticated by DNSSEC."),
	M_STR(struct dns_answer, text, .max = 500, .doc = "Why there are no records."),
	M_LIST(struct dns_answer, records, .max = 100, .item = &dns_record_desc,
	    .doc = "The records."),
};
const struct msg_desc dns_answer_desc = MSG_DESC(
    dns_answer, struct dns_answer, dns_answer_fields, 1, 0, "The answer to one question.");

static const struct msg_field dns_answers_fields[] = {
	M_INT(struct dns_answers, id, .doc = "Number of the request."),
	M_LIST(struct dns_answers, answers, .required = true, .min = 1, .max = DNS_QUESTIONS_MAX,
	    .item = &dns_answer_desc, .doc = "One per question, in their order."),
};
const struct msg_desc dns_answers_desc = MSG_DESC(
    dns_answers, struct dns_answers, dns_answers_fields, 1, 0, "Answers of dnsd.");

/* The answer's spans point into the connection's buffer: bring them into the arena. */
static void
keep_answer(const struct dns_answer *answer, struct arena *arena, struct dns_answer *out)
{
	struct dns_record *records = answer->records.items;

	*out = *answer;
	out->is_filtered = false;
	out->text = arena_dup(arena, answer->text);
	for (size_t i = 0; i < answer->records.count; i++) {
		records[i].name = arena_dup(arena, records[i].name);
		records[i].data = arena_dup(arena, records[i].data);
	}
}

/* One frame's worth over the kept connection. */
static bool
ask_once(struct program *program, const struct dns_ask *ask, struct arena *arena,
    struct dns_answer *answers_out, struct err *err)
{
	struct peer *peer = service_peer(program, program->mail->dnsd_service_name, err);
	struct dns_answers answers;

	if (peer == NULL)
		return false;
	if (!peer_call(peer, &dns_ask_desc, ask, &dns_answers_desc, &answers, arena,
		clock_deadline(program->mail->ipc_timeout.us), err)) {
		service_forget(program, peer);
		return false;
	}
	if (answers.answers.count != ask->questions.count) {
		service_forget(program, peer);
		return err_temp(err, "dnsd: %zu answers to %zu questions", answers.answers.count,
		    ask->questions.count);
	}
	for (size_t i = 0; i < answers.answers.count; i++)
		keep_answer(
		    (const struct dns_answer *) answers.answers.items + i, arena, &answers_out[i]);
	return true;
}

bool
dns_ask(struct program *program, const struct dns_ask *how, const struct dns_question *questions,
    size_t count, struct arena *arena, struct dns_answer *answers_out, struct err *err)
{
	for (size_t done = 0; done < count;) {
		size_t some = count - done < DNS_QUESTIONS_MAX ? count - done : DNS_QUESTIONS_MAX;
		struct dns_ask ask = *how;

		ask.questions = (struct msg_list){ (void *) (uintptr_t) (questions + done), some };
		if (!ask_once(program, &ask, arena, answers_out + done, err) &&
		    !ask_once(program, &ask, arena, answers_out + done, err))
			return false;
		done += some;
	}
	err_clear(err);
	return true;
}

static struct span
reverse6(const unsigned char bytes[16], struct arena *arena)
{
	CLEANUP(str_fini) struct str out = { .max = 100 };

	for (int i = 15; i >= 0; i--)
		str_addf(&out, "%x.%x.", bytes[i] & 0xfu, bytes[i] >> 4);
	str_add_str(&out, "ip6.arpa");
	return arena_dup(arena, str_span(&out));
}

struct span
dns_reverse_name(struct span address, struct arena *arena)
{
	const char *text = arena_cstr(arena, address);
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		return span_of(arena_printf(
		    arena, "%u.%u.%u.%u.in-addr.arpa", bytes[3], bytes[2], bytes[1], bytes[0]));
	if (inet_pton(AF_INET6, text, bytes) == 1)
		return reverse6(bytes, arena);
	return span_make(NULL, 0);
}

const char *
dns_type_word(int64_t type)
{
	static const struct {
		int64_t type;
		const char *word;
	} words[] = {
		{ DNS_A, "A" },
		{ DNS_AAAA, "AAAA" },
		{ DNS_MX, "MX" },
		{ DNS_PTR, "PTR" },
		{ DNS_TXT, "TXT" },
		{ DNS_NS, "NS" },
		{ DNS_CNAME, "CNAME" },
		{ DNS_SOA, "SOA" },
		{ DNS_SRV, "SRV" },
		{ DNS_TLSA, "TLSA" },
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (words[i].type == type)
			return words[i].word;
	return "unknown";
}

static bool
is_host_type(int64_t type)
{
	return type == DNS_MX || type == DNS_NS || type == DNS_PTR || type == DNS_CNAME ||
	    type == DNS_SRV;
}

void
dns_record_print(struct str *out, const struct dns_record *record)
{
	str_addf(out, "%.*s. %lld IN %s ", SPAN_ARG(record->name), (long long) record->ttl,
	    dns_type_word(record->type));
	if (record->type == DNS_SOA) {
		str_add_str(out, "- - - - - - -");
		return;
	}
	if (record->type == DNS_MX || record->type == DNS_SRV)
		str_addf(out, "%lld ", (long long) record->preference);
	if (record->type == DNS_SRV)
		str_addf(out, "%lld %lld ", (long long) record->weight, (long long) record->port);
	str_add(out, record->data);
	if (is_host_type(record->type))
		str_add_char(out, '.');
}
