/* SPDX-License-Identifier: ISC */
/* Lookup tables of every kind. */
#include "table_t.h"

#include <fcntl.h>

/* Tables that need no file: spec, key, what comes back. */
static const struct memory_case {
	const char *name, *spec, *key, *want;
	unsigned flags;
} memory_cases[] = {
	{ .name = "inline", .spec = "inline:{a=b, c=d}", .key = "c", .want = "d" },
	{ .name = "inline with blanks",
	    .spec = "inline:{ {a b = c d}, e=f }",
	    .key = "a b",
	    .want = "c d" },
	{ .name = "inline folds",
	    .spec = "inline:{Foo=bar}",
	    .key = "fOO",
	    .want = "bar",
	    .flags = TABLE_FOLD },
	{ .name = "inline does not fold unasked",
	    .spec = "inline:{Foo=bar}",
	    .key = "foo",
	    .want = "(none)" },
	{ .name = "UTF-8 folding",
	    .spec = "inline:{\xc3\x89t\xc3\xa9=x}",
	    .key = "\xc3\xa9T\xc3\x89",
	    .want = "x",
	    .flags = TABLE_FOLD | TABLE_UTF8 },
	{ .name = "key that is not UTF-8",
	    .spec = "static:x",
	    .key = "a\xff",
	    .want = "(none)",
	    .flags = TABLE_UTF8 },
	{ .name = "the same key without the rule",
	    .spec = "static:x",
	    .key = "a\xff",
	    .want = "x" },
	{ .name = "value that is not UTF-8",
	    .spec = "static:\xff",
	    .key = "a",
	    .want = "(config)",
	    .flags = TABLE_UTF8 },
	{ .name = "static", .spec = "static:text", .key = "any", .want = "text" },
	{ .name = "static in braces", .spec = "static:{ a b }", .key = "any", .want = "a b" },
	{ .name = "fail", .spec = "fail:x", .key = "a", .want = "(temp)" },
	{ .name = "environ", .spec = "environ:x", .key = "T_TABLE", .want = "set" },
	{ .name = "environ has no such name",
	    .spec = "environ:x",
	    .key = "T_TABLE_NOT",
	    .want = "(none)" },
	{ .name = "user",
	    .spec = "unix:passwd.byname",
	    .key = "root",
	    .want = "root:x:0:0:root:/root:/bin/bash" },
	{ .name = "no such user",
	    .spec = "unix:passwd.byname",
	    .key = "nosuchuser",
	    .want = "(none)" },
	{ .name = "group",
	    .spec = "unix:group.byname",
	    .key = "ROOT",
	    .want = "root:x:0:",
	    .flags = TABLE_FOLD },
	{ .name = "inline twice", .spec = "inline:{a=b,a=c}", .key = "a", .want = "c" },
	{ .name = "randmap of one", .spec = "randmap:{ {a b} }", .key = "x", .want = "a b" },
	{ .name = "unionmap",
	    .spec = "unionmap:{static:b,inline:{a=c}}",
	    .key = "a",
	    .want = "b,c" },
	{ .name = "unionmap, one answers",
	    .spec = "unionmap:{inline:{b=c},inline:{a=c}}",
	    .key = "a",
	    .want = "c" },
	{ .name = "unionmap, one fails",
	    .spec = "unionmap:{static:b,fail:x}",
	    .key = "a",
	    .want = "(temp)" },
	{ .name = "pipemap",
	    .spec = "pipemap:{inline:{a=b},inline:{b=c}}",
	    .key = "a",
	    .want = "c" },
	{ .name = "pipemap ends early",
	    .spec = "pipemap:{inline:{a=b},inline:{x=c}}",
	    .key = "a",
	    .want = "(none)" },
	{ .name = "pipemap fails",
	    .spec = "pipemap:{static:a,fail:x}",
	    .key = "a",
	    .want = "(temp)" },
	{ .name = "proxy without a service",
	    .spec = "proxy:inline:{a=b}",
	    .key = "a",
	    .want = "b" },
	{ .name = "proxy refused for this use",
	    .spec = "proxy:inline:{a=b}",
	    .key = "a",
	    .want = "b",
	    .flags = TABLE_NO_PROXY },
	{ .name = "base64 value",
	    .spec = "inline:{a=/dev/null}",
	    .key = "a",
	    .want = "",
	    .flags = TABLE_FILE_VALUES },
	{ .name = "inline regexp",
	    .spec = "regexp:{{/^a(.*)b$/ x${1}y}}",
	    .key = "aQQb",
	    .want = "xQQy" },
	{ .name = "inline pcre",
	    .spec = "pcre:{{/^a(.*)b$/ x$(1)y$$}}",
	    .key = "AQQb",
	    .want = "xQQy$" },
	{ .name = "inline cidr",
	    .spec = "cidr:{{10.0.0.0/8 ten}}",
	    .key = "10.1.2.3",
	    .want = "ten" },
	{ .name = "regexp is not folded",
	    .spec = "regexp:{{/^A/i x}}",
	    .key = "a",
	    .want = "(none)",
	    .flags = TABLE_FOLD },
	{ .name = "regexp key with NUL", .spec = "regexp:{{/^a.b/ x}}", .key = "aXb", .want = "x" },
	{ .name = "pcre UTF-8",
	    .spec = "pcre:{{/^.$/ x}}",
	    .key = "\xc3\xa9",
	    .want = "x",
	    .flags = TABLE_UTF8 },
	{ .name = "pcre bytes", .spec = "pcre:{{/^..$/ x}}", .key = "\xc3\xa9", .want = "x" },
	{ .name = "pcre unset group",
	    .spec = "pcre:{{/^(a)|(b)$/ [$1$2]}}",
	    .key = "b",
	    .want = "[b]" },
	{ .name = "pcre runaway is an error, not a miss",
	    .spec = "pcre:{{/^(a+)+$/ x}}",
	    .want = "(temp)",
	    .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" },
	{ .name = "group out of range is skipped",
	    .spec = "pcre:{{/^(a)/ $2}, {/./ next}}",
	    .key = "a",
	    .want = "next" },
	{ .name = "substitution refused",
	    .spec = "pcre:{{/^(a)/ $1}, {/./ next}}",
	    .key = "a",
	    .want = "next",
	    .flags = TABLE_NO_REGSUB },
	{ .name = "dollar in cidr is text",
	    .spec = "cidr:{{::/0 a$1}}",
	    .key = "::1",
	    .want = "a$1" },
};

TEST(memory_kinds)
{
	struct t_tables x;

	setenv("T_TABLE", "set", 1);
	t_tables_begin(&x);
	EACH_CASE (t, c, memory_cases) {
		struct table *table = table_open(&x.env, c->spec, c->flags, &x.err);

		if (T_TRUE(t, table != NULL))
			T_STR(t, t_tables_get(&x, table, t_exact(t, c->key)), c->want);
		else
			printf("%s\n", x.err.text);
		table_close(&table);
	}
	t_tables_end(&x);
}

/* Specs that cannot be opened, and what is said of them. */
static const struct bad_case {
	const char *name, *spec, *want;
} bad_cases[] = {
	{ .name = "unknown type",
	    .spec = "nosuch:x",
	    .want = "unsupported dictionary type: nosuch (postconf -m lists the supported ones)" },
	{ .name = "no name",
	    .spec = "environ:",
	    .want = "expecting \"type:name\" form instead of \"environ:\"" },
	{ .name = "empty inline",
	    .spec = "inline:{}",
	    .want = "bad syntax: \"inline:{}\"; need \"inline:{name=value...}\": no entries" },
	{ .name = "inline without =",
	    .spec = "inline:{a}",
	    .want =
		"bad syntax: \"inline:{a}\"; need \"inline:{name=value...}\": missing '=' after attribute name" },
	{ .name = "inline open brace",
	    .spec = "inline:{a=b",
	    .want =
		"bad syntax: \"inline:{a=b\"; need \"inline:{name=value...}\": missing '}' in \"{a=b\"" },
	{ .name = "inline regexp, no braces",
	    .spec = "regexp:{/a/ b}",
	    .want = "regexp map: no '{' at start of text in \"/a/\"" },
	{ .name = "text is missing",
	    .spec = "texthash:/nonexistent/x",
	    .want = "open /nonexistent/x: No such file or directory" },
	{ .name = "index is missing",
	    .spec = "hash:/nonexistent/x",
	    .want = "open database /nonexistent/x.db: No such file or directory" },
	{ .name = "default type",
	    .spec = "/nonexistent/x",
	    .want = "open database /nonexistent/x.db: No such file or directory" },
	{ .name = "lmdb is missing",
	    .spec = "lmdb:/nonexistent/x",
	    .want = "open database /nonexistent/x.lmdb: No such file or directory" },
	{ .name = "unknown unix table", .spec = "unix:foo", .want = "unknown table: unix:foo" },
	{ .name = "member cannot be opened",
	    .spec = "unionmap:{static:a, texthash:/nonexistent/x}",
	    .want =
		"bad syntax: \"unionmap:{static:a, texthash:/nonexistent/x}\"; need \"unionmap:{type:name...}\": open /nonexistent/x: "
		"No such file or directory" },
};

TEST(specs_that_fail)
{
	struct t_tables x;

	t_tables_begin(&x);
	EACH_CASE (t, c, bad_cases) {
		struct table *table = table_open(&x.env, c->spec, 0, &x.err);

		T_TRUE(t, table == NULL);
		T_STR(t, x.err.text, c->want);
		table_close(&table);
	}
	t_tables_end(&x);
}

static const char pattern_text[] = "/^a(.*)b$/ x$1y ${1} $(1) $$\n" /* $1y is no number: skipped */
				   "/^a(.*)b$/ x$(1)y ${1} $(1) $$\n"
				   "/foo(/ bad\n"
				   "/x/z badflag\n"
				   "/nofl\n"
				   "# comment\n"
				   "if /^if/\n"
				   "/if1/ in1\n"
				   "if !/2/\n"
				   "/if3/ in3\n"
				   "endif\n"
				   "/if2/ in2\n"
				   "endif extra\n"
				   "if /bro(ken/\n"
				   "/skipped/ never\n"
				   "endif\n"
				   "/lit$ dollar/ $9\n"
				   "/empty/\n"
				   "endif\n"
				   "/long/\n"
				   "   two\n"
				   "   lines\n"
				   "!/./ nothing\n"
				   "|with/slash| slash\n"
				   "/case/i nocase\n"
				   "/q\\/b/ escaped\n"
				   "if /open/\n"
				   "/open/ xx\n"
				   "junk\n";

static const struct pattern_case {
	const char *name, *key, *want;
} pattern_cases[] = {
	{ .name = "groups in all spellings", .key = "aXXb", .want = "xXXy XX XX $" },
	{ .name = "in a block", .key = "if1", .want = "in1" },
	{ .name = "in a negated block", .key = "if3", .want = "in3" },
	{ .name = "outside a negated block", .key = "if2", .want = "in2" },
	{ .name = "not in the block", .key = "xif1", .want = "(none)" },
	{ .name = "block with a broken condition", .key = "skipped", .want = "(none)" },
	{ .name = "empty result", .key = "empty", .want = "" },
	{ .name = "continued line", .key = "long", .want = "two   lines" },
	{ .name = "negation matches the empty key", .key = "", .want = "nothing" },
	{ .name = "other delimiter", .key = "with/slash", .want = "slash" },
	{ .name = "case wanted", .key = "case", .want = "nocase" },
	{ .name = "case not given", .key = "CASE", .want = "(none)" },
	{ .name = "escaped delimiter", .key = "q/b", .want = "escaped" },
	{ .name = "block without end", .key = "open", .want = "xx" },
};

static void
check_patterns(struct t *t, const char *type)
{
	struct t_tables x;
	struct table *table;

	t_tables_begin(&x);
	(void) t_tables_write(t, &x, "re", pattern_text);
	table = table_open(&x.env, t_tables_spec(t, &x, type, "re"), 0, &x.err);
	T_NEED(t, table != NULL);
	EACH_CASE (t, c, pattern_cases)
		T_STR(t, t_tables_get(&x, table, t_exact(t, c->key)), c->want);
	table_close(&table);
	t_tables_end(&x);
}

TEST(regexp_file)
{
	check_patterns(t, "regexp");
}

TEST(pcre_file)
{
	check_patterns(t, "pcre");
}

static const char cidr_text[] = "10.0.0.0/8 ten\n"
				"10.1.1.1/8 host bits\n"
				"192.168.1.1 one\n"
				"if 8.8.0.0/16\n"
				"8.8.8.8 google\n"
				"!8.8.4.0/24 rest\n"
				"endif\n"
				"[2001:db8::]/32 v6\n"
				"[2001:db9::/32] v6b\n"
				"1.2.3.4\n"
				"foo bar\n"
				"10.0.0.0/40 toolong\n"
				"if !0.0.0.0/0\n"
				"::/0 never\n"
				"endif\n"
				"if !::/0\n"
				"0.0.0.0/0 never\n"
				"endif\n"
				"!fe80::/10 other6\n";

static const struct pattern_case cidr_cases[] = {
	{ .name = "network", .key = "10.2.3.4", .want = "ten" },
	{ .name = "address", .key = "192.168.1.1", .want = "one" },
	{ .name = "other address", .key = "192.168.1.2", .want = "(none)" },
	{ .name = "in a block", .key = "8.8.8.8", .want = "google" },
	{ .name = "negated in a block", .key = "8.8.5.1", .want = "rest" },
	{ .name = "exempted", .key = "8.8.4.1", .want = "(none)" },
	{ .name = "IPv6, brackets inside", .key = "2001:db8::1", .want = "v6" },
	{ .name = "IPv6, brackets around", .key = "2001:db9:1::", .want = "v6b" },
	{ .name = "negated IPv4 is not about IPv6", .key = "::1", .want = "other6" },
	{ .name = "negated IPv6 is not about IPv4", .key = "1.1.1.1", .want = "(none)" },
	{ .name = "link local", .key = "fe80::1", .want = "(none)" },
	{ .name = "no result", .key = "1.2.3.4", .want = "(none)" },
	{ .name = "no address", .key = "foo", .want = "(none)" },
	{ .name = "bracketed key", .key = "[::1]", .want = "(none)" },
	{ .name = "empty key", .key = "", .want = "(none)" },
};

TEST(cidr_file)
{
	struct t_tables x;
	struct table *table;

	t_tables_begin(&x);
	(void) t_tables_write(t, &x, "ci", cidr_text);
	table = table_open(
	    &x.env, t_tables_spec(t, &x, "cidr", "ci"), TABLE_FOLD | TABLE_UTF8, &x.err);
	T_NEED(t, table != NULL);
	EACH_CASE (t, c, cidr_cases)
		T_STR(t, t_tables_get(&x, table, t_exact(t, c->key)), c->want);
	table_close(&table);
	t_tables_end(&x);
}

/* Fill an index: the way postmap does it. */
static void
build_index(struct t *t, struct t_tables *x, const char *type, unsigned flags, unsigned count)
{
	const struct table_kind *kind = table_kind_find(span_of(type));
	struct table *table;
	char name[20], key[40], value[40];

	snprintf(name, sizeof(name), "index%s", kind->suffix);
	table = table_open_index(&x->env, kind, t_tables_path(t, x, name), 0644,
	    flags | TABLE_CREATE | TABLE_BULK, &x->err);
	if (table == NULL)
		printf("%s\n", x->err.text);
	T_NEED(t, table != NULL);
	for (unsigned i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "key%u@example.com", i);
		snprintf(value, sizeof(value), "value%u", i);
		if (table_put(table, span_of(key), span_of(value), false, &x->err) !=
		    TABLE_PUT_DONE)
			fail_msg("%s", x->err.text);
	}
	T_INT(t, table_put(table, SPAN("KEY1@example.com"), SPAN("again"), false, &x->err),
	    TABLE_PUT_EXISTS);
	T_INT(t, table_put(table, SPAN("key2@example.com"), SPAN("replaced"), true, &x->err),
	    TABLE_PUT_DONE);
	T_INT(t, table_remove(table, SPAN("key3@example.com"), &x->err), LOOKUP_FOUND);
	T_INT(t, table_remove(table, SPAN("nosuch"), &x->err), LOOKUP_NONE);
	T_TRUE(t, table_sync(table, &x->err));
	table_close(&table);
}

static const struct index_case {
	const char *name, *type;
	unsigned write_flags, read_flags;
	const char *want;
} index_cases[] = {
	{ .name = "hash", .type = "hash", .want = "value1" },
	{ .name = "hash without NUL",
	    .type = "hash",
	    .write_flags = TABLE_NO_NUL,
	    .want = "value1" },
	{ .name = "hash, NUL demanded but absent",
	    .type = "hash",
	    .write_flags = TABLE_NO_NUL,
	    .read_flags = TABLE_NUL,
	    .want = "(none)" },
	{ .name = "btree", .type = "btree", .want = "value1" },
	{ .name = "btree without NUL",
	    .type = "btree",
	    .write_flags = TABLE_NO_NUL,
	    .want = "value1" },
	{ .name = "lmdb", .type = "lmdb", .want = "value1" },
	{ .name = "lmdb without NUL",
	    .type = "lmdb",
	    .write_flags = TABLE_NO_NUL,
	    .want = "value1" },
};

static void
check_index(struct t *t, struct t_tables *x, const struct index_case *c)
{
	struct str key CLEANUP(str_fini);
	struct table *table;
	unsigned count = 0;
	char long_key[3000];

	str_init(&key, 10000);
	build_index(t, x, c->type, TABLE_FOLD | c->write_flags, 1000);
	table = table_open(
	    &x->env, t_tables_spec(t, x, c->type, "index"), TABLE_FOLD | c->read_flags, &x->err);
	T_NEED(t, table != NULL);
	T_STR(t, t_tables_get(x, table, t_exact(t, "Key1@Example.com")), c->want);
	if (c->read_flags == 0) {
		T_STR(t, t_tables_get(x, table, t_exact(t, "key2@example.com")), "replaced");
		T_STR(t, t_tables_get(x, table, t_exact(t, "key3@example.com")), "(none)");
		T_STR(t, t_tables_get(x, table, t_exact(t, "key999@example.com")), "value999");
		T_STR(t, t_tables_get(x, table, t_exact(t, "key1000@example.com")), "(none)");
	}
	T_STR(t, t_tables_get(x, table, t_exact(t, "")), "(none)");
	T_STR(t, t_tables_get(x, table, t_exact_span(t, SPAN("key1@example.com\0x"))), "(none)");
	memset(long_key, 'a', sizeof(long_key));
	T_STR(t, t_tables_get(x, table, t_exact_span(t, span_make(long_key, sizeof(long_key)))),
	    "(none)");
	for (bool first = true; table_next(table, first, &key, &x->value, &x->err) == LOOKUP_FOUND;
	     first = false)
		count++;
	T_INT(t, count, 999);
	T_INT(t, table_put(table, SPAN("a"), SPAN("b"), false, &x->err), TABLE_PUT_FAILED);
	table_close(&table);
}

TEST(index_kinds)
{
	EACH_CASE (t, c, index_cases) {
		struct t_tables x;

		t_tables_begin(&x);
		check_index(t, &x, c);
		t_tables_end(&x);
	}
}

/* The next process finds what the one before has written, and may go on. */
static void
check_reopened(struct t *t, struct t_tables *x, const char *type)
{
	struct table *table = table_open(
	    &x->env, t_tables_spec(t, x, type, type), TABLE_WRITE | TABLE_CREATE, &x->err);

	T_NEED(t, table != NULL);
	T_INT(t, table_get(table, SPAN("k598"), &x->value, &x->err), LOOKUP_FOUND);
	T_INT(t, x->value.len, 4000);
	T_INT(t, table_get(table, SPAN("k599"), &x->value, &x->err), LOOKUP_NONE);
	T_INT(t, table_put(table, SPAN("k599"), SPAN("again"), true, &x->err), TABLE_PUT_DONE);
	T_STR(t, t_tables_get(x, table, SPAN("k599")), "again");
	table_close(&table);
}

/* A cache: put and get by the same process, without sync between; it grows past its first size. */
TEST(writable_tables)
{
	static const char *const types[] = { "hash", "btree", "lmdb", "internal" };
	struct t_tables x;
	char key[40], value[4000];

	t_tables_begin(&x);
	memset(value, 'v', sizeof(value));
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct table *table = table_open(&x.env, t_tables_spec(t, &x, types[i], types[i]),
		    TABLE_WRITE | TABLE_CREATE, &x.err);

		T_NEED(t, table != NULL);
		for (unsigned k = 0; k < 600; k++) {
			snprintf(key, sizeof(key), "k%u", k);
			if (table_put(table, span_of(key), span_make(value, sizeof(value)), true,
				&x.err) != TABLE_PUT_DONE)
				fail_msg("%s: %s", types[i], x.err.text);
		}
		T_INT(t, table_get(table, SPAN("k599"), &x.value, &x.err), LOOKUP_FOUND);
		T_INT(t, x.value.len, sizeof(value));
		T_INT(t, table_remove(table, SPAN("k599"), &x.err), LOOKUP_FOUND);
		T_STR(t, t_tables_get(&x, table, SPAN("k599")), "(none)");
		T_TRUE(t, table_sync(table, &x.err));
		table_close(&table);
		if (strcmp(types[i], "internal") != 0)
			check_reopened(t, &x, types[i]);
	}
	T_TRUE(t,
	    table_open(&x.env, t_tables_spec(t, &x, "hash", "absent"), TABLE_WRITE, &x.err) ==
		NULL);
	T_TRUE(t,
	    table_open(&x.env, t_tables_spec(t, &x, "lmdb", "absent"), TABLE_WRITE, &x.err) ==
		NULL);
	T_TRUE(t, table_open(&x.env, "static:x", TABLE_WRITE, &x.err) == NULL);
	t_tables_end(&x);
}

/* Pages that a reader of lmdb has kept are no good any more when somebody has written. */
TEST(lmdb_reader_sees_what_is_written)
{
	struct table *reader, *writer;
	struct t_tables x;
	char key[40], value[40];

	t_tables_begin(&x);
	build_index(t, &x, "lmdb", TABLE_FOLD, 20000);
	reader = table_open(&x.env, t_tables_spec(t, &x, "lmdb", "index"), TABLE_FOLD, &x.err);
	writer = table_open_index(&x.env, table_kind_find(SPAN("lmdb")),
	    t_tables_path(t, &x, "index.lmdb"), 0644, TABLE_FOLD, &x.err);
	T_NEED(t, reader != NULL && writer != NULL);
	for (unsigned i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "key%u@example.com", i * 39 + 5);
		snprintf(value, sizeof(value), "new%u", i);
		T_STR(t, t_tables_get(&x, reader, SPAN("key19999@example.com")), "value19999");
		T_INT(t, table_put(writer, span_of(key), span_of(value), true, &x.err), TABLE_PUT_DONE);
		T_STR(t, t_tables_get(&x, reader, span_of(key)), value);
		T_STR(t, t_tables_get(&x, reader, span_of(key)), value);
	}
	table_close(&writer);
	table_close(&reader);
	t_tables_end(&x);
}

static const struct truncated_case {
	const char *name, *file;
} truncated_cases[] = {
	{ .name = "hash", .file = "index.db" },
	{ .name = "btree", .file = "index.db" },
	{ .name = "lmdb", .file = "index.lmdb" },
};

/* A file that is cut off under a reader is a failed look-up that names it, not a signal. */
static void
check_truncated(struct t *t, const struct truncated_case *c)
{
	struct t_tables x;
	struct table *table;
	unsigned failed = 0;

	t_tables_begin(&x);
	build_index(t, &x, c->name, TABLE_FOLD, 20000);
	table = table_open(&x.env, t_tables_spec(t, &x, c->name, "index"), 0, &x.err);
	T_NEED(t, table != NULL);
	T_NEED(t, truncate(t_tables_path(t, &x, c->file), 4096) == 0);
	for (unsigned k = 0; k < 2000; k++) {
		struct str value CLEANUP(str_fini) = { .max = 100 };
		char key[40];

		snprintf(key, sizeof(key), "key%u@example.com", k * 7);
		failed += table_get(table, span_of(key), &value, &x.err) == LOOKUP_TEMP;
	}
	T_TRUE(t, failed > 0);
	T_TRUE(t, strstr(x.err.text, t_tables_path(t, &x, c->file)) != NULL);
	table_close(&table);
	t_tables_end(&x);
}

TEST(truncated_under_reader)
{
	EACH_CASE(t, c, truncated_cases)
		check_truncated(t, c);
}

TEST(texthash_file)
{
	struct t_tables x;
	struct table *table;

	t_tables_begin(&x);
	(void) t_tables_write(t, &x, "text",
	    "# c\nFoo bar  baz  \n cont\n\"a b\"@Ex.com   v1\nnovalue\nkey: val\n  # inner\n"
	    "  more\n\nfoo dup\n\"unb val\nX\xff y\n");
	table = table_open(
	    &x.env, t_tables_spec(t, &x, "texthash", "text"), TABLE_FOLD | TABLE_UTF8, &x.err);
	T_NEED(t, table != NULL);
	T_STR(t, t_tables_get(&x, table, SPAN("FOO")), "bar  baz   cont");
	T_STR(t, t_tables_get(&x, table, SPAN("\"a b\"@ex.com")), "v1");
	T_STR(t, t_tables_get(&x, table, SPAN("key:")), "val  more");
	T_STR(t, t_tables_get(&x, table, SPAN("novalue")), "(none)");
	table_close(&table);
	(void) t_tables_write(t, &x, "aliases", "Root: joe, \"|cmd x\"\nplus+x: y\n");
	table = table_open(&x.env, t_tables_spec(t, &x, "texthash", "aliases"),
	    TABLE_FOLD | TABLE_ALIAS_KEYS, &x.err);
	T_NEED(t, table != NULL);
	T_STR(t, t_tables_get(&x, table, SPAN("root")), "joe, \"|cmd x\"");
	table_close(&table);
	t_tables_end(&x);
}

/* The same spec and flags are one table; a change on disk is noticed from another root directory. */
TEST(sharing_and_staleness)
{
	struct t_tables x;
	struct table *one, *two;
	const char *path;

	t_tables_begin(&x);
	path = t_tables_write(t, &x, "text", "a b\n");
	one = table_open(&x.env, t_tables_spec(t, &x, "texthash", "text"), 0, &x.err);
	two = table_open(&x.env, t_tables_spec(t, &x, "texthash", "text"), 0, &x.err);
	T_NEED(t, one != NULL);
	T_TRUE(t, one == two);
	table_close(&two);
	T_FALSE(t, table_any_stale(&x.env));
	(void) t_tables_write(t, &x, "new", "a c\n");
	T_NEED(t, rename(t_tables_path(t, &x, "new"), path) == 0);
	T_FALSE(t, table_any_stale(&x.env)); /* asked again within the second */
	usleep(1100000);
	if (geteuid() == 0) {
		int root = open("/", O_PATH), cwd = open(".", O_PATH);

		T_NEED(t, chroot("/proc/self/task") == 0);
		T_TRUE(t, table_any_stale(&x.env));
		T_NEED(t, fchdir(root) == 0 && chroot(".") == 0 && fchdir(cwd) == 0);
		close(root);
		close(cwd);
	} else {
		T_TRUE(t, table_any_stale(&x.env));
	}
	T_STR(t, t_tables_get(&x, one, SPAN("a")), "b");
	table_close(&one);
	t_tables_end(&x);
}

/* A daemon goes on without the table; every look-up in it is an error. */
TEST(unavailable_table)
{
	struct t_tables x;
	struct table *table;

	t_tables_begin(&x);
	table = table_open_daemon(&x.env, "texthash:/nonexistent/x", 0, &x.err);
	T_NEED(t, table != NULL);
	T_STR(t, t_tables_get(&x, table, SPAN("a")), "(temp)");
	T_STR(t, x.err.text, "open /nonexistent/x: No such file or directory");
	table_close(&table);
	t_table_conf.daemon_table_open_error_is_fatal = true;
	T_TRUE(t, table_open_daemon(&x.env, "texthash:/nonexistent/x", 0, &x.err) == NULL);
	t_table_conf.daemon_table_open_error_is_fatal = false;
	t_tables_end(&x);
}
