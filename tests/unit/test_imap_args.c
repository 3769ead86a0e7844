/* SPDX-License-Identifier: ISC */
/* Arguments of IMAP commands. */
#include "t.h"

#include "lib/mail/imap_args.h"

/* What to take from the command: each letter one argument. */
static void
take(struct imap_args *args, const char *kinds, struct str *out)
{
	for (; *kinds != '\0' && args->error == NULL; kinds++) {
		struct span text = { NULL, 0 };
		struct imap_set set;
		uint64_t number;
		int64_t seconds;

		switch (*kinds) {
		case 'a':
			(void) imap_args_atom(args, &text);
			break;
		case 's':
			(void) imap_args_astring(args, &text);
			break;
		case 'q':
			(void) imap_args_string(args, &text);
			break;
		case 'n':
			if (imap_args_nstring(args, &text) && text.p == NULL)
				text = SPAN("<NIL>");
			break;
		case 'l':
			(void) imap_args_list_mailbox(args, &text);
			break;
		case 'f':
			(void) imap_args_flag(args, &text);
			break;
		case 'N':
			if (imap_args_number(args, 1, UINT32_MAX, &number))
				(void) str_addf(out, "%llu", (unsigned long long) number);
			break;
		case 'S':
			if (imap_args_set(args, 10, &set))
				(void) imap_set_print(&set, out);
			break;
		case 'D':
			if (imap_args_date_time(args, &seconds))
				(void) str_addf(out, "%lld", (long long) seconds);
			break;
		case 'd':
			if (imap_args_date(args, &seconds))
				(void) str_addf(out, "%lld", (long long) seconds);
			break;
		case '?':
			(void) str_add_str(out, imap_args_word(args, "WORD") ? "yes" : "no");
			break;
		case ' ':
			(void) imap_args_space(args);
			break;
		default:
			if (imap_args_char(args, *kinds))
				(void) str_add_char(out, *kinds);
			break;
		}
		(void) str_add(out, text);
		if (args->error == NULL && *kinds != ' ')
			(void) str_add_char(out, '|');
	}
	(void) imap_args_end(args);
}

static const struct args_case {
	const char *name, *in, *kinds, *want, *error;
	bool is_utf8;
} args_cases[] = {
	{ .name = "strings", .in = "abc \"d e\" {3}\r\nx\r\n", .kinds = "s s s", .want = "abc|d e|x\r\n|" },
	{ .name = "literal+", .in = "{1+}\r\nx y", .kinds = "s s", .want = "x|y|" },
	{ .name = "empty literal", .in = "{0}\r\n", .kinds = "s", .want = "|" },
	{ .name = "literal cut", .in = "{3}\r\nab", .kinds = "s", .error = "Bad literal" },
	{ .name = "literal without line", .in = "{3}", .kinds = "s", .error = "Bad literal" },
	{ .name = "literal without end", .in = "{3", .kinds = "s", .error = "Bad literal" },
	{ .name = "literal of wrong size", .in = "{99999999999999999999}\r\n", .kinds = "s", .error = "Bad literal" },
	{ .name = "escapes", .in = "\"a\\\"b\\\\c\"", .kinds = "q", .want = "a\"b\\c|" },
	{ .name = "needless escape", .in = "\"\\a\"", .kinds = "q", .error = "Backslash in front of an ordinary character" },
	{ .name = "quote not closed", .in = "\"abc", .kinds = "q", .error = "Quoted string is not closed" },
	{ .name = "escape at the end", .in = "\"abc\\", .kinds = "q", .error = "Quoted string is not closed" },
	{ .name = "escaped quote at the end", .in = "\"abc\\\"", .kinds = "q", .error = "Quoted string is not closed" },
	{ .name = "8 bit quoted", .in = "\"\xc3\xbc\"", .kinds = "q", .error = "Quoted string is not ASCII" },
	{ .name = "UTF-8 quoted", .in = "\"\xc3\xbc\"", .kinds = "q", .is_utf8 = true, .want = "\xc3\xbc|" },
	{ .name = "not UTF-8 quoted", .in = "\"\xc3\"", .kinds = "q", .is_utf8 = true, .error = "Quoted string is not ASCII" },
	{ .name = "bracket in an astring", .in = "a]b", .kinds = "s", .want = "a]b|" },
	{ .name = "bracket ends an atom", .in = "a]b", .kinds = "a]a", .want = "a|]|b|" },
	{ .name = "nil", .in = "nil \"NIL\"", .kinds = "n n", .want = "<NIL>|NIL|" },
	{ .name = "nil and more", .in = "nilx", .kinds = "n", .error = "Expected a string" },
	{ .name = "wildcards", .in = "a%*b", .kinds = "l", .want = "a%*b|" },
	{ .name = "wildcard in a name", .in = "a%", .kinds = "s", .want = "a|", .error = "Too many arguments" },
	{ .name = "flags", .in = "\\Seen $x", .kinds = "f f", .want = "\\Seen|$x|" },
	{ .name = "lone backslash", .in = "\\", .kinds = "f", .error = "Expected a flag" },
	{ .name = "word", .in = "word WORD[ words", .kinds = "? ?[ ?", .want = "yes|yes|[|no|", .error = "Too many arguments" },
	{ .name = "number", .in = "4294967295", .kinds = "N", .want = "4294967295|" },
	{ .name = "number too small", .in = "0", .kinds = "N", .error = "Expected a number within its limits" },
	{ .name = "number too big", .in = "4294967296", .kinds = "N", .error = "Expected a number within its limits" },
	{ .name = "set", .in = "2,1,5:*", .kinds = "S", .want = "1:2,5:10|" },
	{ .name = "bad set", .in = "1:x", .kinds = "S", .error = "Invalid message set" },
	{ .name = "date and time", .in = "\" 2-Jan-1970 01:00:00 +0100\"", .kinds = "D", .want = "86400|" },
	{ .name = "leap second", .in = "\"31-Dec-1998 23:59:60 -0000\"", .kinds = "D", .want = "915148800|" },
	{ .name = "no such day", .in = "\"30-Feb-2020 01:00:00 +0100\"", .kinds = "D", .error = "Invalid date and time" },
	{ .name = "no zone", .in = "\"01-Feb-2020 01:00:00\"", .kinds = "D", .error = "Invalid date and time" },
	{ .name = "dates", .in = "1-feb-2020 \"29-Feb-2020\"", .kinds = "d d", .want = "1580515200|1582934400|" },
	{ .name = "date with more", .in = "1-feb-2020x", .kinds = "d", .error = "Invalid date" },
	{ .name = "argument missing", .in = "a", .kinds = "s s", .want = "a|", .error = "Missing argument" },
	{ .name = "argument too many", .in = "a b", .kinds = "s", .want = "a|", .error = "Too many arguments" },
	{ .name = "two spaces", .in = "a  b", .kinds = "s s", .want = "a|", .error = "Expected a string or an atom" },
	{ .name = "parentheses", .in = "(a)", .kinds = "(a)", .want = "(|a|)|" },
};

TEST(imap_args)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE (t, c, args_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };
		struct imap_args args = { .in = t_exact(t, c->in), .pool = pool, .is_utf8 = c->is_utf8 };

		take(&args, c->kinds, &out);
		T_STR(t, args.error, c->error);
		if (c->want != NULL)
			T_SPAN(t, str_span(&out), c->want);
	}
}
