/* SPDX-License-Identifier: ISC */
/* Networks of clients. */
#include "auth/authd/authd_network.h"

#include "lib/net/anvil_client.h"
#include "lib/table/ip_net.h"

enum { NETWORK_BITS_4 = 32, NETWORK_BITS_6 = 48 };

struct span
authd_network(struct span address, struct arena *arena)
{
	return anvil_client_network(address, NETWORK_BITS_4, NETWORK_BITS_6, arena);
}

bool
authd_is_in_networks(struct span networks, struct span address)
{
	struct span item;
	struct ip_net net, client;

	while (span_cut(&networks, ',', &item)) {
		if (span_eq_str(item, "local") && address.len == 0)
			return true;
		if (ip_parse(address, &client) && ip_net_parse(item, &net, NULL) && ip_net_has(&net, &client))
			return true;
	}
	return false;
}
