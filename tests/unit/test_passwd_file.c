/* SPDX-License-Identifier: ISC */
/* passwd-files: which lines count, and edits that leave the rest alone. */
#include "t.h"

#include "lib/auth/passwd_file.h"

static const char text[] = "# accounts\n"
    "ann@example.org:{SSHA}abc:1000:100::/srv/ann::userdb_mail=maildir:~/Maildir nologin quota=5\n"
    "\n"
    "bob:{PLAIN}a b\r\n"
    ":nobody:1\n"
    "ann@example.org:{PLAIN}other\n"
    "carl";

static void
count_complaint(void *ctx, size_t line, const char *what UNUSED)
{
	size_t *sum = ctx;

	*sum += line;
}

TEST(lines)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 1 << 16);
	size_t complaints = 0;
	struct passwd_file *file = passwd_file_new(span_of(text), arena, count_complaint, &complaints);
	const struct passwd_entry *ann = passwd_file_find(file, SPAN("ann@example.org"));
	struct span rest, name, value;

	T_INT(t, passwd_file_count(file), 3);
	T_INT(t, complaints, 6);
	T_NEED(t, ann != NULL);
	T_SPAN(t, ann->password, "{SSHA}abc");
	T_SPAN(t, ann->uid, "1000");
	T_SPAN(t, ann->gid, "100");
	T_SPAN(t, ann->home, "/srv/ann");
	T_INT(t, ann->line, 2);
	rest = ann->extra;
	T_TRUE(t, passwd_extra_next(&rest, &name, &value));
	T_SPAN(t, name, "userdb_mail");
	T_SPAN(t, value, "maildir:~/Maildir");
	T_TRUE(t, passwd_extra_next(&rest, &name, &value));
	T_SPAN(t, name, "nologin");
	T_SPAN(t, value, "");
	T_TRUE(t, passwd_extra_next(&rest, &name, &value));
	T_FALSE(t, passwd_extra_next(&rest, &name, &value));
	T_SPAN(t, passwd_file_find(file, SPAN("bob"))->password, "{PLAIN}a b");
	T_SPAN(t, passwd_file_at(file, 2)->user, "carl");
	T_TRUE(t, passwd_file_at(file, 3) == NULL);
	T_TRUE(t, passwd_file_find(file, SPAN("Bob")) == NULL);
	T_TRUE(t, passwd_file_find(file, SPAN("")) == NULL);
	passwd_file_free(&file);
}

static const struct edit_case {
	const char *name, *text, *user, *line, *want;
} edit_cases[] = {
	{ "added to nothing", "", "a", "a:x", "a:x\n" },
	{ "added behind the last", "b:y\n", "a", "a:x", "b:y\na:x\n" },
	{ "a last line without end", "b:y", "a", "a:x", "b:y\na:x\n" },
	{ "replaced in its place", "a:1\n# c\nb:y\r\n", "a", "a:2", "a:2\n# c\nb:y\r\n" },
	{ "every line of the user", "a:1\nb:y\na:3\n", "a", "a:2", "a:2\nb:y\n" },
	{ "taken out", "a:1\n\nb:y\na:3\n", "a", "", "\nb:y\n" },
	{ "nobody to take out", "b:y\n", "a", "", "b:y\n" },
	{ "a longer name is another", "ab:1\n", "a", "", "ab:1\n" },
	{ "a comment is nobody", "#a:1\n", "#a", "", "#a:1\n" },
};

TEST(edits)
{
	EACH_CASE(t, c, edit_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };

		T_TRUE(t, passwd_text_edit(span_of(c->text), span_of(c->user), span_of(c->line), &out));
		T_STR(t, str_cstr(&out), c->want);
	}
}

static const struct set_case {
	const char *name, *line;
	enum passwd_field field;
	const char *value, *want;
} set_cases[] = {
	{ "password", "a:x:1:2::/h::e f", PASSWD_PASSWORD, "y", "a:y:1:2::/h::e f" },
	{ "password of a short line", "a", PASSWD_PASSWORD, "y", "a:y" },
	{ "extra fields of a short line", "a:x", PASSWD_EXTRA, "e", "a:x::::::e" },
	{ "extra fields", "a:x:1:2::/h::e:f g", PASSWD_EXTRA, "z", "a:x:1:2::/h::z" },
	{ "colons among extra fields stay", "a:x:1:2::/h::e:f g", PASSWD_PASSWORD, "y", "a:y:1:2::/h::e:f g" },
};

TEST(one_field)
{
	EACH_CASE(t, c, set_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };

		T_TRUE(t, passwd_line_set(span_of(c->line), c->field, span_of(c->value), &out));
		T_STR(t, str_cstr(&out), c->want);
	}
}

static const struct extra_case {
	const char *name, *extra, *field, *value, *want;
} extra_cases[] = {
	{ "added", "a=1 b", "c", "2", "a=1 b c=2" },
	{ "the first", "", "c", "2", "c=2" },
	{ "replaced", "a=1 b c=3", "a", "2", "a=2 b c=3" },
	{ "once", "a=1 a=3", "a", "2", "a=2" },
	{ "taken out", "a=1 b c=3", "b", NULL, "a=1 c=3" },
	{ "the last taken out", "a=1", "a", NULL, "" },
	{ "a longer name is another", "ab=1", "a", NULL, "ab=1" },
};

TEST(one_extra_field)
{
	EACH_CASE(t, c, extra_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };

		T_TRUE(t, passwd_extra_set(span_of(c->extra), span_of(c->field), span_of(c->value), &out));
		T_STR(t, str_cstr(&out), c->want);
	}
}

TEST(what_may_stand_in_a_file)
{
	T_TRUE(t, passwd_user_is_good(SPAN("ann@example.org")));
	T_FALSE(t, passwd_user_is_good(SPAN("")));
	T_FALSE(t, passwd_user_is_good(SPAN("#ann")));
	T_FALSE(t, passwd_user_is_good(SPAN("ann:1")));
	T_FALSE(t, passwd_user_is_good(SPAN("ann bee")));
	T_FALSE(t, passwd_user_is_good(SPAN("ann\n")));
	T_TRUE(t, passwd_field_is_good(SPAN("J\xc3\xb6rg Bee")));
	T_FALSE(t, passwd_field_is_good(SPAN("a\x7f")));
}
