/* SPDX-License-Identifier: ISC */
#ifndef ANVIL_COUNT_H
#define ANVIL_COUNT_H

#include "lib/base/arena.h"
#include "lib/net/anvil_client.h"

/*
 * Counters per (service, client). A rate counts events since the current time unit began; the unit
 * begins with the first event after the last one has passed. A client without connections is
 * forgotten when its unit has passed. Time is handed in.
 */
struct anvil_counts;

struct anvil_counts *anvil_counts_new(int64_t unit_us) MUST_USE;
void anvil_counts_free(struct anvil_counts **counts);

/* Count one event, unless it is a peek; *report_out is what holds after it. */
void anvil_counts_add(struct anvil_counts *counts, const struct anvil_ask *ask, int64_t now_us,
    struct anvil_report *report_out);

/* Forget clients without connections whose time has passed. */
void anvil_counts_expire(struct anvil_counts *counts, int64_t now_us);

/* The highest value of one event since the last reset, for the log. */
struct anvil_peak {
	int64_t value; /* 0: none */
	char who[128]; /* "service:client", cut */
	int64_t at_wall_us;
};

/* Of an event's rate, ANVIL_DISCONNECT: of the number of connections at a time. */
const struct anvil_peak *anvil_counts_peak(
    const struct anvil_counts *counts, enum anvil_event event);
size_t anvil_counts_largest(
    const struct anvil_counts *counts); /* number of clients known at a time */
void anvil_counts_reset_peaks(struct anvil_counts *counts);

#endif
