/* SPDX-License-Identifier: ISC */
/* The messages of anvil, and the form in which it knows clients. */
#include <arpa/inet.h>

#include "lib/net/anvil_client.h"

enum { ANVIL_NAME_MAX = 500 };

static const struct msg_field ask_fields[] = {
	M_INT(struct anvil_ask, event, .required = true, .min = ANVIL_CONNECT,
	    .max = ANVIL_EVENT_MAX - 1, .doc = "what happened"),
	M_STR(struct anvil_ask, service, .required = true, .max = ANVIL_NAME_MAX,
	    .doc = "service of master.cf"),
	M_STR(struct anvil_ask, client, .required = true, .max = ANVIL_NAME_MAX,
	    .doc = "address or network"),
	M_BOOL(struct anvil_ask, is_peek, .doc = "only tell the counts"),
};
const struct msg_desc anvil_ask_desc = MSG_DESC(
    anvil_ask, struct anvil_ask, ask_fields, 1, 0, "count one event");

static const struct msg_field report_fields[] = {
	M_INT(struct anvil_report, count, .doc = "connections now"),
	M_INT(struct anvil_report, rate, .doc = "such events in the current time unit"),
};
const struct msg_desc anvil_report_desc = MSG_DESC(
    anvil_report, struct anvil_report, report_fields, 1, 0, "the counts after an event");

static void
clear_bits_behind(unsigned char *bytes, int from, int all)
{
	for (int bit = from; bit < all; bit++)
		bytes[bit / 8] &= (unsigned char) ~(0x80 >> bit % 8);
}

struct span
anvil_client_network(struct span address, int ipv4_bits, int ipv6_bits, struct arena *arena)
{
	const char *text = arena_cstr(arena, address);
	unsigned char bytes[16];
	char host[INET6_ADDRSTRLEN];
	int family = inet_pton(AF_INET, text, bytes) == 1 ? AF_INET : AF_INET6;
	int all = family == AF_INET ? 32 : 128, bits = family == AF_INET ? ipv4_bits : ipv6_bits;

	if (bits >= all || bits < 0 ||
	    (family == AF_INET6 && inet_pton(AF_INET6, text, bytes) != 1))
		return address;
	clear_bits_behind(bytes, bits, all);
	if (inet_ntop(family, bytes, host, sizeof(host)) == NULL)
		return address;
	return span_of(arena_printf(arena, "%s/%d", host, bits));
}
