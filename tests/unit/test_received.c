/* SPDX-License-Identifier: ISC */
/* The Received: field. */
#include "t.h"

#include "lib/mail/received.h"

static const struct received_case {
	const char *name;
	struct received in;
	const char *want;
} received_cases[] = {
	{ .name = "network", .in = { .helo = SPAN_INIT("h.example"),
	  .client_name = SPAN_INIT("c.example"),
	      .client_address = SPAN_INIT("192.0.2.1"), .hostname = SPAN_INIT("mx.example"),
	      .mail_name = SPAN_INIT("Postfix"),
	      .protocol = SPAN_INIT("ESMTP"), .queue_id = SPAN_INIT("4ABC"),
	      .recipient = SPAN_INIT("a@b"),
	      .seconds = 1795174363, .zone_name = "UTC" },
	  .want = "Received: from h.example (c.example [192.0.2.1])\n\tby mx.example (Postfix) with ESMTP id 4ABC\n"
		  "\tfor <a@b>; Fri, 20 Nov 2026 11:32:43 +0000 (UTC)\n" },
	{ .name = "local", .in = { .uid = 1000, .has_uid = true,
	  .hostname = SPAN_INIT("mx.example"),
	      .mail_name = SPAN_INIT("Postfix"), .queue_id = SPAN_INIT("4ABC"),
	      .seconds = 1795174363 },
	  .want = "Received: by mx.example (Postfix, from userid 1000)\n\tid 4ABC; Fri, 20 Nov 2026 11:32:43 +0000\n" },
	{ .name = "tls and login", .in = { .helo = SPAN_INIT("h"),
	  .client_address = SPAN_INIT("2001:db8::1"),
	      .hostname = SPAN_INIT("mx"), .mail_name = SPAN_INIT("Postfix"),
	      .protocol = SPAN_INIT("ESMTPSA"),
	      .queue_id = SPAN_INIT("4A"), .tls_protocol = SPAN_INIT("TLSv1.3"),
	      .tls_cipher = SPAN_INIT("C"),
	      .tls_bits_used = 256, .tls_bits_all = 256,
	      .tls_details = SPAN_INIT("key-exchange X25519"),
	      .tls_peer = SPAN_INIT("No client certificate requested"),
	      .sasl_username = SPAN_INIT("u") },
	  .want = "Received: from h (unknown [IPv6:2001:db8::1])\n\t(using TLSv1.3 with cipher C (256/256 bits)\n"
		  "\t key-exchange X25519)\n\t(No client certificate requested)\n\t(Authenticated sender: u)\n"
		  "\tby mx (Postfix) with ESMTPSA id 4A; Thu,  1 Jan 1970 00:00:00 +0000\n" },
	{ .name = "hostile greeting",
	  .in = { .helo = SPAN_INIT("a\r\nX: (y\\"), .client_name = SPAN_INIT("c)"),
	      .client_address = SPAN_INIT("192.0.2.1"), .hostname = SPAN_INIT("mx"),
	      .mail_name = SPAN_INIT("P"),
	      .queue_id = SPAN_INIT("4") },
	  .want = "Received: from a??X: ?y? (c? [192.0.2.1])\n\tby mx (P) id 4; Thu,  1 Jan 1970 00:00:00 +0000\n" },
};

TEST(received_print)
{
	EACH_CASE(t, c, received_cases) {
		CLEANUP(str_fini) struct str out = { .max = 2000 };

		T_TRUE(t, received_print(&out, &c->in));
		T_STR(t, str_cstr(&out), c->want);
	}
}
