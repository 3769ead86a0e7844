/* SPDX-License-Identifier: ISC */
#include "lib/mail/imap_args.h"

#include "lib/base/encode.h"
#include "lib/mail/date.h"

bool
imap_args_fail(struct imap_args *args, const char *error)
{
	if (args->error == NULL)
		args->error = error;
	return false;
}

static struct span
rest_of(const struct imap_args *args)
{
	return span_from(args->in, args->at);
}

bool
imap_args_next_is(const struct imap_args *args, char c)
{
	return args->at < args->in.len && args->in.p[args->at] == c;
}

bool
imap_args_at_end(const struct imap_args *args)
{
	return args->at >= args->in.len;
}

bool
imap_args_end(struct imap_args *args)
{
	if (args->error != NULL)
		return false;
	return imap_args_at_end(args) || imap_args_fail(args, "Too many arguments");
}

bool
imap_args_char(struct imap_args *args, char c)
{
	if (args->error != NULL)
		return false;
	if (!imap_args_next_is(args, c))
		return imap_args_fail(args,
		    c == ' '       ? "Missing argument"
			: c == '(' ? "Expected an opening parenthesis"
			: c == ')' ? "Expected a closing parenthesis"
				   : "Unexpected character");
	args->at++;
	return true;
}

bool
imap_args_space(struct imap_args *args)
{
	return imap_args_char(args, ' ');
}

/* ---- Atoms ---- */

/* ATOM-CHAR = <any CHAR except atom-specials>; list wildcards and "]" by the caller's leave */
static size_t
run_of(struct span in, const char *but)
{
	size_t i = 0;

	while (i < in.len && ascii_is_print(in.p[i]) && strchr(but, in.p[i]) == NULL)
		i++;
	return i;
}

static bool
take_run(struct imap_args *args, const char *but, const char *error, struct span *out)
{
	size_t len = run_of(rest_of(args), but);

	if (args->error != NULL)
		return false;
	if (len == 0)
		return imap_args_fail(args, error);
	*out = span_slice(args->in, args->at, args->at + len);
	args->at += len;
	return true;
}

bool
imap_args_atom(struct imap_args *args, struct span *out)
{
	return take_run(args, "(){ %*\"\\]", "Expected an atom", out);
}

bool
imap_args_word(struct imap_args *args, const char *word)
{
	struct span found = span_slice(args->in, args->at,
	    args->at + run_of(rest_of(args), "(){ %*\"\\[]<"));

	if (args->error != NULL || !span_eq_str_ci(found, word))
		return false;
	args->at += found.len;
	return true;
}

bool
imap_args_flag(struct imap_args *args, struct span *out)
{
	size_t from = args->at;

	if (args->error != NULL)
		return false;
	if (imap_args_next_is(args, '\\'))
		args->at++;
	if (!take_run(args, "(){ %*\"\\]", "Expected a flag", out))
		return false;
	*out = span_slice(args->in, from, args->at);
	return true;
}

/* ---- Strings ---- */

/* quoted = DQUOTE *QUOTED-CHAR DQUOTE */
static bool
take_quoted(struct imap_args *args, struct span *out)
{
	struct span in = rest_of(args);
	size_t close = 1;
	char *text, *to;

	while (close < in.len && in.p[close] != '"')
		close += in.p[close] == '\\' ? 2 : 1;
	if (close >= in.len)
		return imap_args_fail(args, "Quoted string is not closed");
	to = text = arena_alloc(args->pool, close);
	for (size_t i = 1; i < close; i++) {
		if (in.p[i] == '\\' && in.p[++i] != '"' && in.p[i] != '\\')
			return imap_args_fail(args, "Backslash in front of an ordinary character");
		if (in.p[i] == '\0' || in.p[i] == '\r' || in.p[i] == '\n')
			return imap_args_fail(args, "Line end or NUL in a quoted string");
		*to++ = in.p[i];
	}
	*out = span_make(text, (size_t) (to - text));
	args->at += close + 1;
	if (!span_is_ascii(*out) && !(args->is_utf8 && utf8_is_valid(*out)))
		return imap_args_fail(args, "Quoted string is not ASCII");
	return true;
}

/* literal = "{" number64 ["+" / "-"] "}" CRLF *CHAR8 */
static bool
take_literal(struct imap_args *args, struct span *out)
{
	struct span in = rest_of(args), digits;
	size_t close = span_find(in, '}');
	uint64_t len;

	digits = span_slice(in, 1, close);
	if (span_ends_with(digits, SPAN("+")) || span_ends_with(digits, SPAN("-")))
		digits.len--;
	in = span_from(in, close + 1);
	if (!span_starts_with(in, SPAN("\r\n")) || !span_to_u64(digits, in.len - 2, &len))
		return imap_args_fail(args, "Bad literal");
	*out = span_slice(in, 2, 2 + (size_t) len);
	args->at += close + 3 + (size_t) len;
	return !span_has_nul(*out) || imap_args_fail(args, "NUL in a literal");
}

bool
imap_args_string(struct imap_args *args, struct span *out)
{
	if (args->error != NULL)
		return false;
	if (imap_args_next_is(args, '"'))
		return take_quoted(args, out);
	if (imap_args_next_is(args, '{'))
		return take_literal(args, out);
	return imap_args_fail(args, "Expected a string");
}

static bool
begins_string(const struct imap_args *args)
{
	return imap_args_next_is(args, '"') || imap_args_next_is(args, '{');
}

bool
imap_args_astring(struct imap_args *args, struct span *out)
{
	if (begins_string(args))
		return imap_args_string(args, out);
	return take_run(args, "(){ %*\"\\", "Expected a string or an atom", out);
}

bool
imap_args_nstring(struct imap_args *args, struct span *out)
{
	if (imap_args_word(args, "NIL")) {
		*out = span_make(NULL, 0);
		return true;
	}
	return imap_args_string(args, out);
}

bool
imap_args_list_mailbox(struct imap_args *args, struct span *out)
{
	if (begins_string(args))
		return imap_args_string(args, out);
	return take_run(args, "(){ \"\\", "Expected a mailbox pattern", out);
}

/* ---- Numbers and dates ---- */

bool
imap_args_number(struct imap_args *args, uint64_t min, uint64_t max, uint64_t *out)
{
	struct span in = rest_of(args);
	size_t len = span_run(in, "0123456789");

	if (args->error != NULL)
		return false;
	if (!span_to_u64(span_slice(in, 0, len), max, out) || *out < min)
		return imap_args_fail(args, "Expected a number within its limits");
	args->at += len;
	return true;
}

bool
imap_args_set(struct imap_args *args, uint32_t star, struct imap_set *out)
{
	struct span text;

	if (!take_run(args, "(){ \"\\", "Expected a message set", &text))
		return false;
	return imap_set_parse(text, star, args->pool, out) == PARSE_OK ||
	    imap_args_fail(args, "Invalid message set");
}

/* date-day "-" date-month "-" date-year; the value is what is left of text */
static bool
read_day(struct span *text, struct date_parts *parts)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct span day, month;
	uint64_t number, year;
	struct date_parts back;

	if (!span_cut(text, '-', &day) || !span_cut(text, '-', &month) || month.len != 3)
		return false;
	day = span_trim_set(day, " ");
	if (day.len > 2 || !span_to_u64(day, 31, &number) ||
	    !span_to_u64(span_slice(*text, 0, 4), 9999, &year) || text->len < 4)
		return false;
	for (int i = 0; i < 12; i++)
		if (span_eq_ci(month, span_make(months + 3 * i, 3)))
			parts->month = i + 1;
	*text = span_from(*text, 4);
	parts->day = (int) number;
	parts->year = (int) year;
	back = date_split(date_join(parts, 0), 0);
	return parts->month > 0 && back.day == parts->day && back.month == parts->month;
}

/* time = 2DIGIT ":" 2DIGIT ":" 2DIGIT; zone = ("+" / "-") 4DIGIT */
static bool
read_time(struct span text, struct date_parts *parts, int *zone_out)
{
	uint64_t hour, minute, second, zone;
	bool shaped = text.len == 15 && text.p[0] == ' ' && text.p[3] == ':' && text.p[6] == ':' &&
	    text.p[9] == ' ' && (text.p[10] == '+' || text.p[10] == '-');

	if (!shaped || !span_to_u64(span_slice(text, 1, 3), 23, &hour) ||
	    !span_to_u64(span_slice(text, 4, 6), 59, &minute) ||
	    !span_to_u64(span_slice(text, 7, 9), 60, &second) ||
	    !span_to_u64(span_slice(text, 11, 15), 2359, &zone) || zone % 100 > 59)
		return false;
	parts->hour = (int) hour;
	parts->minute = (int) minute;
	parts->second = (int) second;
	*zone_out = (int) (zone / 100 * 60 + zone % 100) * (text.p[10] == '-' ? -1 : 1);
	return true;
}

bool
imap_args_date_time(struct imap_args *args, int64_t *seconds_out)
{
	struct date_parts parts = { 0 };
	struct span text;
	int zone;

	if (args->error != NULL)
		return false;
	if (!imap_args_next_is(args, '"') || !take_quoted(args, &text) || !read_day(&text, &parts) ||
	    !read_time(text, &parts, &zone)) {
		args->error = NULL;
		return imap_args_fail(args, "Invalid date and time");
	}
	*seconds_out = date_join(&parts, zone);
	return true;
}

bool
imap_args_date(struct imap_args *args, int64_t *seconds_out)
{
	struct date_parts parts = { 0 };
	struct span text;

	if (!imap_args_astring(args, &text))
		return false;
	if (!read_day(&text, &parts) || text.len > 0)
		return imap_args_fail(args, "Invalid date");
	*seconds_out = date_join(&parts, 0);
	return true;
}
