/* SPDX-License-Identifier: ISC */
/* Who is the client? Addresses from the socket, names from dnsd, rights from match lists. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "smtpd/smtpd/smtpd_peer.h"
#include "lib/mail/addr.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_dns.h"
#include "smtpd/smtpd/smtpd_session.h"

static const struct span unknown = SPAN_INIT("unknown");

/* Text form of an address and its port; IPv4 in IPv6's clothes is IPv4. */
static bool
peer_text(struct session *s, const struct sockaddr_storage *address, struct span *host_out,
    struct span *port_out)
{
	char host[INET6_ADDRSTRLEN];
	const void *bytes;
	unsigned port;
	int family = address->ss_family;

	if (family == AF_INET) {
		const struct sockaddr_in *in = (const void *) address;

		bytes = &in->sin_addr;
		port = ntohs(in->sin_port);
	} else if (family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *) address;
		bool is_mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);

		family = is_mapped ? AF_INET : AF_INET6;
		bytes = is_mapped ? (const void *) (in6->sin6_addr.s6_addr + 12)
				  : (const void *) &in6->sin6_addr;
		port = ntohs(in6->sin6_port);
	} else {
		return false;
	}
	if (inet_ntop(family, bytes, host, sizeof(host)) == NULL)
		return false;
	*host_out = span_of(arena_strdup(s->arena, host));
	*port_out = span_of(arena_printf(s->arena, "%u", port));
	return true;
}

/* A client on a UNIX socket (a test, a local tool) is this host. */
static void
peer_be_local(struct session *s)
{
	s->client = (struct session_client){ .name = SPAN("localhost"),
		.reverse_name = SPAN("localhost"),
		.address = SPAN("127.0.0.1"),
		.rfc_address = SPAN("127.0.0.1"),
		.port = SPAN("0"),
		.server_address = SPAN("127.0.0.1"),
		.server_port = SPAN("0") };
}

void
peer_set_address(struct session *s, struct span address)
{
	struct session_client *c = &s->client;
	bool is_v6 = span_find(address, ':') < address.len;

	c->name = c->reverse_name = unknown;
	c->name_status = c->reverse_status = NAME_PERM;
	c->address = c->rfc_address = address;
	if (is_v6)
		c->rfc_address = span_of(arena_printf(s->arena, "IPv6:%.*s", SPAN_ARG(address)));
}

bool
peer_learn(struct session *s)
{
	struct sockaddr_storage there = { 0 }, here = { 0 };
	socklen_t there_len = sizeof(there), here_len = sizeof(here);
	struct session_client *c = &s->client;
	struct span address;

	if (getpeername(stream_fd(s->stream), (struct sockaddr *) &there, &there_len) != 0 ||
	    getsockname(stream_fd(s->stream), (struct sockaddr *) &here, &here_len) != 0)
		return false;
	if (peer_text(s, &there, &address, &c->port) &&
	    peer_text(s, &here, &c->server_address, &c->server_port))
		peer_set_address(s, address);
	else
		peer_be_local(s);
	return true;
}

/* One question. */
static enum name_status
peer_ask(struct session *s, struct span name, enum dns_type type, struct dns_answer *answer_out)
{
	struct dns_question question = { .name = name, .type = type };

	smtpd_dns_ask(s, &question, 1, true, s->arena, answer_out);
	if (answer_out->status == DNS_FOUND && answer_out->records.count > 0)
		return NAME_OK;
	return answer_out->status == DNS_RETRY || answer_out->status == DNS_BOGUS ? NAME_TEMP
										  : NAME_PERM;
}

static bool
peer_has_address(const struct dns_answer *answer, struct span address)
{
	const struct dns_record *records = answer->records.items;

	for (size_t i = 0; i < answer->records.count; i++)
		if ((records[i].type == DNS_A || records[i].type == DNS_AAAA) &&
		    span_eq_ci(records[i].data, address))
			return true;
	return false;
}

/* The host name in the first PTR record; p NULL when it is no possible name. */
static struct span
peer_ptr_name(const struct dns_answer *answer)
{
	const struct dns_record *records = answer->records.items;

	for (size_t i = 0; i < answer->records.count; i++)
		if (records[i].type == DNS_PTR && addr_is_hostname(records[i].data, true))
			return records[i].data;
	return span_make(NULL, 0);
}

void
peer_resolve(struct session *s)
{
	struct session_client *c = &s->client;
	bool is_v6 = span_find(c->address, ':') < c->address.len;
	struct span reverse;
	struct dns_answer answer;
	struct span name;

	c->name = c->reverse_name = unknown;
	c->name_status = c->reverse_status = NAME_PERM;
	if (!s->smtpd->conf->peername_lookup || s->smtpd->program == NULL)
		return;
	reverse = dns_reverse_name(c->address, s->arena);
	if (reverse.len == 0)
		return;
	c->reverse_status = c->name_status = peer_ask(s, reverse, DNS_PTR, &answer);
	if (c->reverse_status != NAME_OK)
		return;
	name = peer_ptr_name(&answer);
	if (name.p == NULL) {
		c->reverse_status = c->name_status = NAME_PERM;
		return;
	}
	c->reverse_name = name;
	c->name_status = peer_ask(s, name, is_v6 ? DNS_AAAA : DNS_A, &answer);
	if (c->name_status == NAME_OK && peer_has_address(&answer, c->address)) {
		c->name = name;
		return;
	}
	log_warn(c->name_status == NAME_OK
		? "hostname %.*s does not resolve to address %.*s"
		: "hostname %.*s does not resolve to address %.*s: lookup failed",
	    SPAN_ARG(name), SPAN_ARG(c->address));
	if (c->name_status == NAME_OK)
		c->name_status = NAME_PERM;
}

static bool
peer_is_on(struct session *s, struct match_list *list)
{
	struct err err = { 0 };

	return match_list_has(list, s->client.name, s->client.address, &err) == LOOKUP_FOUND;
}

static bool
peer_address_is_on(struct session *s, struct match_list *list)
{
	struct err err = { 0 };

	return match_list_has(list, s->client.address, s->client.address, &err) == LOOKUP_FOUND;
}

void
peer_apply_lists(struct session *s)
{
	char unknown_words[200];
	struct str words;
	struct err err = { 0 };

	s->may_xclient = peer_is_on(s, s->smtpd->xclient_hosts);
	s->may_xforward = peer_is_on(s, s->smtpd->xforward_hosts);
	s->may_verp = peer_is_on(s, s->smtpd->verp_clients);
	s->forbids_bare_newline = s->smtpd->bare_newline != BARE_NEWLINE_ALLOW &&
	    !peer_address_is_on(s, s->smtpd->bare_newline_exceptions);
	s->ehlo_discard = s->smtpd->ehlo_discard;
	str_init(&words, 1000);
	if (maps_get(s->smtpd->ehlo_discard_by_address, s->client.address, 0, &words, &err) ==
	    LOOKUP_FOUND)
		s->ehlo_discard = smtpd_ehlo_mask(
		    str_span(&words), unknown_words, sizeof(unknown_words));
	str_fini(&words);
}
