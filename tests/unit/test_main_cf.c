/* SPDX-License-Identifier: ISC */
/*
 * main.cf: lines, errors, warnings, overriding, lists, a stock file. Expansion is in
 * test_main_cf_expand.
 */
#include "tests/unit/t.h"

#include "lib/sys/main_cf.h"

static struct main_cf *
parse(struct arena *arena, const char *text, struct err *err)
{
	return main_cf_parse(span_of(text), "main.cf", "/etc/test", arena, err);
}

static const struct value_case {
	const char *name, *text, *param, *want;
	int line;
} values[] = {
	{ "plain", "a = b\n", "a", "b", 1 },
	{ "no blanks", "a=b", "a", "b", 1 },
	{ "blanks at the end", "a  =  b c \t\n", "a", "b c", 1 },
	{ "empty value", "a =\n", "a", "", 1 },
	{ "second equal sign", "a = b = c\n", "a", "b = c", 1 },
	{ "continuation", "a = b\n  c\n\td\n", "a", "b  c\td", 1 },
	{ "comment inside a continuation", "a = b\n# x = y\n  c\n", "a", "b  c", 1 },
	{ "indented comment and blank line inside", "a = b\n   # x\n\n  c\n", "a", "b  c", 1 },
	{ "value only on the next line", "a =\n  b\n", "a", "b", 1 },
	{ "last wins", "a = 1\nb = 2\na = 3\n", "a", "3", 3 },
	{ "comment after a value belongs to it", "a = b # c\n", "a", "b # c", 1 },
	{ "line numbers after comments", "# one\n\n# three\na = b\n", "a", "b", 4 },
	{ "CR LF line ends", "a = b\r\nc = d\r\n", "a", "b", 1 },
	{ "names are case-sensitive", "A = 1\na = 2\n", "A", "1", 1 },
	{ "first line that begins with a blank is left out", "  a = 1\n b = 2\nc = 3\n", "a", NULL,
	    0 },
	{ "what follows it counts", "  a = 1\nc = 3\n", "c", "3", 2 },
	{ "config_directory is a fact", "config_directory = /wrong\n", "config_directory",
	    "/etc/test", 0 },
};

TEST(values)
{
	EACH_CASE(t, c, values) {
		struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
		struct err err = { 0 };
		struct main_cf *cf = parse(arena, c->text, &err);

		T_NEED(t, cf != NULL);
		T_STR(t, main_cf_get(cf, c->param), c->want);
		T_INT(t, main_cf_line(cf, c->param), c->line);
	}
}

static const struct fault_case {
	const char *name, *text, *want;
} faults[] = {
	{ "no equal sign", "a = 1\nfoo bar\n",
	    "main.cf, line 2: missing '=' after attribute name: \"foo bar\"" },
	{ "name alone", "foo", "main.cf, line 1: missing '=' after attribute name: \"foo\"" },
	{ "no name", "# x\n= 3\n", "main.cf, line 2: missing attribute name: \"= 3\"" },
};

TEST(faults)
{
	EACH_CASE(t, c, faults) {
		struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
		struct err err = { 0 };

		T_TRUE(t, parse(arena, c->text, &err) == NULL);
		T_STR(t, err.text, c->want);
	}
}

TEST(nul_byte)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct err err = { 0 };

	T_TRUE(t, main_cf_parse(SPAN("a = b\0c\n"), "f", "/", arena, &err) == NULL);
	T_STR(t, err.text, "f, line 1: a NUL byte in the text");
}

static const struct warning_case {
	const char *name, *text, *want;
} warnings[] = {
	{ "overriding", "a = 1\na = 2\n", "main.cf, line 2: overriding earlier entry: a=1" },
	{ "comment after value", "a = 1 #no\n",
	    "main.cf, line 1: #comment after other text is part of the value: #no" },
	{ "blank first", " a = 1\n",
	    "main.cf, line 1: left out, since a logical line must not start with whitespace: \" a "
	    "= 1\"" },
	{ "number sign without a blank", "a = 1#2\n", NULL },
};

TEST(warnings)
{
	EACH_CASE(t, c, warnings) {
		struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
		struct err err = { 0 };
		size_t it = 0;

		T_STR(t, main_cf_warning_next(parse(arena, c->text, &err), &it), c->want);
	}
}

static const struct override_case {
	const char *name, *in, *want_value, *want_error;
} overrides[] = {
	{ "plain", "a=x y", "x y", NULL },
	{ "braces", "{ a = x  y }", "x  y", NULL },
	{ "empty", "a=", "", NULL },
	{ "no equal sign", "a", NULL, "option -o: missing '=' after attribute name: \"a\"" },
	{ "open brace", "{ a = b", NULL, "option -o: expected one pair of { } in \"{ a = b\"" },
	{ "text after the brace", "{ a = b } c", NULL,
	    "option -o: expected one pair of { } in \"{ a = b } c\"" },
};

TEST(overrides)
{
	EACH_CASE(t, c, overrides) {
		struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
		struct err err = { 0 };
		struct main_cf *cf = parse(arena, "a = 1\n", &err);

		T_INT(t, main_cf_set_text(cf, c->in, &err), c->want_error == NULL);
		if (c->want_error != NULL) {
			T_STR(t, err.text, c->want_error);
			continue;
		}
		T_STR(t, main_cf_get(cf, "a"), c->want_value);
		T_STR(t, main_cf_origin(cf, "a", arena), "option -o");
	}
}

TEST(walk_is_alphabetical)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct err err = { 0 };
	struct main_cf *cf = parse(arena, "z = 1\nb = 2\nm = 3\nb = 4\n", &err);
	const char *name, *value;
	size_t it = 0;

	T_NEED(t, main_cf_next(cf, &it, &name, &value));
	T_STR(t, name, "b");
	T_STR(t, value, "4");
	T_NEED(t, main_cf_next(cf, &it, &name, &value));
	T_STR(t, name, "config_directory");
	T_NEED(t, main_cf_next(cf, &it, &name, &value));
	T_STR(t, name, "m");
	T_NEED(t, main_cf_next(cf, &it, &name, &value));
	T_FALSE(t, main_cf_next(cf, &it, &name, &value));
}

TEST(lists)
{
	struct span rest = span_of(" a, b\tc,{ d e, f } {g{h}i},, j"), item;
	const char *const want[] = { "a", "b", "c", "d e, f", "g{h}i", "j" };
	struct err err = { 0 };

	for (size_t i = 0; i < COUNT_OF(want); i++) {
		T_NEED(t, main_cf_list_next(&rest, &item, &err));
		T_SPAN(t, item, want[i]);
	}
	T_FALSE(t, main_cf_list_next(&rest, &item, &err));
	T_INT(t, err.class, ERR_NONE);
	rest = span_of("a {b");
	T_TRUE(t, main_cf_list_next(&rest, &item, &err));
	T_FALSE(t, main_cf_list_next(&rest, &item, &err));
	T_STR(t, err.text, "missing '}' in \"{b\"");
}

/* What a fresh Debian system has. */
TEST(debian_file)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct err err = { 0 };
	struct main_cf *cf = parse(arena,
	    "smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)\nbiff = "
	    "no\nappend_dot_mydomain = no\n"
	    "readme_directory = no\ncompatibility_level = 3.6\n"
	    "smtpd_tls_cert_file=/etc/ssl/certs/"
	    "ssl-cert-snakeoil.pem\nsmtpd_tls_security_level=may\n"
	    "smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache\n"
	    "smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated "
	    "defer_unauth_destination\n"
	    "myhostname = deb.example\nalias_maps = hash:/etc/aliases\nmyorigin = /etc/mailname\n"
	    "mydestination = $myhostname, deb, localhost\nrelayhost =\n"
	    "mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128\nmailbox_size_limit = 0\n"
	    "recipient_delimiter = +\ninet_interfaces = all\ninet_protocols = all\n",
	    &err);

	T_NEED(t, cf != NULL);
	T_STR(t, main_cf_value(cf, "smtpd_banner", arena, &err),
	    "deb.example ESMTP Postfix (Debian/GNU)");
	T_STR(t, main_cf_value(cf, "mydestination", arena, &err), "deb.example, deb, localhost");
}
