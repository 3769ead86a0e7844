/* SPDX-License-Identifier: ISC */
/* Networks as text; only what inet_pton(3) takes for an address is one. */
#include "lib/table/ip_net.h"

#include <arpa/inet.h>

bool
ip_parse(struct span text, struct ip_net *out)
{
	char copy[INET6_ADDRSTRLEN];
	bool is_v6 = span_find(text, ':') < text.len;

	*out = (struct ip_net){ .len = is_v6 ? 16 : 4, .bits = is_v6 ? 128 : 32 };
	if (text.len == 0 || text.len >= sizeof(copy) || span_has_nul(text))
		return false;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	return inet_pton(is_v6 ? AF_INET6 : AF_INET, copy, out->bytes) == 1;
}

/* Zero the bits behind the network part; true when they were zero already. */
static bool
clear_host_bits(struct ip_net *net)
{
	bool was_clear = true;

	for (unsigned i = 0; i < net->len; i++) {
		unsigned kept = net->bits > 8 * i ? net->bits - 8 * i : 0;
		uint8_t mask = (uint8_t) (kept >= 8 ? 0xff : 0xff00 >> kept);

		was_clear = was_clear && (net->bytes[i] & ~mask) == 0;
		net->bytes[i] = (uint8_t) (net->bytes[i] & mask);
	}
	return was_clear;
}

/* "[...]" without its brackets. */
static struct span
unbracket(struct span text)
{
	if (text.len >= 2 && text.p[0] == '[' && text.p[text.len - 1] == ']')
		return span_slice(text, 1, text.len - 1);
	return text;
}

static bool
refuse_host_bits(struct span text, const struct ip_net *net, struct err *err)
{
	char should[INET6_ADDRSTRLEN] = "";

	(void) inet_ntop(net->len == 16 ? AF_INET6 : AF_INET, net->bytes, should, sizeof(should));
	return err_config(err,
	    "non-null host address bits in \"%.*s\", perhaps you should use \"%s/%u\" instead",
	    SPAN_ARG(text), should, net->bits);
}

bool
ip_net_parse(struct span text, struct ip_net *out, struct err *err)
{
	struct span whole = unbracket(text);
	size_t slash = span_find(whole, '/');
	uint64_t bits;

	if (slash == whole.len)
		return ip_parse(whole, out) ||
		    err_config(err, "bad address pattern: \"%.*s\"", SPAN_ARG(text));
	if (!span_to_u64(span_from(whole, slash + 1), 9999, &bits))
		return err_config(err, "bad mask value in \"%.*s\"", SPAN_ARG(text));
	if (!ip_parse(unbracket(span_slice(whole, 0, slash)), out))
		return err_config(err, "bad net/mask pattern: \"%.*s\"", SPAN_ARG(text));
	if (bits > out->bits)
		return err_config(err, "bad mask length in \"%.*s\"", SPAN_ARG(text));
	out->bits = (unsigned) bits;
	return clear_host_bits(out) || refuse_host_bits(text, out, err);
}

bool
ip_net_has(const struct ip_net *net, const struct ip_net *address)
{
	size_t whole = net->bits / 8;
	unsigned rest = net->bits % 8;

	if (net->len != address->len || memcmp(net->bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	    ((net->bytes[whole] ^ address->bytes[whole]) & (uint8_t) (0xff00 >> rest)) == 0;
}
