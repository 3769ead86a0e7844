/* SPDX-License-Identifier: ISC */
/* Domains that end here. A name in inet_interfaces or proxy_interfaces is resolved once, when they are opened. */
#include "lib/route/own_domains.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/base/array.h"
#include "lib/mail/addr.h"
#include "lib/sys/mail_conf.h"
#include "lib/table/match_list.h"

enum { OWN_ARENA_BYTES = 1 << 20 };

struct own_domains {
	struct arena *arena;
	const struct mail_conf *mail;
	struct match_list *mydestination;
	ARRAY(struct addr_ip) ips;
};

/* Add one socket address. */
static void
add_address(struct own_domains *own, const struct sockaddr *sa)
{
	struct addr_ip *ip;

	if (sa == NULL || (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
		return;
	ip = ARRAY_ADD(own->arena, &own->ips);
	ip->version = sa->sa_family == AF_INET ? 4 : 6;
	if (ip->version == 4)
		memcpy(ip->bytes, &((const struct sockaddr_in *) (const void *) sa)->sin_addr, 4);
	else
		memcpy(ip->bytes, &((const struct sockaddr_in6 *) (const void *) sa)->sin6_addr, 16);
}

/* All addresses of all interfaces. */
static bool
add_interfaces(struct own_domains *own, struct err *err)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return err_temp_errno(err, "list this host's interfaces");
	for (struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
		add_address(own, one->ifa_addr);
	freeifaddrs(all);
	return true;
}

/* The addresses of a name, or an address with or without brackets. */
static bool
add_name(struct own_domains *own, const char *parameter, struct span word, struct err *err)
{
	const char *name = arena_cstr(own->arena, span_trim_set(word, "[]"));
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all;
	int failed = getaddrinfo(name, NULL, &hints, &all);

	if (failed != 0)
		return err_config(err, "parameter %s: host \"%s\": %s", parameter, name, gai_strerror(failed));
	for (struct addrinfo *one = all; one != NULL; one = one->ai_next)
		add_address(own, one->ai_addr);
	freeaddrinfo(all);
	return true;
}

/* One list parameter. */
static bool
add_words(struct own_domains *own, const char *parameter, const char *text, struct err *err)
{
	struct span rest = span_of(text), word;

	while (span_token(&rest, ", \t\r\n", &word)) {
		bool ok;

		if (span_eq_str_ci(word, "all"))
			ok = add_interfaces(own, err);
		else if (span_eq_str_ci(word, "loopback-only"))
			ok = add_name(own, parameter, SPAN("127.0.0.1"), err) && add_name(own, parameter, SPAN("::1"), err);
		else
			ok = add_name(own, parameter, word, err);
		if (!ok)
			return false;
	}
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
own_domains_has_address(const struct own_domains *own, struct span ip_text)
{
	struct addr_ip ip = { 0 };

	if (!parse_ip(ip_text, &ip))
		return false;
	for (size_t i = 0; i < own->ips.count; i++)
		if (own->ips.v[i].version == ip.version
		    && memcmp(own->ips.v[i].bytes, ip.bytes, ip.version == 4 ? 4 : 16) == 0)
			return true;
	return false;
}

/* Open the list and find the addresses. */
struct own_domains *
own_domains_open(const struct table_env *env, const struct mail_conf *mail, struct err *err)
{
	struct arena *arena = arena_new("own domains", OWN_ARENA_BYTES);
	struct own_domains *own = ARENA_NEW(arena, struct own_domains);
	unsigned flags = TABLE_FOLD | (mail->smtputf8_enable ? TABLE_UTF8 : 0);

	own->arena = arena;
	own->mail = mail;
	own->mydestination = match_list_open(env, "mydestination", mail->mydestination, MATCH_STRING, flags, err);
	if (own->mydestination == NULL || !add_words(own, "inet_interfaces", mail->inet_interfaces, err)
	    || !add_words(own, "proxy_interfaces", mail->proxy_interfaces, err))
		own_domains_close(&own);
	return own;
}

/* Close it if it is open. */
void
own_domains_close(struct own_domains **own)
{
	struct own_domains *old = *own;
	struct arena *arena;

	*own = NULL;
	if (old == NULL)
		return;
	match_list_close(&old->mydestination);
	arena = old->arena;
	arena_free(&arena);
}

/* The list, then the literals. */
enum lookup
own_domains_find(struct own_domains *own, struct span domain, struct err *err)
{
	enum lookup found = match_list_has(own->mydestination, domain, span_make(NULL, 0), err);
	bool is_literal = domain.len > 0 && domain.p[0] == '[';

	return found == LOOKUP_NONE && is_literal && own_domains_has_address(own, domain) ? LOOKUP_FOUND : found;
}

/* Without the reason of a failure. */
bool
own_domains_has(struct own_domains *own, struct span domain)
{
	return own_domains_find(own, domain, NULL) == LOOKUP_FOUND;
}

/* $myorigin counts too. */
bool
own_domains_has_bare_users(struct own_domains *own, struct span domain)
{
	return span_eq_str_ci(domain, own->mail->myorigin) || own_domains_has(own, domain);
}
