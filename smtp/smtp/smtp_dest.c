/* SPDX-License-Identifier: ISC */
/* Next hops. Pure text: nothing is looked up here, and service names come from known_tcp_ports alone. */
#include "smtp/smtp/smtp_dest.h"

bool
smtp_dest_next(struct span *rest, struct span *item_out)
{
	return span_token(rest, ", \t\r\n", item_out);
}

/* A number, or a name in "name=number, a=b=number". */
static bool
parse_port(struct span text, const char *known_ports, uint16_t *port_out)
{
	struct span rest = span_of(known_ports), item, word;
	uint64_t number = 0;
	bool is_named = false;

	while (!span_to_u64(text, 65535, &number) && !is_named &&
	    span_token(&rest, ", \t\r\n", &item)) {
		struct span value = span_from(item, span_rfind(item, '=') + 1);

		item = span_slice(item, 0, span_rfind(item, '='));
		while (!is_named && span_cut(&item, '=', &word))
			is_named = span_eq_ci(span_trim(word), text);
		if (is_named)
			text = value;
	}
	if (!span_to_u64(text, 65535, &number) || number == 0)
		return false;
	*port_out = (uint16_t) number;
	return true;
}

/* "[host]" [":" port] or host [":" port]: taken apart. */
static bool
split_host(struct span text, struct smtp_dest *dest, struct span *port_out)
{
	size_t end = span_find(text, ']');
	struct span rest;

	if (text.len == 0 || text.p[0] != '[') {
		size_t colon = span_rfind(text, ':');

		dest->use_mx = true;
		dest->host = span_slice(text, 0, colon);
		*port_out = colon < text.len ? span_from(text, colon + 1) : span_make(NULL, 0);
		return dest->host.len > 0 && (colon == text.len || port_out->len > 0);
	}
	if (end == text.len)
		return false;
	dest->host = span_slice(text, 1, end);
	if (span_starts_with_ci(dest->host, SPAN("ipv6:")))
		dest->host = span_from(dest->host, 5);
	rest = span_from(text, end + 1);
	*port_out = rest.len > 0 ? span_from(rest, 1) : span_make(NULL, 0);
	return dest->host.len > 0 && (rest.len == 0 || (rest.p[0] == ':' && port_out->len > 0));
}

bool
smtp_dest_parse(struct span text, const char *default_port, const char *known_ports, bool is_lmtp,
    struct smtp_dest *dest_out, struct err *err)
{
	struct span rest = text, port = { NULL, 0 };
	uint64_t number;

	*dest_out = (struct smtp_dest){ .text = text };
	if (is_lmtp && span_starts_with(text, SPAN("unix:"))) {
		dest_out->is_unix = true;
		dest_out->path = span_from(text, 5);
		if (dest_out->path.len > 0)
			return true;
		return err_set(err, ERR_TEMP, "4.3.5",
		    "bad next hop \"%.*s\": the socket's path is missing", SPAN_ARG(text));
	}
	if (is_lmtp && span_starts_with(text, SPAN("inet:")))
		rest = span_from(text, 5);
	if (!split_host(rest, dest_out, &port))
		return err_set(err, ERR_TEMP, "4.3.5",
		    "bad next hop \"%.*s\": expected host, [host] or [host]:port", SPAN_ARG(text));
	if (port.len > 0 && !span_to_u64(port, 65535, &number))
		dest_out->service = port;
	if (port.len == 0)
		port = span_of(default_port);
	if (!parse_port(port, known_ports, &dest_out->port))
		return err_set(err, ERR_TEMP, "4.3.5",
		    "bad next hop \"%.*s\": unknown port \"%.*s\"", SPAN_ARG(text), SPAN_ARG(port));
	if (is_lmtp)
		dest_out->use_mx = false;
	return true;
}
