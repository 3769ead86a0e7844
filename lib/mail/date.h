/* SPDX-License-Identifier: ISC */
#ifndef DATE_H
#define DATE_H

#include "lib/base/result.h"
#include "lib/base/str.h"

/*
 * Dates in text. Seconds count from 1970 UTC; a zone is minutes east of UTC. No clock, no zone
 * files.
 */

struct date {
	int64_t seconds;
	int zone_minutes;
	/* "-0000" or a name that means nothing: zone_minutes is 0 */
	bool has_unknown_zone;
};

/*
 * Append "Fri, 20 Nov 2026 11:32:43 +0000", and " (name)" when zone_name is not NULL. The day of
 * the month takes two places. Years outside 0..9999 are clamped to them.
 * spec      RFC 5322 3.3
 */
bool date_format(struct str *out, int64_t seconds, int zone_minutes, const char *zone_name);

/*
 * Read a date, with comments, folds, two-digit years, named and military zones, missing weekday,
 * seconds or zone.
 * returns   PARSE_OK when day, month, year, hour and minute are there and possible; what follows
 *           the zone is not looked at
 * spec      RFC 5322 3.3, 4.3
 */
MUST_USE enum parse date_parse(struct span in, struct date *date_out);

/*
 * Append "Fri Nov 20 11:32:43 2026" for the From_ line of an mbox (RFC 4155 A), in the given zone.
 */
bool date_format_mbox(struct str *out, int64_t seconds, int zone_minutes);

/* Read that form, with or without weekday, seconds and a zone before or after the year. */
MUST_USE enum parse date_parse_mbox(struct span in, struct date *date_out);

/* The calendar of a moment in a zone. */
struct date_parts {
	int year, month, day, hour, minute, second;     /* month and day from 1 */
	int weekday;                                    /* 0 is Sunday */
};
struct date_parts date_split(int64_t seconds, int zone_minutes);

/* And back; fields are not checked. */
int64_t date_join(const struct date_parts *parts, int zone_minutes);

#endif
