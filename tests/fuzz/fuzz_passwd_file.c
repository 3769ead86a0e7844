/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a passwd-file: every account is found by its name, an edit changes that account alone, and
 * a removed one is gone. Its fields as a text with variables, and as application passwords.
 */
#include "fuzz.h"

#include "lib/auth/app_password.h"
#include "lib/auth/auth_var.h"
#include "lib/auth/passwd_file.h"

static void
expand(const struct passwd_entry *entry)
{
	CLEANUP(str_fini) struct str out = { .max = 10000 };
	struct auth_vars vars = { .user = entry->user, .home = entry->home };
	struct err err = { 0 };

	FUZZ_CHECK(auth_var_expand(entry->extra, &vars, &out, &err) || err.text[0] != '\0');
}

static void
read_app_passwords(const struct passwd_entry *entry)
{
	struct span rest = entry->extra;
	struct app_password app;

	while (app_password_next(&rest, &app))
		FUZZ_CHECK(app_password_is_name(app.name) && app.stored.len > 0);
}

/* Replace the account's line, and take it out. */
static void
edit(struct span in, const struct passwd_file *file, const struct passwd_entry *entry)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("fuzz", 100000000);
	CLEANUP(str_fini) struct str line = { .max = PASSWD_LINE_MAX + 10 };
	CLEANUP(str_fini) struct str text = { .max = 2 * in.len + PASSWD_LINE_MAX + 10 };
	struct passwd_file *after;
	const struct passwd_entry *now;

	if (!passwd_line_set(entry->whole, PASSWD_PASSWORD, SPAN("{PLAIN}new"), &line) || line.len > PASSWD_LINE_MAX)
		return;
	FUZZ_CHECK(passwd_text_edit(in, entry->user, str_span(&line), &text));
	after = passwd_file_new(str_span(&text), arena, NULL, NULL);
	now = passwd_file_find(after, entry->user);
	FUZZ_CHECK(now != NULL && span_eq_str(now->password, "{PLAIN}new") && span_eq(now->extra, entry->extra));
	FUZZ_CHECK(passwd_file_count(after) == passwd_file_count(file));
	passwd_file_free(&after);
	str_clear(&text);
	FUZZ_CHECK(passwd_text_edit(in, entry->user, (struct span){ 0 }, &text));
	after = passwd_file_new(str_span(&text), arena, NULL, NULL);
	FUZZ_CHECK(passwd_file_find(after, entry->user) == NULL);
	passwd_file_free(&after);
}

FUZZ_TARGET(passwd_file, in)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("fuzz", 100000000);
	struct passwd_file *file = passwd_file_new(in, arena, NULL, NULL);
	const struct passwd_entry *entry;

	for (size_t i = 0; (entry = passwd_file_at(file, i)) != NULL; i++) {
		FUZZ_CHECK(passwd_file_find(file, entry->user) == entry);
		expand(entry);
		read_app_passwords(entry);
	}
	if ((entry = passwd_file_at(file, in.len % 7)) != NULL)
		edit(in, file, entry);
	passwd_file_free(&file);
}
