/* SPDX-License-Identifier: ISC */
/* Search keys as trees. */
#include "t.h"

#include "lib/mail/imap_search.h"

static const char *const kind_names[] = {
	[SEARCH_ALL] = "all", [SEARCH_AND] = "and", [SEARCH_OR] = "or", [SEARCH_SET] = "set", [SEARCH_UID] = "uid", [SEARCH_FLAG] = "flag",
	[SEARCH_RECENT] = "recent", [SEARCH_BEFORE] = "before", [SEARCH_ON] = "on", [SEARCH_SINCE] = "since", [SEARCH_SENT_BEFORE] = "sentbefore",
	[SEARCH_SENT_ON] = "senton", [SEARCH_SENT_SINCE] = "sentsince", [SEARCH_SAVED_BEFORE] = "savedbefore", [SEARCH_SAVED_ON] = "savedon",
	[SEARCH_SAVED_SINCE] = "savedsince", [SEARCH_SAVE_DATE_SUPPORTED] = "savedate", [SEARCH_OLDER] = "older", [SEARCH_YOUNGER] = "younger",
	[SEARCH_LARGER] = "larger", [SEARCH_SMALLER] = "smaller", [SEARCH_HEADER] = "header", [SEARCH_ADDRESS] = "address", [SEARCH_BODY] = "body",
	[SEARCH_TEXT] = "text", [SEARCH_MODSEQ] = "modseq", [SEARCH_EMAILID] = "emailid", [SEARCH_THREADID] = "threadid",
};

static void
print_key(const struct search_key *key, struct str *out)
{
	(void) str_addf(out, "%s%s", key->is_negated ? "!" : "", kind_names[key->kind]);
	if (key->field.p != NULL)
		(void) str_addf(out, " %.*s", SPAN_ARG(key->field));
	if (key->text.p != NULL)
		(void) str_addf(out, " %.*s", SPAN_ARG(key->text));
	if (key->date != 0)
		(void) str_addf(out, " %lld", (long long) key->date);
	if (key->number != 0)
		(void) str_addf(out, " %llu", (unsigned long long) key->number);
	if (key->set.ranges.count > 0) {
		(void) str_add_char(out, ' ');
		(void) imap_set_print(&key->set, out);
	}
	if (key->kind != SEARCH_AND && key->kind != SEARCH_OR)
		return;
	for (size_t i = 0; i < key->keys.count; i++) {
		(void) str_add_str(out, i == 0 ? "(" : ",");
		print_key(key->keys.v[i], out);
	}
	(void) str_add_char(out, ')');
}

static const struct search_case {
	const char *name, *in, *want, *error;
	enum search_cost cost;
	bool is_utf8;
} search_cases[] = {
	{ .name = "all", .in = "ALL", .want = "and(all)" },
	{ .name = "numbers", .in = "1:3,7 *", .want = "and(set 1:3,7,set 9)" },
	{ .name = "uids", .in = "uid 5:*", .want = "and(uid 5:100)" },
	{ .name = "saved", .in = "$ UID $", .want = "and(set 2:3,uid 20:30)" },
	{ .name = "flags", .in = "SEEN UNSEEN ANSWERED UNDELETED DRAFT UNFLAGGED", .want = "and(flag \\Seen,!flag \\Seen,flag \\Answered,!flag \\Deleted,flag \\Draft,!flag \\Flagged)" },
	{ .name = "keywords", .in = "KEYWORD $Junk UNKEYWORD x", .want = "and(flag $Junk,!flag x)" },
	{ .name = "new and old", .in = "NEW OLD RECENT", .want = "and(and(recent,!flag \\Seen),!recent,recent)" },
	{ .name = "not and or", .in = "NOT OR SEEN (FLAGGED DRAFT)", .want = "and(!and(or(flag \\Seen,and(flag \\Flagged,flag \\Draft))))" },
	{ .name = "dates", .in = "BEFORE 2-Jan-1970 SINCE \"3-Jan-1970\" ON 2-Jan-1970", .want = "and(before 86400,since 172800,on 86400)" },
	{ .name = "sent dates", .in = "SENTBEFORE 2-Jan-1970", .want = "and(sentbefore 86400)", .cost = SEARCH_COST_HEADER },
	{ .name = "save dates", .in = "SAVEDSINCE 2-Jan-1970 SAVEDATESUPPORTED", .want = "and(savedsince 86400,savedate)" },
	{ .name = "ages", .in = "OLDER 60 YOUNGER 5", .want = "and(older 60,younger 5)" },
	{ .name = "sizes", .in = "LARGER 10 SMALLER 4294967296", .want = "and(larger 10,smaller 4294967296)" },
	{ .name = "addresses", .in = "FROM a TO \"b c\" CC {1}\r\nd BCC e", .want = "and(address From a,address To b c,address Cc d,address Bcc e)", .cost = SEARCH_COST_HEADER },
	{ .name = "subject and header", .in = "SUBJECT s HEADER List-Id \"\"", .want = "and(header Subject s,header List-Id )", .cost = SEARCH_COST_HEADER },
	{ .name = "body", .in = "OR BODY x SEEN", .want = "and(or(body x,flag \\Seen))", .cost = SEARCH_COST_BODY },
	{ .name = "modseq", .in = "MODSEQ 7 MODSEQ \"/flags/\\\\seen\" all 8", .want = "and(modseq 7,modseq 8)" },
	{ .name = "ids", .in = "EMAILID M1 THREADID T2", .want = "and(emailid M1,threadid T2)" },
	{ .name = "charset", .in = "CHARSET utf-8 TEXT {2}\r\n\xc3\xbc", .want = "and(text \xc3\xbc)", .cost = SEARCH_COST_BODY },
	{ .name = "ascii", .in = "CHARSET US-ASCII ALL", .want = "and(all)" },
	{ .name = "unknown charset", .in = "CHARSET KOI8-R ALL", .error = "Unknown charset" },
	{ .name = "8 bit without charset", .in = "TEXT {2}\r\n\xc3\xbc", .error = "Unknown charset" },
	{ .name = "8 bit when enabled", .in = "TEXT \"\xc3\xbc\"", .is_utf8 = true, .want = "and(text \xc3\xbc)", .cost = SEARCH_COST_BODY },
	{ .name = "no UTF-8", .in = "CHARSET UTF-8 TEXT {1}\r\n\xc3", .error = "Unknown charset" },
	{ .name = "unknown key", .in = "BEFOR 2-Jan-1970", .error = "Unknown search key" },
	{ .name = "nothing", .in = "", .error = "Unknown search key" },
	{ .name = "empty list", .in = "()", .error = "Unknown search key" },
	{ .name = "list not closed", .in = "(ALL", .error = "Expected a closing parenthesis" },
	{ .name = "or of one", .in = "OR ALL", .error = "Missing argument" },
	{ .name = "not of nothing", .in = "NOT", .error = "Missing argument" },
	{ .name = "younger than nothing", .in = "YOUNGER 0", .error = "Expected a number within its limits" },
	{ .name = "bad date", .in = "ON 32-Jan-1970", .error = "Invalid date" },
	{ .name = "too much", .in = "ALL)", .error = "Missing argument" },
};

static struct search_key *
parse(struct imap_args *args, struct span *charset)
{
	struct imap_set *saved = ARENA_NEW(args->pool, struct imap_set), *uids = ARENA_NEW(args->pool, struct imap_set);
	struct search_sets sets = { .messages = 9, .uid_max = 100, .saved = saved, .saved_uids = uids };

	imap_set_add(saved, 2, 3, args->pool);
	imap_set_add(uids, 20, 30, args->pool);
	return search_parse(args, &sets, charset);
}

TEST(search_parse)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE (t, c, search_cases) {
		struct imap_args args = { .in = t_exact(t, c->in), .pool = pool, .is_utf8 = c->is_utf8 };
		CLEANUP(str_fini) struct str out = { .max = 10000 };
		struct search_key *key;
		struct span charset;

		key = parse(&args, &charset);
		T_STR(t, args.error, c->error);
		T_INT(t, key != NULL, c->error == NULL);
		if (key == NULL)
			continue;
		print_key(key, &out);
		T_SPAN(t, str_span(&out), c->want);
		T_INT(t, search_cost(key), c->cost);
	}
}

/* 49 levels are read, 60 are refused, a million too. */
TEST(search_depth)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 100000000);
	static const size_t depths[] = { 49, 60, 1000000 };

	for (size_t i = 0; i < COUNT_OF(depths); i++) {
		CLEANUP(str_fini) struct str in = { .max = 10000000 };
		struct imap_args args = { .pool = pool };
		struct span charset;

		for (size_t n = 0; n < depths[i]; n++)
			(void) str_add_str(&in, n % 2 == 0 ? "(" : "NOT ");
		(void) str_add_str(&in, "ALL");
		for (size_t n = 0; n < depths[i]; n += 2)
			(void) str_add_char(&in, ')');
		args.in = str_span(&in);
		T_INT(t, parse(&args, &charset) != NULL, depths[i] < IMAP_DEPTH_MAX);
	}
}

static const struct return_case {
	const char *name, *in;
	unsigned want;
	const char *error;
} return_cases[] = {
	{ .name = "none", .in = "ALL", .want = 0 },
	{ .name = "empty", .in = "RETURN () ALL", .want = SEARCH_RETURN_ALL },
	{ .name = "several", .in = "return (min COUNT save) ALL", .want = SEARCH_RETURN_MIN | SEARCH_RETURN_COUNT | SEARCH_RETURN_SAVE },
	{ .name = "twice", .in = "RETURN (MIN MIN) ALL", .error = "Unknown or repeated RETURN option" },
	{ .name = "unknown", .in = "RETURN (MOST) ALL", .error = "Unknown or repeated RETURN option" },
	{ .name = "not closed", .in = "RETURN (MIN", .error = "Missing argument" },
};

TEST(search_parse_return)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE (t, c, return_cases) {
		struct imap_args args = { .in = t_exact(t, c->in), .pool = pool };
		unsigned returns;

		T_INT(t, search_parse_return(&args, &returns), c->error == NULL);
		T_STR(t, args.error, c->error);
		if (c->error == NULL)
			T_INT(t, returns, c->want);
		if (c->error == NULL)
			T_TRUE(t, imap_args_word(&args, "ALL"));
	}
}
