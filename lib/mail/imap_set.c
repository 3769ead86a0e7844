/* SPDX-License-Identifier: ISC */
#include "lib/mail/imap_set.h"

/* ---- Reading ---- */

/* seq-number = nz-number / "*" */
static bool
read_number(struct span text, uint32_t star, uint32_t *number_out)
{
	uint64_t value;

	if (span_eq_str(text, "*")) {
		*number_out = star;
		return true;
	}
	if (text.len == 0 || text.p[0] == '0' || !span_to_u64(text, UINT32_MAX, &value))
		return false;
	*number_out = (uint32_t) value;
	return true;
}

/* seq-range = seq-number ":" seq-number, in either order */
static bool
read_range(struct span text, uint32_t star, struct imap_range *range_out)
{
	size_t colon = span_find(text, ':');
	uint32_t from, to;

	if (!read_number(span_slice(text, 0, colon), star, &from))
		return false;
	to = from;
	if (colon < text.len && !read_number(span_from(text, colon + 1), star, &to))
		return false;
	*range_out = (struct imap_range){ from < to ? from : to, from < to ? to : from };
	return true;
}

static int
compare_ranges(const void *a, const void *b)
{
	uint32_t x = ((const struct imap_range *) a)->from;
	uint32_t y = ((const struct imap_range *) b)->from;

	return (x > y) - (x < y);
}

/* sequence-set = (seq-number / seq-range) ["," sequence-set] */
enum parse
imap_set_parse(struct span text, uint32_t star, struct arena *pool, struct imap_set *set_out)
{
	ARRAY(struct imap_range) ranges = { 0 };
	struct span part;

	*set_out = (struct imap_set){ .ranges = { 0 } };
	if (text.len == 0)
		return PARSE_BAD;
	while (span_cut(&text, ',', &part)) {
		struct imap_range range;

		if (!read_range(part, star, &range))
			return PARSE_BAD;
		if (range.from == 0)
			range.from = 1;
		if (range.to > 0)
			*ARRAY_ADD(pool, &ranges) = range;
	}
	if (ranges.count > 0)
		qsort(ranges.v, ranges.count, sizeof(*ranges.v), compare_ranges);
	for (size_t i = 0; i < ranges.count; i++)
		imap_set_add(set_out, ranges.v[i].from, ranges.v[i].to, pool);
	return PARSE_OK;
}

/* ---- Changing ---- */

/* Index of the first range that ends at or behind number. */
static size_t
find_range(const struct imap_set *set, uint32_t number)
{
	size_t low = 0, high = set->ranges.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->ranges.v[middle].to < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Put `count` ranges in the place of those in [from, to). */
static void
replace_ranges(struct imap_set *set, size_t from, size_t to, const struct imap_range *ranges,
    size_t count, struct arena *pool)
{
	size_t rest = set->ranges.count - to;

	while (set->ranges.count < from + count + rest)
		(void) ARRAY_ADD(pool, &set->ranges);
	if (rest > 0)
		memmove(&set->ranges.v[from + count], &set->ranges.v[to], rest * sizeof(*ranges));
	if (count > 0)
		memcpy(&set->ranges.v[from], ranges, count * sizeof(*ranges));
	set->ranges.count = from + count + rest;
}

void
imap_set_add(struct imap_set *set, uint32_t from, uint32_t to, struct arena *pool)
{
	size_t first = find_range(set, from > 1 ? from - 1 : from), end = first;
	struct imap_range range = { from, to };

	while (end < set->ranges.count &&
	    (set->ranges.v[end].from <= to || set->ranges.v[end].from - 1 == to)) {
		if (set->ranges.v[end].from < range.from)
			range.from = set->ranges.v[end].from;
		if (set->ranges.v[end].to > range.to)
			range.to = set->ranges.v[end].to;
		end++;
	}
	replace_ranges(set, first, end, &range, 1, pool);
}

void
imap_set_remove(struct imap_set *set, uint32_t from, uint32_t to, struct arena *pool)
{
	size_t first = find_range(set, from), end = first, count = 0;
	struct imap_range left[2];

	while (end < set->ranges.count && set->ranges.v[end].from <= to)
		end++;
	if (end == first)
		return;
	if (set->ranges.v[first].from < from)
		left[count++] = (struct imap_range){ set->ranges.v[first].from, from - 1 };
	if (set->ranges.v[end - 1].to > to)
		left[count++] = (struct imap_range){ to + 1, set->ranges.v[end - 1].to };
	replace_ranges(set, first, end, left, count, pool);
}

/* ---- Asking ---- */

bool
imap_set_contains(const struct imap_set *set, uint32_t number)
{
	size_t i = find_range(set, number);

	return i < set->ranges.count && set->ranges.v[i].from <= number;
}

uint64_t
imap_set_count(const struct imap_set *set)
{
	uint64_t count = 0;

	for (size_t i = 0; i < set->ranges.count; i++)
		count += (uint64_t) set->ranges.v[i].to - set->ranges.v[i].from + 1;
	return count;
}

bool
imap_set_print(const struct imap_set *set, struct str *out)
{
	for (size_t i = 0; i < set->ranges.count; i++) {
		const struct imap_range *range = &set->ranges.v[i];

		(void) str_addf(out, "%s%u", i > 0 ? "," : "", range->from);
		if (range->to > range->from)
			(void) str_addf(out, ":%u", range->to);
	}
	return !out->overflowed;
}
