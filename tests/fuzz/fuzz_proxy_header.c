/* SPDX-License-Identifier: ISC */
/* Any bytes of a load balancer: at every length, and an answer once given does not change with more. */
#include "fuzz.h"

#include "lib/mail/proxy_header.h"

FUZZ_TARGET(proxy_header, in)
{
	enum parse last = PARSE_MORE;
	size_t last_used = 0;

	for (size_t len = 0; len <= in.len && len <= PROXY_HEADER_MAX + 10; len++) {
		struct proxy_header header;
		const char *why;
		size_t used;
		enum parse result = proxy_header_parse(span_slice(in, 0, len), &header, &used, &why);

		FUZZ_CHECK(used <= len || result == PARSE_BAD);
		FUZZ_CHECK(result != PARSE_MORE || len < PROXY_HEADER_MAX);
		FUZZ_CHECK(last == PARSE_MORE || result == last);
		FUZZ_CHECK(last != PARSE_OK || used == last_used);
		FUZZ_CHECK(!header.has_client || result == PARSE_BAD || header.client.host[0] != '\0');
		last = result;
		last_used = used;
	}
}
