/* SPDX-License-Identifier: ISC */

#include "tests/unit/t.h"

#include "lib/queue/bounce_log.h"

TEST(records_come_back)
{
	const struct bounce_rcpt in[2] = {
		{
			.address = SPAN_INIT("a=b@x.example"), .original = SPAN_INIT("o@y.example"),
			.dsn_orcpt = SPAN_INIT("rfc822;o@y.example"), .dsn_notify = 6, .dsn = SPAN_INIT("5.1.1"),
			.action = SPAN_INIT("failed"), .text = SPAN_INIT("unknown user: \"a\""),
			.remote_mta = SPAN_INIT("dns; mx.example"), .diagnostic = SPAN_INIT("smtp; 550 no"), .offset = 77,
			.when_us = 1000000,
		},
		{ .address = SPAN_INIT("c@d.example"), .text = SPAN_INIT("one\nrecipient=forged@x\n\n") },
	};
	CLEANUP(str_fini) struct str text = { .max = 10000 };
	struct span rest;
	struct bounce_rcpt got;

	str_addf(&text, "%s\n", bounce_log_head);
	T_TRUE(t, bounce_log_add(&text, &in[0]));
	T_TRUE(t, bounce_log_add(&text, &in[1]));
	rest = str_span(&text);
	T_INT(t, bounce_log_next(&rest, &got), PARSE_OK);
	T_BYTES(t, got.address, in[0].address);
	T_BYTES(t, got.original, in[0].original);
	T_BYTES(t, got.dsn_orcpt, in[0].dsn_orcpt);
	T_BYTES(t, got.dsn, in[0].dsn);
	T_BYTES(t, got.action, in[0].action);
	T_BYTES(t, got.text, in[0].text);
	T_BYTES(t, got.remote_mta, in[0].remote_mta);
	T_BYTES(t, got.diagnostic, in[0].diagnostic);
	T_INT(t, got.dsn_notify, 6);
	T_INT(t, got.offset, 77);
	T_INT(t, got.when_us, 1000000);
	T_INT(t, bounce_log_next(&rest, &got), PARSE_OK);
	T_SPAN(t, got.text, "one recipient=forged@x  ");
	T_INT(t, bounce_log_next(&rest, &got), PARSE_MORE);
}

static const struct bad_case {
	const char *name, *in;
	enum parse want;
} bad_cases[] = {
	{ .name = "nothing",            .in = "", .want = PARSE_MORE },
	{ .name = "cut off",            .in = "recipient=a@b\nreason=x", .want = PARSE_MORE },
	{ .name = "no empty line",      .in = "recipient=a@b\nreason=x\n", .want = PARSE_MORE },
	{ .name = "no recipient",       .in = "reason=x\n\n", .want = PARSE_BAD },
	{ .name = "no equals sign",     .in = "recipient\n\n", .want = PARSE_BAD },
	{ .name = "number that is none", .in = "recipient=a@b\noffset=-1\n\n", .want = PARSE_BAD },
	{ .name = "unknown name",       .in = "recipient=a@b\ncolour=red\n\n", .want = PARSE_OK },
};

TEST(damaged_logs)
{
	EACH_CASE(t, c, bad_cases) {
		struct span rest = t_exact(t, c->in);
		struct bounce_rcpt got;

		T_INT(t, bounce_log_next(&rest, &got), c->want);
	}
}
