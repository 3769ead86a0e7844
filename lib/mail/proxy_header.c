/* SPDX-License-Identifier: ISC */
/*
 * The PROXY protocol. Both versions are read strictly: what is not a header that HAProxy's text
 * describes ends in PARSE_BAD, since whoever may write here says who the client is.
 */
#include <arpa/inet.h>

#include "lib/mail/proxy_header.h"

enum {
	V1_LINE_MAX = 107,   /* with CR LF */
	V2_FIXED = 16,       /* signature, version and command, family, length */
	V2_ADDRESSES_4 = 12, /* two addresses and two ports */
	V2_ADDRESSES_6 = 36,
};

static const struct span v1_start = SPAN_INIT("PROXY ");
static const struct span v2_signature = SPAN_INIT("\r\n\r\n\0\r\nQUIT\n");

static enum parse
bad(const char **why_out, const char *why)
{
	*why_out = why;
	return PARSE_BAD;
}

static bool
print_end(int family, const void *bytes, unsigned port, struct proxy_end *end_out)
{
	static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	if (family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		family = AF_INET;
		bytes = (const char *) bytes + sizeof(mapped);
	}
	end_out->port = port;
	return inet_ntop(family, bytes, end_out->host, sizeof(end_out->host)) != NULL;
}

/* ---- Version 1: "PROXY" SP ("TCP4" / "TCP6") SP client SP server SP port SP port CR LF ---- */

/* One word; words are separated by exactly one blank. */
static struct span
v1_word(struct span *rest)
{
	struct span word;

	return span_cut(rest, ' ', &word) ? word : span_make(NULL, 0);
}

static bool
v1_read_port(struct span word, unsigned *port_out)
{
	uint64_t port;

	if ((word.len > 1 && word.p[0] == '0') || !span_to_u64(word, 65535, &port))
		return false;
	*port_out = (unsigned) port;
	return true;
}

static bool
v1_read_end(int family, struct span host, struct span port, struct proxy_end *end_out)
{
	char text[PROXY_HOST_MAX];
	unsigned char bytes[16];
	unsigned number;

	if (host.len == 0 || host.len >= sizeof(text) || span_has_nul(host))
		return false;
	memcpy(text, host.p, host.len);
	text[host.len] = '\0';
	return inet_pton(family, text, bytes) == 1 && v1_read_port(port, &number) &&
	    print_end(family, bytes, number, end_out);
}

static enum parse
v1_read_line(struct span line, struct proxy_header *header_out, const char **why_out)
{
	struct span rest = span_from(line, v1_start.len);
	struct span protocol = v1_word(&rest), client, server, client_port, server_port;
	int family = span_eq_str(protocol, "TCP6") ? AF_INET6 : AF_INET;

	if (span_eq_str(protocol, "UNKNOWN"))
		return PARSE_OK;
	if (family == AF_INET && !span_eq_str(protocol, "TCP4"))
		return bad(why_out, "bad or missing protocol type");
	client = v1_word(&rest);
	server = v1_word(&rest);
	client_port = v1_word(&rest);
	server_port = v1_word(&rest);
	if (rest.p != NULL)
		return bad(why_out, "text behind the ports");
	if (!v1_read_end(family, client, client_port, &header_out->client))
		return bad(why_out, "bad or missing client address or port");
	if (!v1_read_end(family, server, server_port, &header_out->server))
		return bad(why_out, "bad or missing server address or port");
	header_out->has_client = true;
	return PARSE_OK;
}

static enum parse
v1_parse(struct span in, struct proxy_header *header_out, size_t *used_out, const char **why_out)
{
	struct span line = span_slice(in, 0, span_find(in, '\n'));

	if (line.len >= V1_LINE_MAX)
		return bad(why_out, "line too long");
	if (line.len == in.len)
		return PARSE_MORE;
	*used_out = line.len + 1;
	if (line.p[line.len - 1] != '\r')
		return bad(why_out, "missing protocol header terminator");
	return v1_read_line(span_slice(line, 0, line.len - 1), header_out, why_out);
}

/* ---- Version 2 ---- */

static unsigned
v2_read_u16(const char *p)
{
	const unsigned char *bytes = (const unsigned char *) p;

	return (unsigned) bytes[0] << 8 | bytes[1];
}

static enum parse
v2_read_ends(struct span in, int family, struct proxy_header *header_out, const char **why_out)
{
	size_t size = family == AF_INET ? 4 : 16;
	const char *client = in.p, *server = in.p + size, *ports = in.p + 2 * size;

	if (in.len < (family == AF_INET ? V2_ADDRESSES_4 : V2_ADDRESSES_6))
		return bad(why_out, "short address field");
	header_out->has_client = true;
	if (print_end(family, client, v2_read_u16(ports), &header_out->client) &&
	    print_end(family, server, v2_read_u16(ports + 2), &header_out->server))
		return PARSE_OK;
	return bad(why_out, "bad address");
}

/* The fixed part has come. */
static enum parse
v2_read(struct span in, struct span addresses, struct proxy_header *header_out,
    const char **why_out)
{
	enum { VERSION = 0x20, LOCAL = 0, PROXY = 1, UNSPECIFIED = 0, TCP4 = 0x11, TCP6 = 0x21 };
	unsigned command = (unsigned char) in.p[12], family = (unsigned char) in.p[13];

	if ((command & 0xf0) != VERSION || (command & 0x0f) > PROXY)
		return bad(why_out, "bad version or command");
	if ((command & 0x0f) == LOCAL || family == UNSPECIFIED)
		return PARSE_OK;
	if (family == TCP4)
		return v2_read_ends(addresses, AF_INET, header_out, why_out);
	if (family == TCP6)
		return v2_read_ends(addresses, AF_INET6, header_out, why_out);
	return bad(why_out, "unsupported network protocol");
}

static enum parse
v2_parse(struct span in, struct proxy_header *header_out, size_t *used_out, const char **why_out)
{
	size_t total;

	if (in.len < V2_FIXED)
		return PARSE_MORE;
	total = V2_FIXED + v2_read_u16(in.p + 14);
	if (total > PROXY_HEADER_MAX)
		return bad(why_out, "header too long");
	if (in.len < total)
		return PARSE_MORE;
	*used_out = total;
	return v2_read(in, span_slice(in, V2_FIXED, total), header_out, why_out);
}

/* ---- Which of the two ---- */

/* The whole beginning is there, or all that has come belongs to it. */
static bool
begins(struct span in, struct span start)
{
	return span_starts_with(start, span_slice(in, 0, start.len));
}

enum parse
proxy_header_parse(
    struct span in, struct proxy_header *header_out, size_t *used_out, const char **why_out)
{
	*header_out = (struct proxy_header){ .has_client = false };
	*used_out = 0;
	*why_out = "";
	if (begins(in, v2_signature))
		return v2_parse(in, header_out, used_out, why_out);
	if (begins(in, v1_start))
		return v1_parse(in, header_out, used_out, why_out);
	return bad(why_out, "missing protocol header");
}
