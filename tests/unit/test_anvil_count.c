/* SPDX-License-Identifier: ISC */
#include "tests/unit/t.h"

#include "master/anvil/anvil_count.h"

enum { UNIT_US = 60 * 1000000 };

static struct anvil_report
count(struct anvil_counts *counts, enum anvil_event event, const char *client, int64_t now_us)
{
	struct anvil_ask ask = {
		.event = event, .service = SPAN("smtp"), .client = span_of(client)
	};
	struct anvil_report report;

	anvil_counts_add(counts, &ask, now_us, &report);
	return report;
}

TEST(anvil_connections)
{
	struct anvil_counts *counts = anvil_counts_new(UNIT_US);

	T_INT(t, count(counts, ANVIL_CONNECT, "a", 0).count, 1);
	T_INT(t, count(counts, ANVIL_CONNECT, "a", 1).count, 2);
	T_INT(t, count(counts, ANVIL_CONNECT, "b", 1).count, 1);
	count(counts, ANVIL_DISCONNECT, "a", 2);
	T_INT(t, count(counts, ANVIL_CONNECT, "a", 3).count, 2);
	T_INT(t, count(counts, ANVIL_CONNECT, "a", 4).rate, 4);
	T_INT(t, anvil_counts_peak(counts, ANVIL_DISCONNECT)->value, 3);
	T_STR(t, anvil_counts_peak(counts, ANVIL_CONNECT)->who, "smtp:a");
	anvil_counts_free(&counts);
}

TEST(anvil_peek_counts_nothing)
{
	struct anvil_counts *counts = anvil_counts_new(UNIT_US);
	struct anvil_ask ask = { .event = ANVIL_TLS, .service = SPAN("smtp"), .client = SPAN("a"), .is_peek = true };
	struct anvil_report report;

	anvil_counts_add(counts, &ask, 0, &report);
	T_INT(t, report.rate, 0);
	T_INT(t, anvil_counts_largest(counts), 0);
	count(counts, ANVIL_TLS, "a", 1);
	anvil_counts_add(counts, &ask, 2, &report);
	anvil_counts_add(counts, &ask, 3, &report);
	T_INT(t, report.rate, 1);
	anvil_counts_add(counts, &ask, UNIT_US + 1, &report);
	T_INT(t, report.rate, 0);
	anvil_counts_free(&counts);
}

TEST(anvil_rates_begin_anew)
{
	struct anvil_counts *counts = anvil_counts_new(UNIT_US);

	T_INT(t, count(counts, ANVIL_MAIL, "a", 0).rate, 1);
	T_INT(t, count(counts, ANVIL_MAIL, "a", UNIT_US - 1).rate, 2);
	T_INT(t, count(counts, ANVIL_RCPT, "a", UNIT_US - 1).rate, 1);
	T_INT(t, count(counts, ANVIL_MAIL, "a", UNIT_US).rate, 1);
	anvil_counts_free(&counts);
}

TEST(anvil_forgets)
{
	struct anvil_counts *counts = anvil_counts_new(UNIT_US);

	count(counts, ANVIL_CONNECT, "a", 0);
	count(counts, ANVIL_MAIL, "b", 0);
	T_INT(t, anvil_counts_largest(counts), 2);
	anvil_counts_expire(counts, UNIT_US);
	anvil_counts_reset_peaks(counts);
	T_INT(t, anvil_counts_largest(counts), 1);
	T_INT(t, count(counts, ANVIL_CONNECT, "a", UNIT_US).count, 2);
	anvil_counts_free(&counts);
}

static const struct network_case {
	const char *name, *address, *want;
} network_cases[] = {
	{ .name = "IPv4, all of it", .address = "192.0.2.77", .want = "192.0.2.77" },
	{ .name = "IPv6", .address = "2001:db8:1:2:3:4:5:6", .want = "2001:db8:1:2::/64" },
	{ .name = "no address", .address = "unknown", .want = "unknown" },
};

TEST(anvil_client_network)
{
	struct arena *arena = arena_new("test", 10000);

	EACH_CASE (t, c, network_cases)
		T_SPAN(t, anvil_client_network(t_exact(t, c->address), 32, 64, arena), c->want);
	T_SPAN(t, anvil_client_network(SPAN("192.0.2.77"), 25, 64, arena), "192.0.2.0/25");
	arena_free(&arena);
}
