/* SPDX-License-Identifier: ISC */
/* Name servers: resolv.conf and its parameter. Addresses are numbers only, so nothing is asked here. */
#include "master/dnsd/dns_servers.h"

#include "lib/sys/clock.h"

#include <netdb.h>
#include <netinet/in.h>

enum {
	TIMEOUT_DEFAULT_S = 5,
	TIMEOUT_MAX_S = 30,
	ATTEMPTS_DEFAULT = 2,
	ATTEMPTS_MAX = 5,
	TEXT_MAX = 100
};

static bool
is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *four = (const void *) address;
	const struct sockaddr_in6 *six = (const void *) address;

	if (address->ss_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

/* Add a server given by address and port as text. returns false when they are none, or there is no room. */
static bool
add_server(struct dns_servers *servers, struct span host, struct span port)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_DGRAM };
	char host_text[TEXT_MAX], port_text[TEXT_MAX];
	struct dns_server *server = &servers->list[servers->count];
	struct addrinfo *found = NULL;

	if (servers->count == DNS_SERVERS_MAX || host.len == 0 || host.len >= TEXT_MAX ||
	    port.len >= TEXT_MAX)
		return false;
	snprintf(host_text, sizeof(host_text), "%.*s", SPAN_ARG(host));
	snprintf(port_text, sizeof(port_text), "%.*s", SPAN_ARG(port));
	if (getaddrinfo(host_text, port_text, &hints, &found) != 0 || found == NULL)
		return false;
	*server = (struct dns_server){ .address_len = found->ai_addrlen };
	memcpy(&server->address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	server->is_trusted = servers->trust_ad || is_loopback(&server->address);
	servers->count++;
	return true;
}

/* "name:number", limited as the C library does. */
static bool
take_number(struct span option, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
	struct span start = span_of(name);

	if (!span_starts_with(option, start) ||
	    !span_to_u64(span_from(option, start.len), INT32_MAX, out))
		return false;
	*out = *out < min ? min : *out > max ? max : *out;
	return true;
}

static void
read_option(struct span option, struct dns_servers *out)
{
	uint64_t number;

	if (take_number(option, "timeout:", 1, TIMEOUT_MAX_S, &number))
		out->timeout_us = (int64_t) number * CLOCK_SECOND_US;
	else if (take_number(option, "attempts:", 1, ATTEMPTS_MAX, &number))
		out->attempts = (int) number;
	else if (span_eq_str(option, "rotate"))
		out->rotate = true;
	else if (span_eq_str(option, "use-vc"))
		out->use_tcp = true;
	else if (span_eq_str(option, "trust-ad"))
		out->trust_ad = true;
}

void
dns_servers_read(struct span resolv_conf, struct dns_servers *out)
{
	struct span line, word;

	*out = (struct dns_servers){ .timeout_us = TIMEOUT_DEFAULT_S * CLOCK_SECOND_US,
		.attempts = ATTEMPTS_DEFAULT };
	while (span_cut(&resolv_conf, '\n', &line)) {
		if (line.len == 0 || strchr("#;", line.p[0]) != NULL ||
		    !span_token(&line, " \t\r", &word))
			continue;
		if (span_eq_str(word, "nameserver") && span_token(&line, " \t\r", &word))
			(void) add_server(out, word, SPAN("53"));
		else if (span_eq_str(word, "options"))
			while (span_token(&line, " \t\r", &word))
				read_option(word, out);
	}
	if (out->count == 0)
		(void) add_server(out, SPAN("127.0.0.1"), SPAN("53"));
	for (size_t i = 0; i < out->count; i++)
		out->list[i].is_trusted = out->list[i].is_trusted || out->trust_ad;
}

/* "address", "address:port", "[address]", "[address]:port": taken apart. */
static bool
split_server(struct span item, struct span *host_out, struct span *port_out)
{
	size_t colon = span_find(item, ':');

	*port_out = SPAN("53");
	*host_out = item;
	if (item.len > 0 && item.p[0] == '[') {
		size_t end = span_find(item, ']');
		struct span rest = span_from(item, end + 1);

		if (end == item.len || (rest.len > 0 && rest.p[0] != ':'))
			return false;
		*host_out = span_slice(item, 1, end);
		if (rest.len > 0)
			*port_out = span_from(rest, 1);
	} else if (colon < item.len && colon == span_rfind(item, ':')) {
		*host_out = span_slice(item, 0, colon);
		*port_out = span_from(item, colon + 1);
	}
	return port_out->len > 0;
}

bool
dns_servers_replace(struct span list, struct dns_servers *servers, struct err *err)
{
	struct span rest = list, item, host, port;

	servers->count = 0;
	while (span_token(&rest, ", \t\r\n", &item))
		if (!split_server(item, &host, &port) || !add_server(servers, host, port))
			return err_config(err,
			    "dns_servers: \"%.*s\": expected address, address:port or [address]:port; "
			    "at most %d of them",
			    SPAN_ARG(item), DNS_SERVERS_MAX);
	return servers->count > 0 ||
	    err_config(err, "dns_servers: no server in \"%.*s\"", SPAN_ARG(list));
}
