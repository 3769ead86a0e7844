/* SPDX-License-Identifier: ISC */
#include "tests/unit/t.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/mail/proxy_header.h"
#include "lib/net/proxy_read.h"
#include "lib/sys/clock.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define V4_ENDS "\xc0\0\2\1\xc0\0\2\2\x9c\x40\0\x19"
#define V6_ENDS "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\x9c\x40\0\x19"
#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\2\x9c\x40\0\x19"

static const struct proxy_case {
	const char *name;
	struct span in;
	enum parse want;
	const char *client; /* NULL: none is announced */
	const char *server;
	size_t rest; /* bytes behind the header */
} proxy_cases[] = {
	{ "text, IPv4", SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 40000 25\r\nEHLO x\r\n"), PARSE_OK, "192.0.2.1", "192.0.2.2", 8 },
	{ "text, IPv6", SPAN_INIT("PROXY TCP6 2001:DB8:0::1 2001:db8::2 40000 25\r\n"), PARSE_OK, "2001:db8::1", "2001:db8::2", 0 },
	{ "text, IPv4 in IPv6", SPAN_INIT("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 40000 25\r\n"), PARSE_OK, "192.0.2.1", "192.0.2.2", 0 },
	{ "unknown", SPAN_INIT("PROXY UNKNOWN\r\n"), PARSE_OK, NULL, NULL, 0 },
	{ "unknown with more", SPAN_INIT("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\nx"), PARSE_OK, NULL, NULL, 1 },
	{ "nothing yet", SPAN_INIT(""), PARSE_MORE, NULL, NULL, 0 },
	{ "a part of it", SPAN_INIT("PROXY TCP4 192.0.2.1 19"), PARSE_MORE, NULL, NULL, 0 },
	{ "a part of its word", SPAN_INIT("PRO"), PARSE_MORE, NULL, NULL, 0 },
	{ "no header", SPAN_INIT("EHLO x\r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "small letters", SPAN_INIT("proxy TCP4 192.0.2.1 192.0.2.2 40000 25\r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "LF alone", SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 40000 25\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "another protocol", SPAN_INIT("PROXY UDP4 192.0.2.1 192.0.2.2 40000 25\r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "no protocol", SPAN_INIT("PROXY \r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "two blanks", SPAN_INIT("PROXY TCP4  192.0.2.1 192.0.2.2 40000 25\r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "more behind", SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 40000 25 \r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "a port too large", SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 65536 25\r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "a port with a zero in front", SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 0400 25\r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "no port", SPAN_INIT("PROXY TCP4 192.0.2.1 192.0.2.2 40000\r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "the wrong family", SPAN_INIT("PROXY TCP4 2001:db8::1 192.0.2.2 40000 25\r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "an address with a zero byte", SPAN_INIT("PROXY TCP4 192.0.2.1\0 192.0.2.2 40000 25\r\n"), PARSE_BAD, NULL, NULL, 0 },
	{ "a line too long", SPAN_INIT("PROXY UNKNOWN 1234567890123456789012345678901234567890123456789012345678901234567890"
	                               "12345678901234567890123456789"), PARSE_BAD, NULL, NULL, 0 },
	{ "binary, IPv4", SPAN_INIT(V2 "\x21\x11\0\x0c" V4_ENDS "EHLO"), PARSE_OK, "192.0.2.1", "192.0.2.2", 4 },
	{ "binary, IPv6", SPAN_INIT(V2 "\x21\x21\0\x24" V6_ENDS), PARSE_OK, "2001:db8::1", "2001:db8::2", 0 },
	{ "binary, IPv4 in IPv6", SPAN_INIT(V2 "\x21\x21\0\x24" MAPPED), PARSE_OK, "192.0.2.1", "192.0.2.2", 0 },
	{ "binary, extensions", SPAN_INIT(V2 "\x21\x11\0\x10" V4_ENDS "\4\0\1xE"), PARSE_OK, "192.0.2.1", "192.0.2.2", 1 },
	{ "binary, for itself", SPAN_INIT(V2 "\x20\x11\0\x0c" V4_ENDS), PARSE_OK, NULL, NULL, 0 },
	{ "binary, for itself without addresses", SPAN_INIT(V2 "\x20\0\0\0"), PARSE_OK, NULL, NULL, 0 },
	{ "binary, unspecified", SPAN_INIT(V2 "\x21\0\0\0"), PARSE_OK, NULL, NULL, 0 },
	{ "binary, a part of the signature", SPAN_INIT("\r\n\r\n\0\r"), PARSE_MORE, NULL, NULL, 0 },
	{ "binary, signature alone", SPAN_INIT(V2), PARSE_MORE, NULL, NULL, 0 },
	{ "binary, addresses to come", SPAN_INIT(V2 "\x21\x11\0\x0c\xc0"), PARSE_MORE, NULL, NULL, 0 },
	{ "binary, too short for addresses", SPAN_INIT(V2 "\x21\x21\0\x0c" V4_ENDS), PARSE_BAD, NULL, NULL, 0 },
	{ "binary, another version", SPAN_INIT(V2 "\x31\x11\0\x0c" V4_ENDS), PARSE_BAD, NULL, NULL, 0 },
	{ "binary, another command", SPAN_INIT(V2 "\x22\x11\0\x0c" V4_ENDS), PARSE_BAD, NULL, NULL, 0 },
	{ "binary, UDP", SPAN_INIT(V2 "\x21\x12\0\x0c" V4_ENDS), PARSE_BAD, NULL, NULL, 0 },
	{ "binary, endless", SPAN_INIT(V2 "\x21\x11\xff\xff" V4_ENDS), PARSE_BAD, NULL, NULL, 0 },
};

TEST(proxy_header_parse)
{
	EACH_CASE (t, c, proxy_cases) {
		struct proxy_header header;
		const char *why;
		size_t used;

		T_INT(t, proxy_header_parse(t_exact_span(t, c->in), &header, &used, &why), c->want);
		if (c->want == PARSE_BAD)
			T_TRUE(t, why[0] != '\0');
		if (c->want != PARSE_OK)
			continue;
		T_INT(t, used, c->in.len - c->rest);
		T_INT(t, header.has_client, c->client != NULL);
		if (c->client == NULL)
			continue;
		T_STR(t, header.client.host, c->client);
		T_STR(t, header.server.host, c->server);
		T_INT(t, header.client.port, 40000);
		T_INT(t, header.server.port, 25);
	}
}

/* However it comes in pieces, what follows stays in the socket. */
TEST(proxy_read_takes_the_header_alone)
{
	static const char sent[] = "PROXY TCP4 192.0.2.1 192.0.2.2 40000 25\r\nHello";

	for (size_t cut = 1; cut < sizeof(sent) - 1; cut++) {
		struct proxy_header header;
		struct err err = { 0 };
		char left[20] = "";
		int pair[2];
		pid_t child;

		T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
		T_NEED(t, write(pair[0], sent, cut) == (ssize_t) cut);
		child = fork();
		if (child == 0) {
			usleep(1000);
			_exit(write(pair[0], sent + cut, sizeof(sent) - 1 - cut) < 0);
		}
		T_TRUE(t, proxy_read(pair[1], clock_deadline(CLOCK_SECOND_US * 20), &header, &err));
		T_STR(t, header.client.host, "192.0.2.1");
		T_INT(t, recv(pair[1], left, sizeof(left) - 1, MSG_PEEK) > 0, 1);
		T_INT(t, left[0], 'H');
		waitpid(child, NULL, 0);
		close(pair[0]);
		close(pair[1]);
	}
}

TEST(proxy_read_gives_up)
{
	struct proxy_header header;
	struct err err = { 0 };
	int pair[2];

	T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	T_NEED(t, write(pair[0], "PROXY", 5) == 5);
	T_FALSE(t, proxy_read(pair[1], clock_deadline(1000), &header, &err));
	T_STR(t, err.text, "timeout error");
	err_clear(&err);
	close(pair[0]);
	T_FALSE(t, proxy_read(pair[1], clock_deadline(CLOCK_SECOND_US * 20), &header, &err));
	T_STR(t, err.text, "EOF");
	close(pair[1]);
}
