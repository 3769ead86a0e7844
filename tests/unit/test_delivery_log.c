/* SPDX-License-Identifier: ISC */

#include "tests/unit/t.h"

#include "lib/queue/delivery_log.h"

static const struct delay_case {
	const char *name;
	int64_t us;
	int resolution;
	const char *want;
} delay_cases[] = {
	{ .name = "nothing",                  .us = 0,         .resolution = 2, .want = "0" },
	{ .name = "clock set back",           .us = -5000000,  .resolution = 2, .want = "0" },
	{ .name = "below the resolution",     .us = 4999,      .resolution = 2, .want = "0" },
	{ .name = "rounded up",               .us = 5000,      .resolution = 2, .want = "0.01" },
	{ .name = "two digits",               .us = 123456,    .resolution = 2, .want = "0.12" },
	{ .name = "no trailing zero",         .us = 200000,    .resolution = 2, .want = "0.2" },
	{ .name = "seconds",                  .us = 1234567,   .resolution = 2, .want = "1.2" },
	{ .name = "whole seconds",            .us = 3000000,   .resolution = 2, .want = "3" },
	{ .name = "rounded to the next ten",  .us = 9960000,   .resolution = 2, .want = "10" },
	{ .name = "tens",                     .us = 12345678,  .resolution = 2, .want = "12" },
	{ .name = "hundreds",                 .us = 132400000, .resolution = 2, .want = "132" },
	{ .name = "fine",                     .us = 1234,      .resolution = 6, .want = "0.0012" },
	{ .name = "finest",                   .us = 7,         .resolution = 6, .want = "0.000007" },
	{ .name = "no fraction wanted",       .us = 1700000,   .resolution = 0, .want = "2" },
};

TEST(delivery_log_delay)
{
	EACH_CASE(t, c, delay_cases) {
		CLEANUP(str_fini) struct str out = { .max = 100 };

		T_TRUE(t, delivery_log_add_delay(&out, c->us, c->resolution));
		T_STR(t, str_cstr(&out), c->want);
	}
}

static const struct mail_conf external = { .delay_logging_resolution_limit = 2, .info_log_address_format = "external" };
static const struct mail_conf internal = { .delay_logging_resolution_limit = 0, .info_log_address_format = "internal" };

static const struct line_case {
	const char *name;
	struct delivery_log line;
	const char *want;
} line_cases[] = {
	{
		.name = "smtp",
		.line = {
			.queue_id = SPAN_INIT("75885A76C93"), .recipient = SPAN_INIT("x@y.example"),
			.original = SPAN_INIT("o@p.example"), .relay = SPAN_INIT("h.example[192.0.2.1]:25"), .conn_use = 2,
			.tls = SPAN_INIT("may:none"), .dsn = SPAN_INIT("2.0.0"), .status = SPAN_INIT("sent"),
			.text = SPAN_INIT("250 2.0.0 Ok"), .arrival_us = 1000000, .active_us = 1020000, .handoff_us = 1040000,
			.connected_us = 1050000, .done_us = 1051000, .mail = &external,
		},
		.want = "75885A76C93: to=<x@y.example>, orig_to=<o@p.example>, relay=h.example[192.0.2.1]:25, conn_use=2, "
		        "delay=0.05, delays=0.02/0.02/0.01/0, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
	},
	{
		.name = "local, no connection, same original",
		.line = {
			.queue_id = SPAN_INIT("A"), .recipient = SPAN_INIT("a b@y.example"), .original = SPAN_INIT("A B@y.example"),
			.relay = SPAN_INIT("local"), .conn_use = 1, .dsn = SPAN_INIT("5.1.1"), .status = SPAN_INIT("bounced"),
			.text = SPAN_INIT("unknown user: \"a b\""), .arrival_us = 1000000, .active_us = 1000000,
			.handoff_us = 1000000, .done_us = 3500000, .mail = &external,
		},
		.want = "A: to=<\"a b\"@y.example>, relay=local, delay=2.5, delays=0/0/0/2.5, dsn=5.1.1, "
		        "status=bounced (unknown user: \"a b\")",
	},
	{
		.name = "internal form, no fractions",
		.line = {
			.queue_id = SPAN_INIT("A"), .recipient = SPAN_INIT("a b@y.example"), .original = SPAN_INIT("c d@y.example"),
			.relay = SPAN_INIT("local"), .dsn = SPAN_INIT("2.0.0"), .status = SPAN_INIT("sent"), .text = SPAN_INIT("x"),
			.arrival_us = 1000000, .active_us = 1000000, .handoff_us = 1000000, .done_us = 3200000, .mail = &internal,
		},
		.want = "A: to=<a b@y.example>, orig_to=<c d@y.example>, relay=local, delay=2, delays=0/0/0/2, dsn=2.0.0, status=sent (x)",
	},
};

TEST(delivery_log_line)
{
	EACH_CASE(t, c, line_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };

		T_TRUE(t, delivery_log_add(&out, &c->line));
		T_STR(t, str_cstr(&out), c->want);
	}
}
