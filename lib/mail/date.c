/* SPDX-License-Identifier: ISC */
/*
 * Dates in text. The calendar is the proleptic Gregorian one; leap seconds are accepted on input
 * and fall together with the next second.
 */
#include "lib/mail/date.h"

enum { DAY_SECONDS = 86400 };

static const char month_names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
	"Sep", "Oct", "Nov", "Dec" };
static const char day_names[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

/* Days from 1970-01-01; years begin in March, so that the leap day is the last. */
static int64_t
days_of(int year, int month, int day)
{
	int64_t y = (int64_t) year - (month <= 2 ? 1 : 0);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	    day_of_year - 719468;
}

int64_t
date_join(const struct date_parts *p, int zone_minutes)
{
	return days_of(p->year, p->month, p->day) * DAY_SECONDS + p->hour * 3600 + p->minute * 60 +
	    p->second - (int64_t) zone_minutes * 60;
}

/* Keep years within four digits. */
static int64_t
clamp_seconds(int64_t seconds)
{
	const int64_t first = INT64_C(-62167219200), last = INT64_C(253402300799);

	return seconds < first ? first : seconds > last ? last : seconds;
}

struct date_parts
date_split(int64_t seconds, int zone_minutes)
{
	int64_t local = clamp_seconds(clamp_seconds(seconds) + (int64_t) zone_minutes * 60);
	int64_t days = local >= 0 ? local / DAY_SECONDS : (local - DAY_SECONDS + 1) / DAY_SECONDS;
	int second = (int) (local - days * DAY_SECONDS);
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = (int) (doe - (365 * yoe + yoe / 4 - yoe / 100));
	int shifted = (5 * doy + 2) / 153;
	int month = shifted < 10 ? shifted + 3 : shifted - 9;

	return (struct date_parts){
		.year = (int) (yoe + era * 400) + (month <= 2 ? 1 : 0),
		.month = month,
		.day = doy - (153 * shifted + 2) / 5 + 1,
		.hour = second / 3600,
		.minute = second / 60 % 60,
		.second = second % 60,
		.weekday = (int) (((days + 4) % 7 + 7) % 7),
	};
}

bool
date_format(struct str *out, int64_t seconds, int zone_minutes, const char *zone_name)
{
	struct date_parts p = date_split(seconds, zone_minutes);
	int zone = zone_minutes < 0 ? -zone_minutes : zone_minutes;

	if (!str_addf(out, "%s, %2d %s %04d %02d:%02d:%02d %c%02d%02d", day_names[p.weekday], p.day,
		month_names[p.month - 1], p.year, p.hour, p.minute, p.second,
		zone_minutes < 0 ? '-' : '+', zone / 60 % 100, zone % 60))
		return false;
	return zone_name == NULL || str_addf(out, " (%s)", zone_name);
}

bool
date_format_mbox(struct str *out, int64_t seconds, int zone_minutes)
{
	struct date_parts p = date_split(seconds, zone_minutes);

	return str_addf(out, "%s %s %2d %02d:%02d:%02d %04d", day_names[p.weekday],
	    month_names[p.month - 1], p.day, p.hour, p.minute, p.second, p.year);
}

/* Step over blanks, folds and comments. */
static void
skip_cfws(struct span *in)
{
	size_t depth = 0, i = 0;

	for (; i < in->len; i++) {
		char c = in->p[i];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0)
			i++;
		else if (depth == 0 && !ascii_is_space(c))
			break;
	}
	*in = span_from(*in, i);
}

/* A number of at least `least` and at most `most` digits. */
static bool
take_number(struct span *in, size_t least, size_t most, int *value_out)
{
	size_t len;
	uint64_t value;

	skip_cfws(in);
	len = span_run(*in, "0123456789");
	if (len < least || len > most || !span_to_u64(span_slice(*in, 0, len), 99999, &value))
		return false;
	*value_out = (int) value;
	*in = span_from(*in, len);
	return true;
}

static struct span
take_letters(struct span *in)
{
	size_t len = 0;
	struct span word;

	skip_cfws(in);
	while (len < in->len && ascii_is_alpha(in->p[len]))
		len++;
	word = span_slice(*in, 0, len);
	*in = span_from(*in, len);
	return word;
}

static bool
take_char(struct span *in, char c)
{
	skip_cfws(in);
	if (in->len == 0 || in->p[0] != c)
		return false;
	*in = span_from(*in, 1);
	return true;
}

/* month = "Jan" / ...; whole names too */
static bool
take_month(struct span *in, int *month_out)
{
	struct span word = take_letters(in);

	for (int i = 0; i < 12; i++) {
		if (word.len >= 3 && span_eq_ci(span_slice(word, 0, 3), span_of(month_names[i]))) {
			*month_out = i + 1;
			return true;
		}
	}
	return false;
}

/* obs-year = 2*DIGIT: 00-49 are 2000 on, 50-99 and three digits are 1900 on */
static bool
take_year(struct span *in, int *year_out)
{
	size_t before;

	skip_cfws(in);
	before = in->len;
	if (!take_number(in, 2, 5, year_out))
		return false;
	if (before - in->len == 2)
		*year_out += *year_out < 50 ? 2000 : 1900;
	else if (before - in->len == 3)
		*year_out += 1900;
	return true;
}

/* time-of-day = hour ":" minute [ ":" second ] */
static bool
take_time(struct span *in, struct date_parts *p)
{
	if (!take_number(in, 1, 2, &p->hour) || !take_char(in, ':') ||
	    !take_number(in, 1, 2, &p->minute))
		return false;
	return !take_char(in, ':') || take_number(in, 1, 2, &p->second);
}

static const struct zone_name {
	char name[5];
	int minutes;
} zone_names[] = {
	{ "UT", 0 },
	{ "UTC", 0 },
	{ "GMT", 0 },
	{ "Z", 0 },
	{ "EST", -300 },
	{ "EDT", -240 },
	{ "CST", -360 },
	{ "CDT", -300 },
	{ "MST", -420 },
	{ "MDT", -360 },
	{ "PST", -480 },
	{ "PDT", -420 },
	{ "BST", 60 },
	{ "CET", 60 },
	{ "CEST", 120 },
	{ "EET", 120 },
	{ "EEST", 180 },
	{ "MSK", 180 },
	{ "JST", 540 },
};

/* Names that mean nothing (military ones among them, RFC 5322 4.3) stand for an unknown zone. */
static void
read_zone_name(struct span word, struct date *date)
{
	for (size_t i = 0; i < COUNT_OF(zone_names); i++) {
		if (span_eq_str_ci(word, zone_names[i].name)) {
			date->zone_minutes = zone_names[i].minutes;
			return;
		}
	}
	date->has_unknown_zone = true;
}

/* zone = ("+" / "-") 4DIGIT / obs-zone; false: digits that are no zone */
static bool
take_zone(struct span *in, struct date *date)
{
	bool is_west = take_char(in, '-');
	int digits;

	if (!is_west && !take_char(in, '+')) {
		read_zone_name(take_letters(in), date);
		return true;
	}
	if (!take_number(in, 3, 4, &digits) || digits % 100 > 59)
		return false;
	date->zone_minutes = digits / 100 * 60 + digits % 100;
	date->has_unknown_zone = is_west && digits == 0;
	if (is_west)
		date->zone_minutes = -date->zone_minutes;
	return true;
}

static bool
is_possible(const struct date_parts *p)
{
	static const int lengths[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (p->year % 4 == 0 && p->year % 100 != 0) || p->year % 400 == 0;

	if (p->day < 1 || p->day > lengths[p->month - 1] ||
	    (p->month == 2 && p->day == 29 && !is_leap))
		return false;
	return p->hour < 24 && p->minute < 60 && p->second <= 60 && p->year <= 9999;
}

static enum parse
finish(const struct date_parts *p, struct date *date)
{
	if (!is_possible(p))
		return PARSE_BAD;
	date->seconds = date_join(p, date->zone_minutes);
	return PARSE_OK;
}

/* date-time = [ day-of-week "," ] day month year time-of-day zone */
enum parse
date_parse(struct span in, struct date *date_out)
{
	struct date_parts p = { .second = 0 };

	*date_out = (struct date){ .seconds = 0 };
	if (take_letters(&in).len > 0) {
		(void) take_char(&in, '.');
		(void) take_char(&in, ',');
	}
	if (!take_number(&in, 1, 2, &p.day))
		return PARSE_BAD;
	(void) take_char(&in, '-');
	if (!take_month(&in, &p.month))
		return PARSE_BAD;
	(void) take_char(&in, '-');
	if (!take_year(&in, &p.year) || !take_time(&in, &p) || !take_zone(&in, date_out))
		return PARSE_BAD;
	return finish(&p, date_out);
}

/* [ weekday ] month day time [ zone ] year [ zone ] */
enum parse
date_parse_mbox(struct span in, struct date *date_out)
{
	struct date_parts p = { .second = 0 };
	struct span at_month;

	*date_out = (struct date){ .seconds = 0 };
	at_month = in;
	if (!take_month(&in, &p.month)) {
		in = at_month;
		(void) take_letters(&in);
		(void) take_char(&in, ',');
		if (!take_month(&in, &p.month))
			return PARSE_BAD;
	}
	if (!take_number(&in, 1, 2, &p.day) || !take_time(&in, &p))
		return PARSE_BAD;
	skip_cfws(&in);
	if (in.len > 0 && !ascii_is_digit(in.p[0]) && !take_zone(&in, date_out))
		return PARSE_BAD;
	if (!take_year(&in, &p.year))
		return PARSE_BAD;
	skip_cfws(&in);
	if (in.len > 0 && !take_zone(&in, date_out))
		return PARSE_BAD;
	return finish(&p, date_out);
}
