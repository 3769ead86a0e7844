/* SPDX-License-Identifier: ISC */
/*
 * The addresses on which mail reaches this host: those of inet_interfaces (all: of every interface)
 * and of proxy_interfaces. Read once, before privileges are dropped; a host that gets a new address
 * is told by a reload.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/base/array.h"
#include "lib/route/route_int.h"

struct own_list {
	struct arena *arena;
	ARRAY(struct addr_ip) ips;
};

/* Add one socket address. */
static void
add_address(struct own_list *list, const struct sockaddr *sa)
{
	struct addr_ip *ip;

	if (sa == NULL || (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
		return;
	ip = ARRAY_ADD(list->arena, &list->ips);
	ip->version = sa->sa_family == AF_INET ? 4 : 6;
	if (ip->version == 4)
		memcpy(ip->bytes, &((const struct sockaddr_in *) (const void *) sa)->sin_addr, 4);
	else
		memcpy(ip->bytes, &((const struct sockaddr_in6 *) (const void *) sa)->sin6_addr, 16);
}

/* All addresses of all interfaces. */
static bool
add_interfaces(struct own_list *list, struct err *err)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return err_temp_errno(err, "list this host's interfaces");
	for (struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
		add_address(list, one->ifa_addr);
	freeifaddrs(all);
	return true;
}

/* The addresses of a name, or an address with or without brackets. */
static bool
add_name(struct own_list *list, const char *parameter, struct span word, struct err *err)
{
	const char *name = arena_cstr(list->arena, span_trim_set(word, "[]"));
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all;
	int failed = getaddrinfo(name, NULL, &hints, &all);

	if (failed != 0)
		return err_config(err, "parameter %s: host \"%s\": %s", parameter, name, gai_strerror(failed));
	for (struct addrinfo *one = all; one != NULL; one = one->ai_next)
		add_address(list, one->ai_addr);
	freeaddrinfo(all);
	return true;
}

/* One list parameter. */
static bool
add_words(struct own_list *list, const char *parameter, const char *text, struct err *err)
{
	struct span rest = span_of(text), word;

	while (span_token(&rest, ", \t\r\n", &word)) {
		bool ok;

		if (span_eq_str_ci(word, "all"))
			ok = add_interfaces(list, err);
		else if (span_eq_str_ci(word, "loopback-only"))
			ok = add_name(list, parameter, SPAN("127.0.0.1"), err) && add_name(list, parameter, SPAN("::1"), err);
		else
			ok = add_name(list, parameter, word, err);
		if (!ok)
			return false;
	}
	return true;
}

/* Fill route->own. */
bool
route_load_own(struct route *route, struct err *err)
{
	struct own_list list = { .arena = route->arena };

	if (!add_words(&list, "inet_interfaces", route->mail->inet_interfaces, err)
	    || !add_words(&list, "proxy_interfaces", route->mail->proxy_interfaces, err))
		return false;
	route->own = list.ips.v;
	route->own_count = list.ips.count;
	return true;
}

/* An address as text: with brackets ("[192.0.2.1]", "[IPv6:...]") or without. */
static bool
parse_ip(struct span text, struct addr_ip *ip)
{
	char buffer[INET6_ADDRSTRLEN];

	if (text.len > 0 && text.p[0] == '[')
		return addr_literal_parse(text, ip);
	if (text.len >= sizeof(buffer))
		return false;
	snprintf(buffer, sizeof(buffer), "%.*s", SPAN_ARG(text));
	ip->version = 4;
	if (inet_pton(AF_INET, buffer, ip->bytes) == 1)
		return true;
	ip->version = 6;
	return inet_pton(AF_INET6, buffer, ip->bytes) == 1;
}

/* Compare with all of ours. */
bool
route_is_own_address(struct route *route, struct span ip_text)
{
	struct addr_ip ip = { 0 };

	if (!parse_ip(ip_text, &ip))
		return false;
	for (size_t i = 0; i < route->own_count; i++)
		if (route->own[i].version == ip.version
		    && memcmp(route->own[i].bytes, ip.bytes, ip.version == 4 ? 4 : 16) == 0)
			return true;
	return false;
}
