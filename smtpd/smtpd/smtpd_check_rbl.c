/* SPDX-License-Identifier: ISC */
/* Block and allow lists in the DNS, by address (RBL) and by domain (RHSBL). RFC 5782. */
#include "lib/mail/addr.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_check.h"
#include "smtpd/smtpd/smtpd_dns.h"
#include "smtpd/smtpd/smtpd_macro.h"
#include "smtpd/smtpd/smtpd_rbl.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { RBL_REASON_MAX = 500, RBL_REPLY_MAX = 4096 };

/* What a list says of one thing. */
struct rbl {
	struct span domain, filter; /* "list.example", "127.0.0.2" */
	struct span what;           /* an address or a domain, for the reply */
	const char *class;
	struct span reason;
	const char *code;
};

enum rbl_listing { RBL_NOT_LISTED, RBL_LISTED, RBL_UNKNOWN };

/* The name to ask for: the address with its parts reversed, below the list. Empty: not possible. */
static struct span
rbl_address_query(struct session *s, struct span address, struct span domain)
{
	struct span reverse = dns_reverse_name(address, s->scratch);
	size_t cut = span_search(reverse, SPAN("in-addr.arpa"));

	if (cut == reverse.len)
		cut = span_search(reverse, SPAN("ip6.arpa"));
	if (cut == reverse.len)
		return span_make(NULL, 0);
	return span_of(arena_printf(
	    s->scratch, "%.*s%.*s", SPAN_ARG(span_slice(reverse, 0, cut)), SPAN_ARG(domain)));
}

static bool
rbl_answer_counts(const struct rbl *rbl, const struct dns_answer *answer)
{
	const struct dns_record *records = answer->records.items;

	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->records.count; i++)
		if (records[i].type == DNS_A &&
		    (rbl->filter.len == 0 || rbl_filter_matches(rbl->filter, records[i].data)))
			return true;
	return false;
}

/* Ask for the listing and its reason at once. */
static enum rbl_listing
rbl_ask(struct session *s, struct rbl *rbl, struct span query)
{
	struct dns_question questions[] = {
		{ .name = query, .type = DNS_A },
		{ .name = query, .type = DNS_TXT },
	};
	struct dns_answer answers[COUNT_OF(questions)];

	if (query.len == 0 || s->smtpd->program == NULL)
		return RBL_NOT_LISTED;
	session_flush(s);
	smtpd_dns_ask(s, questions, COUNT_OF(questions), false, s->scratch, answers);
	if (answers[0].status == DNS_RETRY || answers[0].status == DNS_BOGUS) {
		log_warn(
		    "%.*s: RBL lookup error: %.*s", SPAN_ARG(query), SPAN_ARG(answers[0].text));
		return RBL_UNKNOWN;
	}
	if (!rbl_answer_counts(rbl, &answers[0]))
		return RBL_NOT_LISTED;
	if (answers[1].status == DNS_FOUND && answers[1].records.count > 0)
		rbl->reason = span_slice(
		    ((const struct dns_record *) answers[1].records.items)[0].data, 0,
		    RBL_REASON_MAX);
	return RBL_LISTED;
}

/* "list.example" or "list.example=127.0.0.2" */
static struct rbl
rbl_read(const char *word, struct span what, const char *class)
{
	struct span text = span_of(word);
	size_t equals = span_find(text, '=');

	return (struct rbl){ .domain = span_slice(text, 0, equals),
		.filter = span_from(text, equals + 1),
		.what = what,
		.class = class };
}

static enum rbl_listing
rbl_find_address(struct session *s, struct rbl *rbl, struct span address)
{
	return rbl_ask(s, rbl, rbl_address_query(s, address, rbl->domain));
}

static enum rbl_listing
rbl_find_domain(struct session *s, struct rbl *rbl, struct span domain)
{
	if (domain.len == 0 || domain.p[0] == '[' || span_eq_str(domain, "unknown"))
		return RBL_NOT_LISTED;
	return rbl_ask(s, rbl,
	    span_of(
		arena_printf(s->scratch, "%.*s.%.*s", SPAN_ARG(domain), SPAN_ARG(rbl->domain))));
}

static struct span
rbl_macro(void *ctx, struct span name)
{
	const struct rbl *rbl = ctx;
	const struct fact {
		const char *name;
		struct span value;
	} facts[] = {
		{ "rbl_code", span_of(rbl->code) },
		{ "rbl_domain", rbl->domain },
		{ "rbl_class", span_of(rbl->class) },
		{ "rbl_what", rbl->what },
		{ "rbl_reason", rbl->reason },
		{ "rbl_txt", rbl->reason },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++)
		if (span_eq_str(name, facts[i].name))
			return facts[i].value.p != NULL ? facts[i].value : SPAN("");
	return span_make(NULL, 0);
}

/* The template for this list, expanded: "554 Service unavailable; ..." */
static void
rbl_reply_text(struct session *s, struct rbl *rbl, struct str *out)
{
	struct macro_names names = { rbl_macro, rbl };
	struct str template;
	struct err err = { 0 };

	rbl->code = arena_printf(s->scratch, "%d", s->smtpd->access->maps_rbl_reject_code);
	str_init(&template, RBL_REPLY_MAX);
	if (maps_get(s->smtpd->rbl_replies, rbl->domain, 0, &template, &err) != LOOKUP_FOUND) {
		str_clear(&template);
		str_add_str(&template, s->smtpd->access->default_rbl_reply);
	}
	macro_expand(s, str_span(&template), &names, out);
	str_fini(&template);
}

static enum verdict
rbl_refuse(struct session *s, struct rbl *rbl)
{
	enum verdict verdict;
	struct str reply;
	struct span text;
	uint64_t code;

	str_init(&reply, RBL_REPLY_MAX);
	rbl_reply_text(s, rbl, &reply);
	text = span_from(str_span(&reply), 3);
	if (!span_to_u64(span_slice(str_span(&reply), 0, 3), 599, &code) || code < 400) {
		log_warn("%.*s: block list reply does not begin with a reply code",
		    SPAN_ARG(rbl->domain));
		code = 554;
		text = SPAN("Service unavailable");
	}
	verdict = restrict_refuse(
	    s, (int) code, code < 500 ? "4.7.1" : "5.7.1", "%.*s", SPAN_ARG(span_trim(text)));
	str_fini(&reply);
	return verdict;
}

/* A list that does not answer blocks nobody. */
static enum verdict
rbl_block(struct session *s, struct rbl *rbl, enum rbl_listing listing)
{
	return listing == RBL_LISTED ? rbl_refuse(s, rbl) : VERDICT_DUNNO;
}

/* One that would have let the client in: a refusal that follows must not be final. */
static enum verdict
rbl_allow(struct session *s, const struct rbl *rbl, enum rbl_listing listing)
{
	if (listing == RBL_UNKNOWN)
		return restrict_defer_if_reject(s, "4.7.1",
		    "<%.*s>: %s rejected: Service unavailable", SPAN_ARG(rbl->what), rbl->class);
	return listing == RBL_LISTED ? VERDICT_PERMIT : VERDICT_DUNNO;
}

CHECK_FUNCTION(rbl_client)
{
	struct rbl rbl = rbl_read(step->word, s->client.address, "Client host");

	return rbl_block(s, &rbl, rbl_find_address(s, &rbl, s->client.address));
}

CHECK_FUNCTION(permit_dnswl_client)
{
	struct rbl rbl = rbl_read(step->word, s->client.address, "Client host");

	return rbl_allow(s, &rbl, rbl_find_address(s, &rbl, s->client.address));
}

CHECK_FUNCTION(permit_rhswl_client)
{
	struct rbl rbl = rbl_read(step->word, s->client.name, "Client host");

	return rbl_allow(s, &rbl, rbl_find_domain(s, &rbl, s->client.name));
}

CHECK_FUNCTION(rhsbl_client)
{
	struct rbl rbl = rbl_read(step->word, s->client.name, "Client host");

	return rbl_block(s, &rbl, rbl_find_domain(s, &rbl, s->client.name));
}

CHECK_FUNCTION(rhsbl_reverse_client)
{
	struct rbl rbl = rbl_read(step->word, s->client.reverse_name, "Unverified Client host");

	return rbl_block(s, &rbl, rbl_find_domain(s, &rbl, s->client.reverse_name));
}

CHECK_FUNCTION(rhsbl_helo)
{
	struct rbl rbl = rbl_read(step->word, s->helo, "Helo command");

	return rbl_block(s, &rbl, rbl_find_domain(s, &rbl, s->helo));
}

CHECK_FUNCTION(rhsbl_sender)
{
	struct rbl rbl = rbl_read(step->word, access_external(s, s->mail.sender), "Sender address");

	return rbl_block(
	    s, &rbl, rbl_find_domain(s, &rbl, addr_from_internal(s->mail.sender).domain));
}

CHECK_FUNCTION(rhsbl_recipient)
{
	struct rbl rbl = rbl_read(
	    step->word, access_external(s, s->mail.recipient), "Recipient address");

	return rbl_block(
	    s, &rbl, rbl_find_domain(s, &rbl, addr_from_internal(s->mail.recipient).domain));
}
