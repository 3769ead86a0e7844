/* SPDX-License-Identifier: ISC */
/* local's pure parts: lists of destinations, names in parameters, what a command's end means. */
#include "tests/unit/t.h"

#include "local/local/local_exec.h"
#include "local/local/local_macro.h"
#include "local/local/local_token.h"

static const struct token_case {
	const char *name, *in, *want;
} token_cases[] = {
	{ .name = "names",
	    .in = "anna, bert ,x@y.example",
	    .want = "A[anna]A[bert]A[x@y.example]" },
	{ .name = "empty members", .in = " ,, anna,", .want = "A[anna]" },
	{ .name = "nothing", .in = "  ", .want = "" },
	{ .name = "display name", .in = "\"B, C\" <x@y.example>, d", .want = "A[x@y.example]A[d]" },
	{ .name = "comment", .in = "anna (one, two), bert", .want = "A[anna]A[bert]" },
	{ .name = "quoted local part", .in = "\"a b\"@c.example", .want = "A[a b@c.example]" },
	{ .name = "command", .in = "\"|/bin/x -a, b\"", .want = "C[/bin/x -a, b]" },
	{ .name = "command without quotes", .in = "|/bin/x -a, b", .want = "C[/bin/x -a]A[b]" },
	{ .name = "quotes in a command", .in = "\"|x \\\"y z\\\"\"", .want = "C[x \"y z\"]" },
	{ .name = "file", .in = "/var/x, \"/a b\"", .want = "F[/var/x]F[/a b]" },
	{ .name = "include", .in = ":Include:/a/b, \":include: /c\"", .want = "I[/a/b]I[/c]" },
	{ .name = "direct", .in = "\\anna, \"\\bert\"", .want = "D[anna]A[bert]" },
	{ .name = "empty command", .in = "\"|\"", .want = "B[]" },
	{ .name = "two words", .in = " anna bert@x.example\t c,d", .want = "A[anna]A[bert@x.example]A[c]A[d]" },
	{ .name = "quotes behind the mark", .in = "|\"/bin/x -a, b\", :include:\"/a b\"", .want = "C[/bin/x -a, b]I[/a b]" },
	{ .name = "nobody", .in = "<>, anna", .want = "A[anna]" },
	{ .name = "open quote", .in = "\"anna, bert", .want = "A[anna, bert]" },
};

TEST(tokens)
{
	static const char letters[] = "ADCFIB";

	EACH_CASE (t, c, token_cases) {
		CLEANUP(arena_free) struct arena *arena = arena_new("test", 1 << 20);
		CLEANUP(str_fini) struct str out = { .max = 1000 };
		struct span rest = t_exact(t, c->in);
		struct local_token token;

		while (local_token_next(&rest, arena, &token))
			str_addf(&out, "%c[%.*s]", letters[token.kind], SPAN_ARG(token.text));
		T_STR(t, str_cstr(&out), c->want);
	}
}

TEST(lines)
{
	struct span rest = SPAN("# no\n\none, two\n#x\n three"), line;

	T_TRUE(t, local_token_line(&rest, &line));
	T_SPAN(t, line, "one, two");
	T_TRUE(t, local_token_line(&rest, &line));
	T_SPAN(t, line, " three");
	T_FALSE(t, local_token_line(&rest, &line));
}

static const struct macro_case {
	const char *name, *in, *want;
	enum parse result;
} macro_cases[] = {
	{ .name = "plain", .in = "/a/b", .want = "/a/b" },
	{ .name = "three forms", .in = "$user-${user}-$(user)", .want = "anna-anna-anna" },
	{ .name = "dollar", .in = "a$$b", .want = "a$b" },
	{ .name = "undefined",
	    .in = "$home/.f+${extension}",
	    .want = "/h/.f+",
	    .result = PARSE_MORE },
	{ .name = "if there", .in = "${user?x$user}${extension?y}", .want = "xanna" },
	{ .name = "if not there", .in = "${extension:none}${user:none}", .want = "none" },
	{ .name = "either", .in = "${user?{a}:{b}}${extension?{a}:{b}}", .want = "ab" },
	{ .name = "filtered and not expanded again", .in = "$evil", .want = "__user__" },
	{ .name = "open", .in = "${user", .want = "", .result = PARSE_BAD },
	{ .name = "no name", .in = "$ x", .want = "", .result = PARSE_BAD },
};

TEST(macros)
{
	static const struct local_macro macros[] = {
		{ "user", SPAN_INIT("anna") },
		{ "home", SPAN_INIT("/h") },
		{ "extension", { NULL, 0 } },
		{ "evil", SPAN_INIT("`$user;`") },
		{ NULL, { NULL, 0 } },
	};

	EACH_CASE (t, c, macro_cases) {
		CLEANUP(arena_free) struct arena *arena = arena_new("test", 1 << 20);
		const char *out;

		T_INT(t,
		    local_macro_expand(c->in, macros, "/abcdefghijklmnopqrstuvwxyz", arena, &out),
		    c->result);
		if (c->result != PARSE_BAD)
			T_STR(t, out, c->want);
	}
}

static const struct end_case {
	const char *name;
	int status; /* as of waitpid(2) */
	const char *output, *dsn, *text, *diagnostic;
} end_cases[] = {
	{ .name = "success", .status = 0, .output = "5.1.1 not looked at" },
	{ .name = "temporary",
	    .status = 75 << 8,
	    .output = "",
	    .dsn = "4.3.0",
	    .text = "temporary failure" },
	{ .name = "system resources",
	    .status = 71 << 8,
	    .output = "",
	    .dsn = "4.3.0",
	    .text = "system resource problem" },
	{ .name = "no user",
	    .status = 67 << 8,
	    .output = "",
	    .dsn = "5.1.1",
	    .text = "user unknown" },
	{ .name = "configuration",
	    .status = 78 << 8,
	    .output = "a\nb\n",
	    .dsn = "5.3.5",
	    .text = "local configuration error. Command output: a b" },
	{ .name = "its own code",
	    .status = 1 << 8,
	    .output = "4.2.2 over quota\n",
	    .dsn = "4.2.2",
	    .text = "over quota" },
	{ .name = "code before sysexits",
	    .status = 67 << 8,
	    .output = "5.7.1 no",
	    .dsn = "5.7.1",
	    .text = "no" },
	{ .name = "a code of success",
	    .status = 75 << 8,
	    .output = "2.0.0 fine",
	    .dsn = "4.3.0",
	    .text = "temporary failure. Command output: 2.0.0 fine" },
	{ .name = "other status",
	    .status = 1 << 8,
	    .output = "",
	    .dsn = "5.3.0",
	    .text = "Command died with status 1: \"cmd\"",
	    .diagnostic = "x-unix; unknown mail system error 1" },
	{ .name = "control characters",
	    .status = 1 << 8,
	    .output = "a\033b\001\xff""c",
	    .dsn = "5.3.0",
	    .text = "Command died with status 1: \"cmd\". Command output: a_b__c" },
	{ .name = "UTF-8",
	    .status = 69 << 8,
	    .output = "n\xc3\xa3o\n",
	    .dsn = "5.3.0",
	    .text = "service unavailable. Command output: n\xc3\xa3o",
	    .diagnostic = "x-unix; n\xc3\xa3o" },
	{ .name = "signal",
	    .status = 11,
	    .output = "",
	    .dsn = "4.3.0",
	    .text = "Command died with signal 11: \"cmd\"",
	    .diagnostic = "x-unix; internal software error" },
};

TEST(ends)
{
	EACH_CASE (t, c, end_cases) {
		struct err err = { 0 };

		CLEANUP(str_fini) struct str diagnostic = { .max = 1000 };
		struct span said;

		T_INT(t, local_exec_judge("cmd", c->status, t_exact(t, c->output), &diagnostic, &err),
		    c->dsn == NULL);
		said = str_span(&diagnostic);
		if (c->diagnostic != NULL)
			T_SPAN(t, said, c->diagnostic);
		if (c->dsn == NULL)
			continue;
		T_STR(t, err.dsn, c->dsn);
		T_STR(t, err.text, c->text);
		T_INT(t, err.class, c->dsn[0] == '4' ? ERR_TEMP : ERR_PERM);
	}
}

TEST(shell)
{
	T_FALSE(t, local_exec_needs_shell("/usr/bin/procmail -a x.y"));
	T_TRUE(t, local_exec_needs_shell("cat > x"));
	T_TRUE(t, local_exec_needs_shell("IFS=x exec y"));
	T_TRUE(t, local_exec_needs_shell("exit 75"));
	T_TRUE(t, local_exec_needs_shell("echo \"a\""));
}
