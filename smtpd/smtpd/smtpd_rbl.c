/* SPDX-License-Identifier: ISC */
/* Filters of block list answers. */
#include "smtpd/smtpd/smtpd_rbl.h"

enum { RBL_OCTETS = 4 };

/* One number of at most 255 at the start. */
static bool
rbl_take_number(struct span *rest, unsigned *number_out)
{
	size_t digits = span_run(*rest, "0123456789");
	uint64_t number;

	if (!span_to_u64(span_slice(*rest, 0, digits), 255, &number))
		return false;
	*number_out = (unsigned) number;
	*rest = span_from(*rest, digits);
	return true;
}

/* "4" or "4..7" */
static bool
rbl_take_range(struct span *rest, unsigned octet, bool *matches)
{
	unsigned low, high;

	if (!rbl_take_number(rest, &low))
		return false;
	high = low;
	if (span_starts_with(*rest, SPAN(".."))) {
		*rest = span_from(*rest, 2);
		if (!rbl_take_number(rest, &high) || high < low)
			return false;
	}
	*matches |= octet >= low && octet <= high;
	return true;
}

/* A number, or "[" ranges separated by ";" "]". */
static bool
rbl_take_octet(struct span *rest, unsigned octet, bool *matches)
{
	unsigned number;

	*matches = false;
	if (rest->len == 0 || rest->p[0] != '[') {
		if (!rbl_take_number(rest, &number))
			return false;
		*matches = number == octet;
		return true;
	}
	do {
		*rest = span_from(*rest, 1);
		if (!rbl_take_range(rest, octet, matches))
			return false;
	} while (rest->len > 0 && rest->p[0] == ';');
	if (rest->len == 0 || rest->p[0] != ']')
		return false;
	*rest = span_from(*rest, 1);
	return true;
}

/* Walk over filter and address together. returns false when the filter is malformed */
static bool
rbl_compare(struct span filter, const unsigned octets[RBL_OCTETS], bool *matches_out)
{
	*matches_out = true;
	for (size_t i = 0; i < RBL_OCTETS; i++) {
		bool matches;

		if (i > 0) {
			if (filter.len == 0 || filter.p[0] != '.')
				return false;
			filter = span_from(filter, 1);
		}
		if (!rbl_take_octet(&filter, octets[i], &matches))
			return false;
		*matches_out &= matches;
	}
	return filter.len == 0;
}

static bool
rbl_read_address(struct span address, unsigned octets[RBL_OCTETS])
{
	struct span part;
	size_t count = 0;

	while (span_cut(&address, '.', &part)) {
		uint64_t number;

		if (count == RBL_OCTETS || !span_to_u64(part, 255, &number))
			return false;
		octets[count++] = (unsigned) number;
	}
	return count == RBL_OCTETS;
}

bool
rbl_filter_matches(struct span filter, struct span address)
{
	unsigned octets[RBL_OCTETS];
	bool matches;

	return rbl_read_address(address, octets) && rbl_compare(filter, octets, &matches) &&
	    matches;
}

bool
rbl_filter_is_good(struct span filter)
{
	static const unsigned octets[RBL_OCTETS];
	bool matches;

	return rbl_compare(filter, octets, &matches);
}
