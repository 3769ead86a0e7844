/* SPDX-License-Identifier: ISC */
/* Expansion of $name and ${...}: each form, its faults, and its limits. */
#include "tests/unit/t.h"

#include "lib/sys/main_cf.h"

static const char settings[] =
    "compatibility_level = 3.6\n"
    "set = value\n"
    "empty =\n"
    "outer = <$set>\n"
    "indirect = $empty\n"
    "three = 3\n"
    "loop_a = $loop_b\n"
    "loop_b = $loop_a\n"
    "wide = $w1$w1$w1$w1$w1$w1$w1$w1\nw1 = $w2$w2$w2$w2$w2$w2$w2$w2\nw2 = "
    "$w3$w3$w3$w3$w3$w3$w3$w3\n"
    "w3 = $w4$w4$w4$w4$w4$w4$w4$w4\nw4 = $w5$w5$w5$w5$w5$w5$w5$w5\nw5 = x\n";

static const struct expand_case {
	const char *name, *in, *want;   /* want NULL: error */
	const char *error;
} cases[] = {
	{ "plain text", "a b", "a b", NULL },
	{ "name", "$set", "value", NULL },
	{ "name in braces", "a${set}b", "avalueb", NULL },
	{ "name in parentheses", "$(set)x", "valuex", NULL },
	{ "name ends at other characters", "$set/$set.", "value/value.", NULL },
	{ "recursion", "$outer", "<value>", NULL },
	{ "unknown name is empty", "[$unknown_name]", "[]", NULL },
	{ "default of a parameter", "$default_transport", "smtp", NULL },
	{ "two dollars", "a$$b$$", "a$b$", NULL },
	{ "dollars are not expanded twice", "$$set", "$set", NULL },

	{ "text when set", "${set?yes}", "yes", NULL },
	{ "text when set, in braces", "${set?{ yes }}", "yes", NULL },
	{ "text when set, name is empty", "[${empty?yes}]", "[]", NULL },
	{ "text when empty", "${empty:no}", "no", NULL },
	{ "text when empty, name is set", "[${set:no}]", "[]", NULL },
	{ "text when unknown", "${unknown_name:no}", "no", NULL },
	{ "bare text may hold a colon", "${set?a:b}", "a:b", NULL },
	{ "bare text keeps blanks", "[${set? a }]", "[ a ]", NULL },
	{ "either, set", "${set?{a}:{b}}", "a", NULL },
	{ "either, empty", "${empty?{a}:{b}}", "b", NULL },
	{ "either, bare else", "${empty?{a}:b c}", "b c", NULL },
	{ "blanks between", "${ set ? { a } : { b } }", "a", NULL },
	{ "asked before expansion", "${indirect?{a}:{b}}", "a", NULL },
	{ "nested", "${empty?{x}:{${set?{${set}!}:{y}}}}", "value!", NULL },
	{ "references in a branch", "${set?{$set $set}}", "value value", NULL },

	{ "equal", "${{$set} == {value} ? {a} : {b}}", "a", NULL },
	{ "not equal", "${{$set} != {value} ? {a} : {b}}", "b", NULL },
	{ "numbers", "${{3} < {10} ? {a} : {b}}", "a", NULL },
	{ "numbers with zeros", "${{010} == {10} ? {a} : {b}}", "a", NULL },
	{ "long numbers", "${{99999999999999999999998} < {99999999999999999999999} ? {a} : {b}}",
	    "a", NULL },
	{ "text, since one side is none", "${{3} < {10x} ? {a} : {b}}", "b", NULL },
	{ "less or equal", "${{3}<={3}?{a}:{b}}", "a", NULL },
	{ "more or equal", "${{2}>={3}?{a}:{b}}", "b", NULL },
	{ "more", "${{4}>{$three}?{a}:{b}}", "a", NULL },
	{ "comparison without choice, true", "${{a}=={a}}", "true", NULL },
	{ "comparison without choice, false", "[${{a}=={b}}]", "[]", NULL },
	{ "comparison with else only", "${{a}=={b}:{no}}", "no", NULL },
	{ "level less", "${{$compatibility_level} <level {3.11} ? {a} : {b}}", "a", NULL },
	{ "level equal", "${{3.6} ==level {3.6.0} ? {a} : {b}}", "a", NULL },
	{ "level not equal", "${{3} !=level {3.0.1} ? {a} : {b}}", "a", NULL },
	{ "level at most", "${{3.10} <=level {3.9} ? {a} : {b}}", "b", NULL },
	{ "level at least", "${{3.10} >=level {3.9} ? {a} : {b}}", "a", NULL },
	{ "level more", "${{3.10} >level {3.9} ? {a} : {b}}", "a", NULL },

	{ "to ASCII, is ASCII", "${domain_to_ascii{Example.COM}}", "example.com", NULL },
	{ "to ASCII", "${domain_to_ascii{b\303\274cher.example}}", "xn--bcher-kva.example", NULL },

	{ "dollar at the end", "a$", NULL,
	    "expected a parameter name after '$' (a dollar is written \"$$\") at \"$\"" },
	{ "dollar before a blank", "$ x", NULL,
	    "expected a parameter name after '$' (a dollar is written \"$$\") at \"$ x\"" },
	{ "open brace", "a${set", NULL, "missing '}' at \"${set\"" },
	{ "open parenthesis", "$(set}", NULL, "missing ')' at \"$(set}\"" },
	{ "nothing in braces", "${}", NULL, "expected a parameter name at \"\"" },
	{ "bad character in a name", "${a-b}", NULL, "expected '?', ':' or '}' at \"-b\"" },
	{ "text after a branch", "${set?{a} b}", NULL, "expected '?', ':' or '}' at \"b\"" },
	{ "text after both", "${set?{a}:{b} c}", NULL, "expected '?', ':' or '}' at \"c\"" },
	{ "unknown operator", "${{a} ~ {b}}", NULL,
	    "expected one of == != < <= >= > (or one of these and \"level\") at \"~ {b}\"" },
	{ "no second operand", "${{a} == b}", NULL, "expected '{' at \"b\"" },
	{ "bad level", "${{1} <level {2.x} ? {a}}", NULL, "bad compatibility level at \"2.x\"" },
	{ "unknown function", "${no_such{a}}", NULL, "unknown function at \"no_such\"" },
	{ "endless recursion", "$loop_a", NULL, "endless recursion in the value of \"loop_b\"" },
	{ "too many references", "$wide", NULL, "too many references at \"$w5$w5" },
};

TEST(expand)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 8 << 20);
	struct err err = { 0 };
	struct main_cf *cf = main_cf_parse(span_of(settings), "main.cf", "/etc/test", arena, &err);

	T_NEED(t, cf != NULL);
	EACH_CASE(t, c, cases) {
		struct arena *pool CLEANUP(arena_free) = arena_new("case", 8 << 20);
		const char *got = main_cf_expand(cf, c->in, pool, &err);

		T_STR(t, got, c->want);
		if (c->error != NULL && got == NULL)
			T_TRUE(t, strncmp(err.text, c->error, strlen(c->error)) == 0 ||
			    T_STR(t, err.text, c->error));
	}
}

/* myorigin = /etc/mailname: the file's first line. */
TEST(name_in_a_file)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	char path[] = "/tmp/carteiro-test.XXXXXX";
	int fd = mkstemp(path);
	struct err err = { 0 };

	T_NEED(t, fd >= 0 && write(fd, "name.example \nmore\n", 19) == 19);
	struct main_cf *cf = main_cf_parse(
	    span_of(
	        arena_printf(arena, "myorigin = %s\nx = @$myorigin\nrelayhost = %s\n", path, path)),
	    "main.cf", "/etc/test", arena, &err);
	T_NEED(t, cf != NULL);
	T_STR(t, main_cf_value(cf, "myorigin", arena, &err), "name.example");
	T_STR(t, main_cf_value(cf, "x", arena, &err), "@name.example");
	T_STR(t, main_cf_value(cf, "relayhost", arena, &err), path);
	(void) close(fd);
	(void) unlink(path);

	T_TRUE(t, main_cf_value(cf, "myorigin", arena, &err) == NULL);
	T_TRUE(t, strstr(err.text, "parameter myorigin: open /tmp/carteiro-test.") != NULL);
}
