/* SPDX-License-Identifier: ISC */
/* main.cf: showing parameters, and changing the file in place. */
#include <errno.h>
#include <fcntl.h>

#include "config.h"
#include "lib/base/str.h"
#include "lib/sys/config_line.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "master/postconf/postconf_int.h"

/* Given in main.cf or by -o; where the configuration lies counts only when that is unusual. */
static bool
main_is_set(const struct postconf *p, const char *name)
{
	if (main_cf_get(p->cf, name) == NULL)
		return false;
	if (main_cf_line(p->cf, name) > 0)
		return true;
	for (size_t i = 0; i < p->overrides.count; i++)
		if (strcmp(p->overrides.v[i], name) == 0)
			return true;
	return strcmp(name, "config_directory") == 0 && strcmp(p->dir, CONFIG_DIRECTORY) != 0;
}

/* One parameter, as -d and -n would have it. */
static void
main_show_one(struct postconf *p, const char *name, const char *default_value)
{
	const char *set = p->defaults ? NULL : main_cf_get(p->cf, name);

	if (p->only_set && !main_is_set(p, name))
		return;
	print_setting(p, name, set != NULL ? set : default_value);
}

int
main_show(struct postconf *p, const char *const *names)
{
	const char *default_value;

	if (*names == NULL) {
		for (const char *const *name = name_list(p, p->classes); *name != NULL; name++) {
			(void) name_classify(p, *name, &default_value);
			main_show_one(p, *name, default_value);
		}
	}
	for (; *names != NULL; names++) {
		enum name_class class = name_classify(p, *names, &default_value);

		if (class == NAME_UNKNOWN ||
		    (class == NAME_USER && main_cf_get(p->cf, *names) == NULL))
			warn_unknown(p, *names);
		else if ((class & p->classes) != 0)
			main_show_one(p, *names, default_value);
	}
	if (!p->quiet && !p->defaults) {
		warn_main(p);
		warn_services(p);
	}
	return 0;
}

struct edit {
	const char *name;
	const char *value;      /* ACTION_EDIT */
	bool is_done;
};

struct edit_list {
	struct edit *v;
	size_t count, room;
};

static struct edit *
edit_find(const struct edit_list *edits, struct span name)
{
	for (size_t i = 0; i < edits->count; i++)
		if (span_eq_str(name, edits->v[i].name))
			return &edits->v[i];
	return NULL;
}

/* A name that main.cf can hold. */
static void
edit_check_name(const char *name, const char *arg)
{
	if (name[0] == '\0' ||
	    name[strspn(
	        name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")] != '\0')
		fatal("bad parameter name in \"%s\"", arg);
}

/* One command-line argument; a name that comes twice has the last value. */
static void
edit_add(struct postconf *p, struct edit_list *edits, const char *arg)
{
	struct span name = span_trim(span_of(arg)), value = { "", 0 };
	struct err err = { 0 };

	if (strpbrk(arg, "\r\n") != NULL)
		fatal("a value must be one line: \"%s\"", arg);
	if (p->action == ACTION_EDIT && !config_split_name_value(span_of(arg), &name, &value, &err))
		fatal("%s", err.text);

	struct edit *edit = edit_find(edits, name);
	if (edit == NULL) {
		edit = ARRAY_ADD(p->arena, edits);
		edit->name = arena_cstr(p->arena, name);
	}
	edit->value = arena_cstr(p->arena, value);
	edit_check_name(edit->name, arg);
	if (p->action == ACTION_EDIT && name_classify(p, edit->name, NULL) == NAME_UNKNOWN)
		warn_unknown(p, edit->name);
}

/* The comments that stand between a setting and its continuation outlive it. */
static void
edit_keep_comments(struct str *out, struct span raw)
{
	struct span line;

	while (span_cut(&raw, '\n', &line))
		if (span_starts_with(span_trim(line), SPAN("#")))
			(void) str_addf(out, "%.*s\n", SPAN_ARG(line));
}

static void
edit_comment_out(struct str *out, struct span raw)
{
	struct span line;

	while (span_cut(&raw, '\n', &line))
		if (line.len > 0 || raw.len > 0)
			(void) str_addf(out, "%s%.*s\n",
			    span_starts_with(line, SPAN("#")) ? "" : "#", SPAN_ARG(line));
}

/* Write one setting as it shall be. */
static void
edit_line(const struct postconf *p, struct edit *edit, struct span raw, struct str *out)
{
	if (p->action == ACTION_COMMENT) {
		edit_comment_out(out, raw);
		return;
	}
	if (p->action == ACTION_EDIT && !edit->is_done)
		(void) str_addf(out, "%s = %s\n", edit->name, edit->value);
	edit->is_done = true;
	edit_keep_comments(out, raw);
}

/* The new text of the file. */
static void
edit_text(struct postconf *p, struct edit_list *edits, struct span text, struct str *out)
{
	struct config_reader reader;
	struct config_line line;
	struct err err = { 0 };
	const char *done = text.p;

	config_reader_init(&reader, text);
	while (config_line_next(&reader, p->arena, &line)) {
		struct span name, value;
		struct edit *edit = NULL;

		if (!line.is_indented && config_split_name_value(line.text, &name, &value, &err))
			edit = edit_find(edits, name);
		if (edit == NULL)
			continue;
		(void) str_add(out, span_make(done, (size_t) (line.raw.p - done)));
		edit_line(p, edit, line.raw, out);
		done = line.raw.p + line.raw.len;
	}
	(void) str_add(out, span_make(done, (size_t) (text.p + text.len - done)));
	if (out->len > 0 && out->p[out->len - 1] != '\n')
		(void) str_add_char(out, '\n');
	for (size_t i = 0; p->action == ACTION_EDIT && i < edits->count; i++)
		if (!edits->v[i].is_done)
			(void) str_addf(out, "%s = %s\n", edits->v[i].name, edits->v[i].value);
}

int
main_edit(struct postconf *p, const char *const *args)
{
	struct edit_list edits = { 0 };
	struct str out CLEANUP(str_fini);
	struct span text = { "", 0 };
	struct err err = { 0 };

	for (; *args != NULL; args++)
		edit_add(p, &edits, *args);
	str_init(&out, (size_t) 8 << 20);
	if (!file_read(AT_FDCWD, p->main_path, (size_t) 4 << 20, p->arena, &text, &err) &&
	    err.errnum != ENOENT)
		fatal("%s", err.text);
	edit_text(p, &edits, text, &out);
	if (!span_eq(str_span(&out), text) &&
	    !file_replace(p->main_path, str_span(&out), 0644, &err))
		fatal("%s", err.text);
	return 0;
}
