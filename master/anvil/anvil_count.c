/* SPDX-License-Identifier: ISC */
/*
 * Counting. The number of clients in memory is bounded: beyond it new ones are not counted, which
 * limits nobody.
 */
#include "master/anvil/anvil_count.h"
#include "lib/base/map.h"
#include "lib/base/panic.h"
#include "lib/sys/clock.h"

enum { ANVIL_CLIENTS_MAX = 200000, ANVIL_KEY_MAX = 1100 };

struct anvil_entry {
	int64_t connections;
	int64_t rates[ANVIL_EVENT_MAX];
	int64_t unit_began_us;
};

struct anvil_counts {
	struct map *entries;
	int64_t unit_us;
	struct anvil_peak peaks[ANVIL_EVENT_MAX];
	size_t largest;
};

struct anvil_counts *
anvil_counts_new(int64_t unit_us)
{
	struct anvil_counts *counts = xcalloc(1, sizeof(*counts));

	counts->entries = map_new();
	counts->unit_us = unit_us;
	return counts;
}

void
anvil_counts_free(struct anvil_counts **counts)
{
	if (*counts == NULL)
		return;
	map_free(&(*counts)->entries, free);
	free(*counts);
	*counts = NULL;
}

static struct anvil_entry *
anvil_find(struct anvil_counts *counts, struct span key, int64_t now_us)
{
	struct anvil_entry *entry = map_get(counts->entries, key);

	if (entry != NULL)
		return entry;
	if (map_count(counts->entries) >= ANVIL_CLIENTS_MAX)
		anvil_counts_expire(counts, now_us);
	if (map_count(counts->entries) >= ANVIL_CLIENTS_MAX)
		return NULL;
	entry = xcalloc(1, sizeof(*entry));
	entry->unit_began_us = now_us;
	map_set(counts->entries, key, entry);
	if (map_count(counts->entries) > counts->largest)
		counts->largest = map_count(counts->entries);
	return entry;
}

static void
anvil_note_peak(struct anvil_counts *counts, enum anvil_event event, int64_t value, struct span key)
{
	struct anvil_peak *peak = &counts->peaks[event];

	if (value <= peak->value)
		return;
	peak->value = value;
	peak->at_wall_us = clock_wall_us();
	snprintf(peak->who, sizeof(peak->who), "%.*s", SPAN_ARG(key));
}

static void
anvil_begin_unit(struct anvil_counts *counts, struct anvil_entry *entry, int64_t now_us)
{
	if (now_us - entry->unit_began_us < counts->unit_us)
		return;
	entry->unit_began_us = now_us;
	memset(entry->rates, 0, sizeof(entry->rates));
}

void
anvil_counts_add(struct anvil_counts *counts, const struct anvil_ask *ask, int64_t now_us,
    struct anvil_report *report_out)
{
	enum anvil_event event = (enum anvil_event) ask->event;
	char text[ANVIL_KEY_MAX];
	struct anvil_entry *entry;
	struct span key;

	*report_out = (struct anvil_report){ 0 };
	if (event == ANVIL_DISCONNECT && ask->is_peek)
		return;
	snprintf(text, sizeof(text), "%.*s:%.*s", SPAN_ARG(ask->service), SPAN_ARG(ask->client));
	key = span_of(text);
	entry = ask->is_peek ? map_get(counts->entries, key) : anvil_find(counts, key, now_us);
	if (entry == NULL)
		return;
	if (event == ANVIL_DISCONNECT) {
		entry->connections -= entry->connections > 0;
		return;
	}
	anvil_begin_unit(counts, entry, now_us);
	entry->connections += event == ANVIL_CONNECT && !ask->is_peek;
	entry->rates[event] += !ask->is_peek;
	report_out->count = entry->connections;
	report_out->rate = entry->rates[event];
	if (ask->is_peek)
		return;
	anvil_note_peak(counts, event, report_out->rate, key);
	if (event == ANVIL_CONNECT)
		anvil_note_peak(counts, ANVIL_DISCONNECT, report_out->count, key);
}

void
anvil_counts_expire(struct anvil_counts *counts, int64_t now_us)
{
	struct span key;
	void *value;

	for (size_t it = 0; map_next(counts->entries, &it, &key, &value);) {
		struct anvil_entry *entry = value;

		if (entry->connections == 0 && now_us - entry->unit_began_us >= counts->unit_us)
			free(map_remove(counts->entries, key));
	}
}

const struct anvil_peak *
anvil_counts_peak(const struct anvil_counts *counts, enum anvil_event event)
{
	return &counts->peaks[event];
}

size_t
anvil_counts_largest(const struct anvil_counts *counts)
{
	return counts->largest;
}

void
anvil_counts_reset_peaks(struct anvil_counts *counts)
{
	memset(counts->peaks, 0, sizeof(counts->peaks));
	counts->largest = map_count(counts->entries);
}
