/* SPDX-License-Identifier: ISC */
/* Dates in text. */
#include "t.h"

#include "json.h"
#include "lib/mail/date.h"

static const struct date_case {
	const char *name, *in;
	enum parse want;
	int64_t seconds;
	int zone;
} date_cases[] = {
	{ .name = "plain", .in = "Fri, 20 Nov 2026 11:32:43 +0000", .seconds = 1795174363 },
	{ .name = "west", .in = "Fri, 20 Nov 2026 06:32:43 -0500", .seconds = 1795174363,
	  .zone = -300 },
	{ .name = "half hour", .in = "Fri, 20 Nov 2026 17:02:43 +0530", .seconds = 1795174363,
	  .zone = 330 },
	{ .name = "no weekday, no seconds", .in = "20 Nov 2026 11:32 +0000",
	  .seconds = 1795174320 },
	{ .name = "comments and folds", .in = " Fri (x), 20\n Nov 2026 11 : 32 : 43 GMT (y)",
	  .seconds = 1795174363 },
	{ .name = "named zone", .in = "20 Nov 26 06:32:43 EST", .seconds = 1795174363,
	  .zone = -300 },
	{ .name = "two-digit old year", .in = "1 Jan 70 00:00:00 GMT", .seconds = 0 },
	{ .name = "three-digit year", .in = "1 Jan 100 00:00:00 GMT", .seconds = 946684800 },
	{ .name = "leap day", .in = "29 Feb 2000 00:00:00 +0000", .seconds = 951782400 },
	{ .name = "leap second", .in = "31 Dec 2016 23:59:60 +0000", .seconds = 1483228800 },
	{ .name = "epoch minus one", .in = "31 Dec 1969 23:59:59 +0000", .seconds = -1 },
	{ .name = "hyphens", .in = "20-Nov-2026 11:32:43 +0000", .seconds = 1795174363 },
	{ .name = "no leap day", .in = "29 Feb 1900 00:00:00 +0000", .want = PARSE_BAD },
	{ .name = "day 32", .in = "32 Jan 2000 00:00:00 +0000", .want = PARSE_BAD },
	{ .name = "hour 24", .in = "1 Jan 2000 24:00:00 +0000", .want = PARSE_BAD },
	{ .name = "no time", .in = "1 Jan 2000", .want = PARSE_BAD },
	{ .name = "zone minutes", .in = "1 Jan 2000 00:00:00 +0099", .want = PARSE_BAD },
	{ .name = "nothing", .in = "", .want = PARSE_BAD },
	{ .name = "comment not closed", .in = "Fri, 20 (Nov 2026", .want = PARSE_BAD },
};

TEST(date_parse)
{
	EACH_CASE(t, c, date_cases) {
		struct date date;

		T_INT(t, date_parse(t_exact(t, c->in), &date), c->want);
		if (c->want != PARSE_OK)
			continue;
		T_INT(t, date.seconds, c->seconds);
		T_INT(t, date.zone_minutes, c->zone);
	}
}

TEST(date_unknown_zone)
{
	struct date date;

	T_NEED(t, date_parse(SPAN("20 Nov 2026 11:32:43 -0000"), &date) == PARSE_OK);
	T_TRUE(t, date.has_unknown_zone);
	T_NEED(t, date_parse(SPAN("20 Nov 2026 11:32:43 XYZ"), &date) == PARSE_OK);
	T_TRUE(t, date.has_unknown_zone);
	T_NEED(t, date_parse(SPAN("20 Nov 2026 11:32:43 +0000"), &date) == PARSE_OK);
	T_FALSE(t, date.has_unknown_zone);
}

TEST(date_format)
{
	CLEANUP(str_fini) struct str out = { .max = 1000 };

	T_TRUE(t, date_format(&out, 1795174363, 0, "UTC"));
	T_STR(t, str_cstr(&out), "Fri, 20 Nov 2026 11:32:43 +0000 (UTC)");
	str_clear(&out);
	T_TRUE(t, date_format(&out, 1793548800, -570, NULL));
	T_STR(t, str_cstr(&out), "Sun,  1 Nov 2026 06:30:00 -0930");
	str_clear(&out);
	T_TRUE(t, date_format_mbox(&out, 0, 60));
	T_STR(t, str_cstr(&out), "Thu Jan  1 01:00:00 1970");
	str_clear(&out);
	T_TRUE(t, date_format(&out, INT64_MAX, 0, NULL) && date_format(&out, INT64_MIN, 0, NULL));
	T_STR(t, str_cstr(&out), "Fri, 31 Dec 9999 23:59:59 +0000Sat,  1 Jan 0000 00:00:00 +0000");
}

TEST(date_round_trip)
{
	CLEANUP(str_fini) struct str out = { .max = 1000 };
	struct date date;

	for (int64_t s = -2000000000; s < 200000000000; s += 86400 * 37 + 12345) {
		int zone = (int) (s % 97) * 15 % 720;

		str_clear(&out);
		T_NEED(t, date_format(&out, s, zone, NULL));
		T_NEED(t, date_parse(str_span(&out), &date) == PARSE_OK);
		T_INT(t, date.seconds, s);
		T_INT(t, date.zone_minutes, zone);
		str_clear(&out);
		T_NEED(t, date_format_mbox(&out, s, 0));
		T_NEED(t, date_parse_mbox(str_span(&out), &date) == PARSE_OK);
		T_INT(t, date.seconds, s);
	}
}

static const struct date_case mbox_cases[] = {
	{ .name = "plain", .in = "Fri Nov 20 11:32:43 2026", .seconds = 1795174363 },
	{ .name = "zone before year", .in = "Fri Nov 20 06:32:43 EST 2026", .seconds = 1795174363,
	  .zone = -300 },
	{ .name = "zone after year", .in = "Fri Nov 20 11:32:43 2026 +0000",
	  .seconds = 1795174363 },
	{ .name = "no weekday", .in = "Nov 20 11:32 2026", .seconds = 1795174320 },
	{ .name = "no year", .in = "Fri Nov 20 11:32:43", .want = PARSE_BAD },
	{ .name = "not a date", .in = "here to there", .want = PARSE_BAD },
};

TEST(date_parse_mbox)
{
	EACH_CASE(t, c, mbox_cases) {
		struct date date;

		T_INT(t, date_parse_mbox(t_exact(t, c->in), &date), c->want);
		if (c->want == PARSE_OK)
			T_INT(t, date.seconds, c->seconds);
	}
}

static int64_t
number_of(const struct json *object, const char *name)
{
	struct json value = json_get(object, name);
	int64_t number = 0;

	T_TRUE(&(struct t){ 0 }, value.kind != JSON_NUMBER || span_to_i64(value.text, INT64_MIN,
	    INT64_MAX, &number));
	return number;
}

static const struct json_differs date_differs[] = {
	{ "mail-parser-date-011", "a month has a name" },
	{ "mail-parser-date-013", "the same" },
	{ "mail-parser-date-029", "a trace field is no date" },
};

/* Whether a date is what a case says, field by field; month 0 means that there is none. */
static bool
is_as_stated(struct span text, const struct json *expect)
{
	struct date_parts got;
	struct date date;

	if (date_parse(text, &date) != PARSE_OK)
		return number_of(expect, "month") == 0;
	got = date_split(date.seconds, date.zone_minutes);
	return got.year == number_of(expect, "year") && got.month == number_of(expect, "month")
	    && got.day == number_of(expect, "day") && got.hour == number_of(expect, "hour");
}

/* The cases whose expectation is spelt out field by field. */
TEST(date_shared_cases)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 50000000);
	struct json cases = json_read_file(t_shared(t, "headers/dates.json"), pool);
	size_t listed = 0;

	for (size_t i = 0; i < cases.items.count; i++) {
		const struct json *one = &cases.items.v[i];
		struct json expect = json_get(one, "expect"), input = json_get(one, "input");

		if (expect.kind != JSON_OBJECT || json_get(&expect, "year").kind != JSON_NUMBER)
			continue;
		listed += json_check_case(t, one,
		    is_as_stated(t_exact_span(t, input.text), &expect), date_differs,
		    COUNT_OF(date_differs));
	}
	T_INT(t, listed, COUNT_OF(date_differs));
}
