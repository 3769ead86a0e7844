/* SPDX-License-Identifier: ISC */
/* Text that tables are made from. */
#include "t.h"

#include "lib/table/text_alias.h"
#include "lib/table/text_source.h"

static const struct entry_case {
	const char *name, *line, *key, *value, *complaint;
} entry_cases[] = {
	{ .name = "plain", .line = "key value text  ", .key = "key", .value = "value text" },
	{ .name = "tab", .line = "key\t\tvalue", .key = "key", .value = "value" },
	{ .name = "quoted", .line = "\"a b\"@x y", .key = "\"a b\"@x", .value = "y" },
	{ .name = "quoted quote", .line = "\"a\\\" b\" y", .key = "\"a\\\" b\"", .value = "y" },
	{ .name = "no value",
	    .line = "key",
	    .key = "key",
	    .value = "",
	    .complaint = "expected format: key whitespace value" },
	{ .name = "unbalanced",
	    .line = "\"unb val",
	    .key = "\"unb val",
	    .value = "",
	    .complaint = "unbalanced '\"'" },
	{ .name = "backslash at the end",
	    .line = "k\\",
	    .key = "k\\",
	    .value = "",
	    .complaint = "expected format: key whitespace value" },
};

TEST(entries)
{
	EACH_CASE (t, c, entry_cases) {
		struct span key, value;

		T_STR(t, text_split_entry(t_exact(t, c->line), &key, &value), c->complaint);
		T_SPAN(t, key, c->key);
		T_SPAN(t, value, c->value);
	}
}

/* Values as Postfix's postalias stores them. */
static const struct entry_case alias_cases[] = {
	{ .name = "command and address",
	    .line = "root: \"|/bin/cmd arg\" , Joe@Example.com  (comment)",
	    .key = "root",
	    .value = "\"|/bin/cmd arg\", Joe@Example.com (comment)" },
	{ .name = "quoted value",
	    .line = "Quoted: \"a b\"@c.example",
	    .key = "Quoted",
	    .value = "\"a b\"@c.example" },
	{ .name = "quoted name keeps quotes it needs",
	    .line = "\"q u\": x",
	    .key = "\"q u\"",
	    .value = "x" },
	{ .name = "quoted name without need", .line = "\"a.b\": z", .key = "a.b", .value = "z" },
	{ .name = "two words", .line = "two words: x", .key = "\"two words\"", .value = "x" },
	{ .name = "include",
	    .line = "list: :include:/etc/foo, a,b  , c",
	    .key = "list",
	    .value = ":include:/etc/foo, a, b, c" },
	{ .name = "angle bracket",
	    .line = "ang: Joe User <joe@example.com>",
	    .key = "ang",
	    .value = "Joe User <joe@example.com>" },
	{ .name = "file", .line = "file: /tmp/x", .key = "file", .value = "/tmp/x" },
	{ .name = "group", .line = "grp: g: a, b;", .key = "grp", .value = "g:a, b;" },
	{ .name = "semicolon", .line = "semi: a; b", .key = "semi", .value = "a;b" },
	{ .name = "blank before the colon", .line = "a : b", .key = "a", .value = "b" },
	{ .name = "not local",
	    .line = "a@b: c",
	    .key = "",
	    .value = "",
	    .complaint = "name must be local" },
	{ .name = "no value",
	    .line = "noval:",
	    .key = "noval",
	    .value = "",
	    .complaint = "need name:value pair" },
	{ .name = "no colon",
	    .line = "bad",
	    .key = "",
	    .value = "",
	    .complaint = "need name:value pair" },
	{ .name = "two names",
	    .line = "a,b: c",
	    .key = "",
	    .value = "",
	    .complaint = "need name:value pair" },
	{ .name = "quote without end", .line = "a: \"b", .key = "a", .value = "\"b" },
	{ .name = "nothing but blanks",
	    .line = "   ",
	    .key = "",
	    .value = "",
	    .complaint = "need name:value pair" },
};

TEST(aliases)
{
	EACH_CASE (t, c, alias_cases) {
		struct str key CLEANUP(str_fini), value CLEANUP(str_fini);

		str_init(&key, 1000);
		str_init(&value, 1000);
		T_STR(t, text_split_alias(t_exact(t, c->line), &key, &value), c->complaint);
		T_SPAN(t, str_span(&key), c->key);
		T_SPAN(t, str_span(&value), c->value);
	}
}

TEST(logical_lines)
{
	static const struct {
		const char *text;
		int line;
	} want[] = { { "a b c", 2 }, { "d", 5 }, { "  lead", 0 }, { "e  f", 7 } };
	struct text_source source;
	struct span text;
	struct err err;
	int line;

	T_NEED(t,
	    text_source_open_span(
		&source, "x", t_exact(t, "# c\na b\n # c2\n c\nd\n\ne\n\n  f"), &err));
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		if (want[i].line == 0)
			continue;
		T_NEED(t, text_source_next(&source, &text, &line, &err));
		T_SPAN(t, text, want[i].text);
		T_INT(t, line, want[i].line);
	}
	T_FALSE(t, text_source_next(&source, &text, &line, &err));
	T_INT(t, err.class, ERR_NONE);
	text_source_close(&source);
}

TEST(values_from_files)
{
	struct str out CLEANUP(str_fini);
	struct err err;

	str_init(&out, 1000);
	T_FALSE(t, text_value_from_files(SPAN("/nonexistent/x"), &out, &err));
	T_TRUE(t, text_value_from_files(SPAN("/dev/null, /dev/null"), &out, &err));
	T_SPAN(t, str_span(&out), "");
}
