/* SPDX-License-Identifier: ISC */
/* Networks and addresses: "network address". */
#include "fuzz.h"

#include "lib/table/ip_net.h"

FUZZ_TARGET(ip_net, in)
{
	size_t blank = span_find(in, ' ');
	struct ip_net net, address;
	struct err err = { 0 };

	if (!ip_net_parse(span_slice(in, 0, blank), &net, &err)) {
		FUZZ_CHECK(err.class != ERR_NONE);
		return;
	}
	FUZZ_CHECK(net.bits <= net.len * 8);
	FUZZ_CHECK(ip_net_has(&net, &net));
	if (ip_parse(span_from(in, blank + 1), &address) && net.bits == net.len * 8 &&
	    net.len == address.len)
		FUZZ_CHECK(
		    ip_net_has(&net, &address) == (memcmp(net.bytes, address.bytes, net.len) == 0));
}
