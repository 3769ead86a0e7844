/* SPDX-License-Identifier: ISC */
/* The networks of this host's interfaces: what mynetworks is by default. */
#include "lib/sys/mail_net.h"

#include "lib/base/str.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

enum net_style { NET_HOST, NET_SUBNET, NET_CLASS };

/* One interface address in network order. */
struct net_addr {
	int family;
	unsigned char bytes[16];
	size_t len;
	unsigned prefix;
};

static enum net_style
net_parse_style(const char *style)
{
	if (strcmp(style, "subnet") == 0)
		return NET_SUBNET;
	return strcmp(style, "class") == 0 ? NET_CLASS : NET_HOST;
}

/* Copy the address bytes out of a socket address; false for other families. */
static bool
net_bytes_of(const struct sockaddr *sa, unsigned char *bytes, size_t *len_out)
{
	if (sa == NULL)
		return false;
	if (sa->sa_family == AF_INET) {
		memcpy(bytes, &((const struct sockaddr_in *) (const void *) sa)->sin_addr, 4);
		*len_out = 4;
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(bytes, &((const struct sockaddr_in6 *) (const void *) sa)->sin6_addr, 16);
		*len_out = 16;
		return true;
	}
	return false;
}

static unsigned
net_count_bits(const unsigned char *mask, size_t len)
{
	unsigned bits = 0;

	for (size_t i = 0; i < len * 8 && (mask[i / 8] & (0x80 >> (i % 8))) != 0; i++)
		bits++;
	return bits;
}

static unsigned
net_class_prefix(const struct net_addr *a)
{
	if (a->len != 4)
		return (unsigned) a->len * 8;
	return a->bytes[0] < 128 ? 8 : a->bytes[0] < 192 ? 16 : a->bytes[0] < 224 ? 24 : 32;
}

/*
 * inet_interfaces: all, loopback-only, or a list that holds this address (names are not looked
 * up).
 */
static bool
net_is_wanted(const struct ifaddrs *i, const struct net_addr *a, const char *interfaces)
{
	char text[INET6_ADDRSTRLEN];
	struct span list = span_of(interfaces), item;

	if (strcasecmp(interfaces, "all") == 0)
		return true;
	if (strcasecmp(interfaces, "loopback-only") == 0)
		return (i->ifa_flags & IFF_LOOPBACK) != 0;
	if (inet_ntop(a->family, a->bytes, text, sizeof(text)) == NULL)
		return false;
	while (span_token(&list, ", \t\r\n", &item)) {
		item = span_trim_set(item, "[]");
		if (span_eq_str_ci(item, text) || span_eq_str_ci(item, "all"))
			return true;
		if (span_eq_str_ci(item, "localhost") && (i->ifa_flags & IFF_LOOPBACK) != 0)
			return true;
	}
	return false;
}

static bool
net_has_protocol(const struct net_addr *a, const char *protocols)
{
	struct span list = span_of(protocols), item;

	while (span_token(&list, ", \t\r\n", &item))
		if (span_eq_str_ci(item, "all") ||
		    span_eq_str_ci(item, a->len == 4 ? "ipv4" : "ipv6"))
			return true;
	return false;
}

/* An interface's address with the prefix that the style gives it. */
static bool
net_read_interface(const struct ifaddrs *i, enum net_style style, struct net_addr *a)
{
	unsigned char mask[16];
	size_t mask_len;

	if ((i->ifa_flags & IFF_UP) == 0 || !net_bytes_of(i->ifa_addr, a->bytes, &a->len))
		return false;
	a->family = i->ifa_addr->sa_family;
	a->prefix = (unsigned) a->len * 8;
	if (style == NET_SUBNET && net_bytes_of(i->ifa_netmask, mask, &mask_len) &&
	    mask_len == a->len)
		a->prefix = net_count_bits(mask, mask_len);
	else if (style == NET_CLASS)
		a->prefix = net_class_prefix(a);
	return true;
}

/* The network as text, once. */
static void
net_add(struct str *list, struct net_addr *a)
{
	char host[INET6_ADDRSTRLEN], net[INET6_ADDRSTRLEN + 8];

	for (unsigned bit = a->prefix; bit < a->len * 8; bit++)
		a->bytes[bit / 8] &= (unsigned char) ~(0x80 >> (bit % 8));
	if (inet_ntop(a->family, a->bytes, host, sizeof(host)) == NULL)
		return;
	(void) snprintf(net, sizeof(net), a->len == 4 ? "%s/%u" : "[%s]/%u", host, a->prefix);

	struct span have = str_span(list), item;
	while (span_token(&have, " ", &item))
		if (span_eq_str(item, net))
			return;
	(void) str_addf(list, "%s%s", list->len == 0 ? "" : " ", net);
}

const char *
mail_net_of_style(
    const char *style, const char *interfaces, const char *protocols, struct arena *arena)
{
	struct str list CLEANUP(str_fini);
	struct ifaddrs *all = NULL;

	str_init(&list, 65536);
	if (getifaddrs(&all) < 0)
		return "127.0.0.1/32";
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		struct net_addr a;

		if (net_read_interface(i, net_parse_style(style), &a) &&
		    net_has_protocol(&a, protocols) && net_is_wanted(i, &a, interfaces))
			net_add(&list, &a);
	}
	freeifaddrs(all);
	return arena_cstr(arena, str_span(&list));
}
