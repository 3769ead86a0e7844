/* SPDX-License-Identifier: ISC */
/* Commands of the SMTP server. */
#include "t.h"

#include "json.h"
#include "lib/mail/smtp_cmd.h"

static const struct smtp_grammar everything = { .params = 0xff, .path_flags = ADDR_PATH_UTF8,
	.verp_filter = "-=+" };

static const struct line_case {
	const char *name, *in;
	enum smtp_verb verb;
	const char *args;
} line_cases[] = {
	{ .name = "plain", .in = "EHLO a.example", .verb = SMTP_EHLO, .args = "a.example" },
	{ .name = "case", .in = "ehLo a", .verb = SMTP_EHLO, .args = "a" },
	{ .name = "blanks", .in = "  NOOP \t x y  ", .verb = SMTP_NOOP, .args = "x y" },
	{ .name = "no arguments", .in = "QUIT", .verb = SMTP_QUIT, .args = "" },
	{ .name = "empty", .in = "", .verb = SMTP_UNKNOWN, .args = "" },
	{ .name = "longer word", .in = "DATA_", .verb = SMTP_UNKNOWN, .args = "" },
	{ .name = "shorter word", .in = "DAT", .verb = SMTP_UNKNOWN, .args = "" },
	{ .name = "web", .in = "GET / HTTP/1.0", .verb = SMTP_UNKNOWN, .args = "/ HTTP/1.0" },
	{ .name = "our word for nothing", .in = "UNKNOWN", .verb = SMTP_UNKNOWN, .args = "" },
};

TEST(smtp_cmd_parse)
{
	EACH_CASE (t, c, line_cases) {
		struct smtp_cmd cmd = smtp_cmd_parse(t_exact(t, c->in));

		T_INT(t, cmd.verb, c->verb);
		T_TRUE(t, span_eq_str(cmd.args, c->args));
	}
}

static const struct mail_case {
	const char *name, *args;
	int code; /* 0: accepted */
	const char *dsn, *text;
} mail_cases[] = {
	{ .name = "plain", .args = "FROM:<a@b>" },
	{ .name = "all",
	    .args =
		"FROM:<a@b> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb AUTH=<> REQUIRETLS XVERP=-=" },
	{ .name = "lenient keyword", .args = "from : <a@b>" },
	{ .name = "no keyword",
	    .args = "<a@b>",
	    .code = 501,
	    .dsn = "5.5.4",
	    .text = "Syntax: MAIL FROM:<address>" },
	{ .name = "wrong keyword",
	    .args = "TO:<a@b>",
	    .code = 501,
	    .dsn = "5.5.4",
	    .text = "Syntax: MAIL FROM:<address>" },
	{ .name = "bad address",
	    .args = "FROM:<a@b",
	    .code = 501,
	    .dsn = "5.1.7",
	    .text = "Bad sender address syntax" },
	{ .name = "unknown",
	    .args = "FROM:<> HELLO=WORLD",
	    .code = 555,
	    .dsn = "5.5.4",
	    .text = "Unsupported option: HELLO=WORLD" },
	{ .name = "recipient's parameter",
	    .args = "FROM:<> NOTIFY=NEVER",
	    .code = 555,
	    .dsn = "5.5.4",
	    .text = "Unsupported option: NOTIFY=NEVER" },
	{ .name = "bad size",
	    .args = "FROM:<> SIZE=-1",
	    .code = 501,
	    .dsn = "5.5.4",
	    .text = "Bad message size syntax" },
	{ .name = "no size",
	    .args = "FROM:<> SIZE",
	    .code = 555,
	    .dsn = "5.5.4",
	    .text = "Unsupported option: SIZE" },
	{ .name = "a value where there is none",
	    .args = "FROM:<> SMTPUTF8=1",
	    .code = 555,
	    .dsn = "5.5.4",
	    .text = "Unsupported option: SMTPUTF8=1" },
	{ .name = "domain of digits",
	    .args = "FROM:<a@192.0.2.1>",
	    .code = 501,
	    .dsn = "5.1.7",
	    .text = "Bad sender address syntax" },
	{ .name = "bad literal",
	    .args = "FROM:<a@[192.0.2]>",
	    .code = 501,
	    .dsn = "5.1.7",
	    .text = "Bad sender address syntax" },
	{ .name = "nothing at all",
	    .args = "FROM:",
	    .code = 501,
	    .dsn = "5.5.4",
	    .text = "Syntax: MAIL FROM:<address>" },
	{ .name = "twice",
	    .args = "FROM:<> SIZE=1 SIZE=2",
	    .code = 501,
	    .dsn = "5.5.4",
	    .text = "Duplicate SIZE parameter" },
	{ .name = "zero byte in ENVID",
	    .args = "FROM:<> ENVID=a+00",
	    .code = 501,
	    .dsn = "5.5.4",
	    .text = "Bad ENVID parameter syntax" },
	{ .name = "line end in ENVID",
	    .args = "FROM:<> ENVID=a+0A",
	    .code = 501,
	    .dsn = "5.5.4",
	    .text = "Bad ENVID parameter syntax" },
	{ .name = "bad ret",
	    .args = "FROM:<> RET=BODY",
	    .code = 501,
	    .dsn = "5.5.4",
	    .text = "Bad RET parameter syntax" },
	{ .name = "verp with one",
	    .args = "FROM:<> XVERP=-",
	    .code = 501,
	    .dsn = "5.5.4",
	    .text = "Error: XVERP needs two characters from -=+" },
};

TEST(smtp_mail_parse)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE (t, c, mail_cases) {
		struct smtp_fault fault = { 0 };
		struct smtp_mail mail;
		bool good = smtp_mail_parse(t_exact(t, c->args), &everything, pool, &mail, &fault);

		T_INT(t, good, c->code == 0);
		T_INT(t, fault.code, c->code);
		T_STR(t, fault.dsn, c->dsn != NULL ? c->dsn : "");
		T_STR(t, fault.text, c->text != NULL ? c->text : "");
	}
}

TEST(smtp_mail_values)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);
	struct smtp_fault fault = { 0 };
	struct smtp_mail mail;

	T_NEED(t, smtp_mail_parse(span_of(mail_cases[1].args), &everything, pool, &mail, &fault));
	T_INT(t, mail.size, 100);
	T_INT(t, mail.body, SMTP_BODY_8BITMIME);
	T_INT(t, mail.ret, DSN_RET_HDRS);
	T_SPAN(t, mail.envid, "a+b");
	T_SPAN(t, mail.auth, "<>");
	T_SPAN(t, mail.verp, "-=");
	T_TRUE(t, mail.smtputf8 && mail.requiretls);
	T_NEED(t, smtp_mail_parse(SPAN("FROM:<> XVERP"), &everything, pool, &mail, &fault));
	T_SPAN(t, mail.verp, "");
	T_TRUE(t, mail.path.is_null && mail.envid.p == NULL && mail.auth.p == NULL);
}

TEST(smtp_null_domain)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);
	struct smtp_grammar grammar = everything;
	struct smtp_fault fault = { 0 };
	struct smtp_mail mail;

	T_FALSE(t, smtp_mail_parse(SPAN("FROM:<a@>"), &grammar, pool, &mail, &fault));
	grammar.null_domain = "here.example";
	T_NEED(t, smtp_mail_parse(SPAN("FROM:<a@> SIZE=1"), &grammar, pool, &mail, &fault));
	T_SPAN(t, mail.path.addr.domain, "here.example");
	T_NEED(t, smtp_mail_parse(SPAN("FROM:<a>"), &grammar, pool, &mail, &fault));
	T_SPAN(t, mail.path.addr.domain, "");
}

TEST(smtp_params_must_be_offered)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);
	struct smtp_grammar plain = {
		.params = SMTP_PARAM_SIZE, .path_flags = ADDR_PATH_UTF8, .needs_smtputf8 = true
	};
	struct smtp_fault fault = { 0 };
	struct smtp_mail mail;
	struct smtp_rcpt rcpt;

	T_TRUE(t, smtp_mail_parse(SPAN("FROM:<a@b> SIZE=1"), &plain, pool, &mail, &fault));
	T_FALSE(t, smtp_mail_parse(SPAN("FROM:<a@b> SMTPUTF8"), &plain, pool, &mail, &fault));
	T_INT(t, fault.code, 555);
	T_FALSE(t, smtp_mail_parse(SPAN("FROM:<\xc3\xa9@b>"), &plain, pool, &mail, &fault));
	T_INT(t, fault.code, 553);
	T_STR(t, fault.dsn, "5.6.7");
	T_FALSE(t, smtp_rcpt_parse(SPAN("TO:<\xc3\xa9@b>"), &plain, false, pool, &rcpt, &fault));
	T_TRUE(t, smtp_rcpt_parse(SPAN("TO:<\xc3\xa9@b>"), &plain, true, pool, &rcpt, &fault));
	plain.params |= SMTP_PARAM_BODY;
	T_FALSE(
	    t, smtp_mail_parse(SPAN("FROM:<a@b> BODY=BINARYMIME"), &plain, pool, &mail, &fault));
	T_INT(t, fault.code, 555);
}

TEST(smtp_rcpt_parse)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);
	struct smtp_fault fault = { 0 };
	struct smtp_rcpt rcpt;

	T_NEED(t,
	    smtp_rcpt_parse(SPAN("TO:<a@b> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z"), &everything,
		false, pool, &rcpt, &fault));
	T_INT(t, rcpt.notify, DSN_NOTIFY_SUCCESS | DSN_NOTIFY_DELAY);
	T_SPAN(t, rcpt.orcpt, "rfc822;x+y@z");
	T_FALSE(t, smtp_rcpt_parse(SPAN("TO:<>"), &everything, false, pool, &rcpt, &fault));
	T_INT(t, fault.code, 501);
	T_STR(t, fault.dsn, "5.1.3");
	T_FALSE(t,
	    smtp_rcpt_parse(
		SPAN("TO:<a@b> NOTIFY=NEVER,DELAY"), &everything, false, pool, &rcpt, &fault));
	T_FALSE(t,
	    smtp_rcpt_parse(
		SPAN("TO:<a@b> ORCPT=rfc822"), &everything, false, pool, &rcpt, &fault));
	T_FALSE(
	    t, smtp_rcpt_parse(SPAN("TO:<a@b> ORCPT=;x"), &everything, false, pool, &rcpt, &fault));
	T_FALSE(t,
	    smtp_rcpt_parse(
		SPAN("TO:<a@b> ORCPT=rfc822;a+00"), &everything, false, pool, &rcpt, &fault));
}

static const struct vrfy_case {
	const char *name, *args, *text, *local, *path;
	int code;
} vrfy_cases[] = {
	{ .name = "plain", .args = "user@example.test", .text = "user@example.test", .local = "user" },
	{ .name = "brackets", .args = "<user@example.test>", .text = "<user@example.test>", .local = "user" },
	{ .name = "name alone", .args = "user", .text = "user", .local = "user" },
	{ .name = "utf8", .args = "\xc3\xa9@b.test  smtputf8", .text = "\xc3\xa9@b.test", .local = "\xc3\xa9" },
	{ .name = "undeclared utf8", .args = "\xc3\xa9@b.test", .text = "\xc3\xa9@b.test", .code = 553 },
	{ .name = "somebody called so", .args = "SMTPUTF8", .text = "SMTPUTF8", .local = "SMTPUTF8" },
	{ .name = "two words", .args = "a b", .text = "a b", .code = 501, .path = "a b" },
	{ .name = "null", .args = "<>", .text = "<>", .code = 501, .path = "<>" },
};

TEST(smtp_vrfy_parse)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);
	struct smtp_grammar strict = everything;

	strict.needs_smtputf8 = true;
	EACH_CASE (t, c, vrfy_cases) {
		struct smtp_fault fault = { 0 };
		struct addr_path path;
		struct span text;

		T_INT(t, smtp_vrfy_parse(t_exact(t, c->args), &strict, pool, &path, &text, &fault),
		    c->code == 0);
		T_SPAN(t, text, c->text);
		T_INT(t, fault.code, c->code);
		if (c->code == 0)
			T_SPAN(t, path.addr.local, c->local);
		else if (c->path != NULL)
			T_SPAN(t, fault.path, c->path);
	}
}

static const struct bdat_case {
	const char *name, *args;
	bool good, is_last;
	uint64_t size;
} bdat_cases[] = {
	{ .name = "chunk", .args = "1000", .good = true, .size = 1000 },
	{ .name = "last", .args = "0 last", .good = true, .is_last = true },
	{ .name = "none", .args = "" },
	{ .name = "negative", .args = "-1" },
	{ .name = "other word", .args = "10 FIRST" },
	{ .name = "three words", .args = "10 LAST x" },
	{ .name = "huge", .args = "99999999999999999999" },
};

TEST(smtp_bdat_parse)
{
	EACH_CASE (t, c, bdat_cases) {
		struct smtp_fault fault;
		uint64_t size = 0;
		bool is_last;

		T_INT(t, smtp_bdat_parse(t_exact(t, c->args), &size, &is_last, &fault), c->good);
		if (c->good) {
			T_INT(t, is_last, c->is_last);
			T_TRUE(t, size == c->size);
		}
	}
}

static const struct xattr_case {
	const char *name, *args;
	enum parse want;
	const char *attr, *value; /* value NULL: it cannot be decoded */
	bool is_missing, is_temporary;
} xattr_cases[] = {
	{ .name = "plain", .args = "ADDR=192.0.2.1 NAME=x", .attr = "ADDR", .value = "192.0.2.1" },
	{ .name = "xtext", .args = "LOGIN=a+20b", .attr = "LOGIN", .value = "a b" },
	{ .name = "unavailable", .args = "NAME=[UNAVAILABLE]", .attr = "NAME", .value = "[UNAVAILABLE]", .is_missing = true },
	{ .name = "not now", .args = "NAME=[tempunavail]", .attr = "NAME", .value = "[tempunavail]", .is_missing = true, .is_temporary = true },
	{ .name = "nothing", .args = "  ", .want = PARSE_MORE },
	{ .name = "no value", .args = "NAME=", .attr = "NAME" },
	{ .name = "no equals", .args = "NAME", .want = PARSE_BAD },
	{ .name = "no name", .args = "=x", .attr = "", .value = "x" },
	{ .name = "line end", .args = "HELO=a+0D+0Ab", .attr = "HELO" },
	{ .name = "bad xtext", .args = "HELO=a+zz", .attr = "HELO" },
	{ .name = "bad utf8", .args = "HELO=a+FF", .attr = "HELO" },
};

TEST(smtp_xattr)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE (t, c, xattr_cases) {
		struct span args = t_exact(t, c->args), name, text;
		struct smtp_xattr xattr;

		T_INT(t, smtp_xattr_next(&args, &name, &text), c->want);
		if (c->want != PARSE_OK)
			continue;
		T_SPAN(t, name, c->attr);
		T_INT(t, smtp_xattr_decode(text, pool, &xattr), c->value != NULL);
		if (c->value == NULL)
			continue;
		T_SPAN(t, xattr.value, c->value);
		T_INT(t, xattr.is_missing, c->is_missing);
		T_INT(t, xattr.is_temporary, c->is_temporary);
	}
}

/*
 * Whether we accept a command line; parameters of extensions that we do not offer count as refused.
 */
static bool
accepts(struct span line, struct arena *pool, struct smtp_fault *fault)
{
	struct smtp_cmd cmd = smtp_cmd_parse(line);
	struct span name;
	struct smtp_mail mail;
	struct smtp_rcpt rcpt;
	uint64_t size;
	bool is_last;

	if (cmd.verb == SMTP_MAIL)
		return smtp_mail_parse(cmd.args, &everything, pool, &mail, fault);
	if (cmd.verb == SMTP_RCPT)
		return smtp_rcpt_parse(cmd.args, &everything, true, pool, &rcpt, fault);
	if (cmd.verb == SMTP_BDAT)
		return smtp_bdat_parse(cmd.args, &size, &is_last, fault);
	if (cmd.verb == SMTP_HELO || cmd.verb == SMTP_EHLO || cmd.verb == SMTP_LHLO)
		return smtp_helo_parse(&cmd, &name, fault);
	fault->code = 555;
	return false;
}

/* Where the shared cases and we differ, and why; whatever else differs is a fault. */
static const struct {
	const char *command, *reason;
} known_differences[] = {
	{ "MAIL FROM:<hi..there@invalid.org>", "as Postfix: strict_rfc821_envelopes decides" },
	{ "MAIL FROM:asdf", "as Postfix: strict_rfc821_envelopes decides" },
	{ "MAIL FROM: BODY=8BITMIME SIZE=12345", "as Postfix: an empty sender without brackets" },
	{ "MAIL FROM:<> BODY=BINARYMIME BODY=7BIT BODY=8BITMIME", "BODY is given once" },
	{ "RCPT TO:<>", "a recipient is never empty" },
	{ "RCPT TO:<> NOTIFY=FAILURE", "a recipient is never empty" },
	{ "RCPT TO:<> NOTIFY=SUCCESS,FAILURE,DELAY", "a recipient is never empty" },
	{ "RCPT TO:<> ORCPT=rfc822;Bob@Example.COM", "a recipient is never empty" },
	{ "RCPT TO:<> RRVS=2014-04-03T23:01:00Z", "a recipient is never empty" },
	{ "RCPT TO:<> RRVS=2003-07-01T10:52:37+02:00;R", "a recipient is never empty" },
};

static bool
is_known_difference(struct span command)
{
	for (size_t i = 0; i < COUNT_OF(known_differences); i++)
		if (span_eq(span_trim(command), span_of(known_differences[i].command)))
			return true;
	return false;
}

TEST(smtp_shared_cases)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 50000000);
	struct json cases = json_read_file(t_shared(t, "smtp/commands.json"), pool);
	size_t differing = 0, stated = 0;

	for (size_t i = 0; i < cases.items.count; i++) {
		const struct json *one = &cases.items.v[i];
		struct json expect = json_get(one, "expect"), command = json_get(one, "command");
		struct smtp_fault fault = { 0 };
		bool want = json_get(&expect, "valid").kind == JSON_TRUE;
		bool got = accepts(t_exact_span(t, command.text), pool, &fault);

		if (json_get(&expect, "liberal").kind == JSON_TRUE || fault.code == 555)
			continue;
		stated++;
		if (got == want)
			continue;
		differing++;
		if (!is_known_difference(command.text)) {
			printf("differs: %.*s: %d\n", SPAN_ARG(command.text), fault.code);
			T_TRUE(t, got == want);
		}
	}
	T_TRUE(t, stated > 40);
	T_INT(t, differing, COUNT_OF(known_differences));
}
