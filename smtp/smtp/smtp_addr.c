/* SPDX-License-Identifier: ISC */
/*
 * Addresses of a destination, all of them through dnsd: one request for the MX records, one for the
 * addresses of all their hosts. A host that cannot be looked up now counts only when no other has
 * an address.
 */
#include "smtp/smtp/smtp_addr.h"

#include "lib/net/dns_filter.h"
#include "lib/sys/log.h"
#include "lib/table/ip_net.h"

#include <arpa/inet.h>
#include <sys/random.h>

/* Addresses of one MX host, or of the destination itself. */
struct search {
	struct smtp_client *client;
	struct arena *arena;
	struct smtp_hosts *hosts;
	struct err *err; /* why the last host has no address */
};

/* It may be another one later; what a filter takes out too, as its table may be mended. */
static bool
is_temporary(const struct dns_answer *answer)
{
	return answer->status == DNS_RETRY || answer->status == DNS_BOGUS || answer->is_filtered;
}

/* What a failed answer means; text as administrators know it. */
static bool
refuse_answer(const struct dns_answer *answer, struct span name, int64_t type, struct err *err)
{
	bool is_temp = is_temporary(answer);

	if (answer->is_filtered)
		return err_set(err, ERR_TEMP, answer->status == DNS_RETRY ? "4.4.3" : "4.7.0",
		    "Error looking up name=%.*s type=%s: %.*s", SPAN_ARG(name), dns_type_word(type),
		    SPAN_ARG(answer->text));
	return err_set(err, is_temp ? ERR_TEMP : ERR_PERM, is_temp ? "4.4.3" : "5.4.4",
	    "Host or domain name not found. Name service error for name=%.*s type=%s: %.*s",
	    SPAN_ARG(name), dns_type_word(type), SPAN_ARG(answer->text));
}

/* Ask dnsd; its answers have passed the filter. search: mask of dns_search for the names. */
static bool
ask(struct search *s, const struct dns_ask *how, const struct dns_question *questions, size_t count,
    struct dns_answer *answers_out)
{
	if (!dns_ask(s->client->program, how, questions, count, s->arena, answers_out, s->err))
		return false;
	for (size_t i = 0; i < count; i++)
		dns_filter_answer(s->client->maps.dns_filter, &answers_out[i]);
	return true;
}

/* One question about a mail domain. */
static bool
ask_one(struct search *s, const struct dns_question *question, struct dns_answer *answer_out)
{
	return ask(s, &(struct dns_ask){ 0 }, question, 1, answer_out);
}

/* Text that is an address already needs no look-up. */
static bool
add_literal(struct search *s, struct span name, int64_t preference)
{
	const char *text = arena_cstr(s->arena, name);
	unsigned char bytes[16];
	bool is_six = inet_pton(AF_INET6, text, bytes) == 1;

	if (!is_six && inet_pton(AF_INET, text, bytes) != 1)
		return false;
	*ARRAY_ADD(s->arena, &s->hosts->list) = (struct smtp_host){
		.name = name, .address = name, .is_ipv6 = is_six, .preference = preference
	};
	return true;
}

/* Addresses of the host that an MX or SRV record names. */
static void
add_records(struct search *s, const struct dns_record *name, const struct dns_answer *answer)
{
	const struct dns_record *records = answer->records.items;

	for (size_t i = 0; i < answer->records.count; i++)
		*ARRAY_ADD(s->arena, &s->hosts->list) = (struct smtp_host){ .name = name->data,
			.address = records[i].data,
			.is_ipv6 = records[i].type == DNS_AAAA,
			.preference = name->preference,
			.weight = name->weight,
			.port = (uint16_t) name->port };
}

/* Which address records are asked for. */
static size_t
address_types(const struct smtp_client *client, int64_t types[2])
{
	size_t count = 0;

	if (client->use_ipv4)
		types[count++] = DNS_A;
	if (client->use_ipv6)
		types[count++] = DNS_AAAA;
	return count;
}

/* Keep a failure; a temporary one is not replaced by a permanent one. */
static void
note_failure(struct search *s, const struct dns_answer *answer, struct span name, int64_t type)
{
	if (s->err->class == ERR_TEMP && !is_temporary(answer))
		return;
	(void) refuse_answer(answer, name, type, s->err);
}

/* Names of MX and SRV records in their order of preference: when none has an address, the last one's fault is told. */
static int
compare_names(const void *a, const void *b)
{
	const struct dns_record *one = a, *two = b;

	return (one->preference > two->preference) - (one->preference < two->preference);
}

/* Look up all names at once. returns false when dnsd cannot be asked. */
static bool
find_addresses(struct search *s, struct dns_record *names, size_t count)
{
	int64_t types[2];
	size_t per_name = address_types(s->client, types), total = count * per_name;
	struct dns_question *questions = ARENA_ARRAY(s->arena, struct dns_question, total);
	struct dns_answer *answers = ARENA_ARRAY(s->arena, struct dns_answer, total);
	const struct dns_ask how = {
		.use_hosts = strstr(s->client->conf->host_lookup, "native") != NULL,
		.search = s->client->name_search,
	};

	if (total == 0)
		return true;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < total; i++)
		questions[i] = (struct dns_question){ names[i / per_name].data,
			types[i % per_name] };
	if (!ask(s, &how, questions, total, answers))
		return false;
	for (size_t i = 0; i < total; i++) {
		const struct dns_record *name = &names[i / per_name];

		if (answers[i].status == DNS_FOUND)
			add_records(s, name, &answers[i]);
		else
			note_failure(s, &answers[i], name->data, questions[i].type);
	}
	return true;
}

/* The host itself: its addresses. */
static bool
find_host(struct search *s, struct span name)
{
	struct dns_record record = { .data = name };

	if (add_literal(s, name, 0))
		return true;
	return find_addresses(s, &record, 1) && s->hosts->list.count > 0;
}

/* An address of ours. */
static bool
is_own(const struct smtp_client *client, const struct smtp_host *host)
{
	struct span rest = span_of(client->own_addresses), item;
	struct ip_net own, address;

	if (!ip_parse(host->address, &address))
		return false;
	while (span_token(&rest, ", \t\r\n", &item))
		if (ip_net_parse(item, &own, NULL) && ip_net_has(&own, &address))
			return true;
	return false;
}

/* This host among the MX hosts: only better ones may be used. */
static bool
drop_from_self_on(struct search *s, struct span domain)
{
	struct smtp_host *list = s->hosts->list.v;
	int64_t own_preference = INT64_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < s->hosts->list.count; i++)
		if (is_own(s->client, &list[i]) && list[i].preference < own_preference)
			own_preference = list[i].preference;
	for (size_t i = 0; i < s->hosts->list.count; i++)
		if (list[i].preference < own_preference)
			list[kept++] = list[i];
	s->hosts->list.count = kept;
	if (kept > 0)
		return true;
	return err_set(
	    s->err, ERR_PERM, "5.4.6", "mail for %.*s loops back to myself", SPAN_ARG(domain));
}

/* MX records must name hosts; those that hold an address are used all the same. returns how many names are left */
static size_t
add_numeric(struct search *s, struct span domain, const struct dns_answer *answer)
{
	struct dns_record *records = answer->records.items;
	size_t left = 0;

	for (size_t i = 0; i < answer->records.count; i++) {
		if (!add_literal(s, records[i].data, records[i].preference)) {
			records[left++] = records[i];
			continue;
		}
		log_warn("numeric domain name in resource data of MX record for %.*s: %.*s",
		    SPAN_ARG(domain), SPAN_ARG(records[i].data));
	}
	return left;
}

/* The domain's MX hosts. */
static bool
use_mx_records(
    struct search *s, struct span domain, const struct dns_answer *answer, bool see_loops)
{
	struct dns_record *records = answer->records.items;

	if (answer->records.count == 1 && records[0].data.len == 0)
		return err_set(s->err, ERR_PERM, "5.1.0",
		    "Domain %.*s does not accept mail (nullMX)", SPAN_ARG(domain));
	if (!find_addresses(s, records, add_numeric(s, domain, answer)))
		return false;
	if (s->hosts->list.count == 0) {
		log_warn("no MX host for %.*s has a valid address record", SPAN_ARG(domain));
		if (s->err->class == ERR_PERM && s->client->conf->defer_if_no_mx_address_found)
			(void) err_set(
			    s->err, ERR_TEMP, "4.4.4", "%s", arena_strdup(s->arena, s->err->text));
		return false;
	}
	return !see_loops || drop_from_self_on(s, domain);
}

/* A mail domain: its MX hosts, or itself when it has none. */
static bool
find_domain(struct search *s, struct span domain, bool see_loops)
{
	const struct dns_question question = { domain, DNS_MX };
	struct dns_answer answer;

	if (!ask_one(s, &question, &answer))
		return false;
	if (answer.is_filtered)
		return refuse_answer(&answer, domain, DNS_MX, s->err);
	switch ((enum dns_status) answer.status) {
	case DNS_FOUND:
		return use_mx_records(s, domain, &answer, see_loops);
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		return find_host(s, domain) && (!see_loops || drop_from_self_on(s, domain));
	case DNS_RETRY:
	case DNS_BOGUS:
		if (s->client->common.ignore_mx_lookup_error)
			return find_host(s, domain);
		break;
	case DNS_INVALID:
		break;
	}
	return refuse_answer(&answer, domain, DNS_MX, s->err);
}

/* The service's hosts, by SRV records (RFC 2782). is_absent_out: there are none, ask for the domain instead. */
static bool
find_service(struct search *s, const struct smtp_dest *dest, bool *is_absent_out)
{
	const struct smtp_common_conf *conf = &s->client->common;
	const struct dns_question question = { span_of(arena_printf(s->arena, "_%.*s._tcp.%.*s",
						   SPAN_ARG(dest->service),
						   SPAN_ARG(dest->host))),
		DNS_SRV };
	struct dns_record *records;
	struct dns_answer answer;
	bool is_temp;

	*is_absent_out = false;
	if (!ask_one(s, &question, &answer))
		return false;
	if (answer.status == DNS_FOUND) {
		records = answer.records.items;
		s->hosts->has_weights = true;
		if (answer.records.count == 1 && records[0].data.len == 0)
			return err_set(s->err, ERR_PERM, "5.1.0",
			    "Domain %.*s does not offer the service %.*s (null SRV)",
			    SPAN_ARG(dest->host), SPAN_ARG(dest->service));
		return find_addresses(s, records, answer.records.count) && s->hosts->list.count > 0;
	}
	is_temp = is_temporary(&answer);
	*is_absent_out = is_temp ? conf->ignore_srv_lookup_error : conf->allow_srv_lookup_fallback;
	return refuse_answer(&answer, question.name, DNS_SRV, s->err);
}

/* use_srv_lookup names the service. */
static bool
uses_srv(const struct smtp_client *client, const struct smtp_dest *dest)
{
	struct span rest = span_of(client->common.use_srv_lookup), word;

	while (dest->service.len > 0 && span_token(&rest, ", \t\r\n", &word))
		if (span_eq_ci(word, dest->service))
			return true;
	return false;
}

/* A next hop without brackets. */
static bool
find_site(struct search *s, const struct smtp_dest *dest, bool see_loops)
{
	bool is_absent = true;

	if (uses_srv(s->client, dest) && find_service(s, dest, &is_absent))
		return true;
	if (!is_absent)
		return false;
	err_clear(s->err);
	return find_domain(s, dest->host, see_loops);
}

bool
smtp_hosts_find(struct smtp_client *client, const struct smtp_dest *dest, bool see_loops,
    struct arena *arena, struct smtp_hosts *hosts_out, struct err *err)
{
	struct search s = { client, arena, hosts_out, err };
	bool use_mx = dest->use_mx && !client->common.disable_dns_lookups;
	uint64_t seed = 0;

	*hosts_out = (struct smtp_hosts){ .list = { 0 } };
	err_clear(err);
	if (!(use_mx ? find_site(&s, dest, see_loops) : find_host(&s, dest->host)))
		return false;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t) sizeof(seed))
		seed = (uint64_t) (uintptr_t) hosts_out;
	smtp_hosts_order(client->conf, hosts_out, seed);
	err_clear(err);
	return true;
}

/* ---- Order ---- */

static uint64_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static void
swap_hosts(struct smtp_host *a, struct smtp_host *b)
{
	struct smtp_host t = *a;

	*a = *b;
	*b = t;
}

static void
shuffle(struct smtp_host *list, size_t count, uint64_t seed)
{
	for (size_t i = count; i > 1; i--)
		swap_hosts(&list[i - 1], &list[next_random(&seed) % i]);
}

/* RFC 2782: among those that are left the next one is drawn by weight; a weight of 0 has a small chance. */
static void
shuffle_by_weight(struct smtp_host *list, size_t count, uint64_t seed)
{
	for (size_t i = 0; i + 1 < count; i++) {
		uint64_t total = 0, drawn;
		size_t chosen = i;

		for (size_t j = i; j < count; j++)
			total += (uint64_t) list[j].weight + 1;
		for (drawn = next_random(&seed) % total; drawn > (uint64_t) list[chosen].weight;
		     chosen++)
			drawn -= (uint64_t) list[chosen].weight + 1;
		swap_hosts(&list[i], &list[chosen]);
	}
}

/* Which comes first: the lower preference, then the preferred family. 0 keeps the order. */
static int
compare(const struct smtp_host *a, const struct smtp_host *b, int first_family)
{
	if (a->preference != b->preference)
		return a->preference < b->preference ? -1 : 1;
	if (first_family == 0 || a->is_ipv6 == b->is_ipv6)
		return 0;
	return a->is_ipv6 == (first_family == 6) ? -1 : 1;
}

/* Stable. */
static void
sort_hosts(struct smtp_host *list, size_t count, int first_family)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && compare(&list[j - 1], &list[j], first_family) > 0; j--)
			swap_hosts(&list[j - 1], &list[j]);
}

static size_t
count_family(const struct smtp_host *list, size_t count, bool is_ipv6)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += list[i].is_ipv6 == is_ipv6;
	return found;
}

/* Neither family may push the other out of the first `limit`: half of them at least are kept for each. */
static void
balance(struct smtp_host *list, size_t count, size_t limit)
{
	size_t four = count_family(list, count, false), six = count - four, kept[2] = { 0, 0 },
	       allowed[2], used = 0;

	allowed[0] = four < limit / 2 ? four : limit / 2;
	allowed[1] = six < limit - allowed[0] ? six : limit - allowed[0];
	allowed[0] = four < limit - allowed[1] ? four : limit - allowed[1];
	for (size_t i = 0; i < count; i++) {
		size_t family = list[i].is_ipv6 ? 1 : 0;

		if (kept[family]++ < allowed[family])
			list[used++] = list[i];
	}
}

void
smtp_hosts_order(const struct smtp_conf *conf, struct smtp_hosts *hosts, uint64_t seed)
{
	size_t limit = conf->mx_address_limit > 0 ? (size_t) conf->mx_address_limit : SIZE_MAX;
	int family = strcmp(conf->address_preference, "ipv4") == 0 ? 4
	    : strcmp(conf->address_preference, "ipv6") == 0        ? 6
								   : 0;

	if (hosts->has_weights)
		shuffle_by_weight(hosts->list.v, hosts->list.count, seed);
	else if (conf->randomize_addresses)
		shuffle(hosts->list.v, hosts->list.count, seed);
	sort_hosts(hosts->list.v, hosts->list.count, family);
	if (hosts->list.count <= limit)
		return;
	if (family == 0 && conf->balance_inet_protocols)
		balance(hosts->list.v, hosts->list.count, limit);
	hosts->list.count = limit;
}
