/* SPDX-License-Identifier: ISC */
/*
 * main.cf: reading, overriding, walking. Settings lie sorted in one array: a few hundred at most,
 * so that insertion by moving is cheap and the walk is alphabetical. Values are kept as written;
 * main_cf_expand.c gives them their meaning. Not done here: judging names (postconf does).
 */
#include "lib/sys/main_cf_int.h"

#include "config.h"
#include "lib/sys/config_line.h"
#include "lib/sys/file.h"

#include <fcntl.h>
#include <unistd.h>

#define MAIN_CF_SIZE_MAX ((size_t) 4 << 20)

/* Where name is, or would be. */
static size_t
main_cf_position(const struct main_cf *cf, const char *name, bool *found_out)
{
	size_t from = 0, to = cf->settings.count;

	*found_out = false;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(cf->settings.v[middle].name, name);

		if (order == 0) {
			*found_out = true;
			return middle;
		}
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static const struct main_cf_setting *
main_cf_find(const struct main_cf *cf, const char *name)
{
	bool found;
	size_t at = main_cf_position(cf, name, &found);

	return found ? &cf->settings.v[at] : NULL;
}

/* Set or replace; both texts are in the arena already. */
static void
main_cf_put(struct main_cf *cf, const char *name, const char *value, int line)
{
	bool found;
	size_t at = main_cf_position(cf, name, &found);

	if (!found) {
		(void) ARRAY_ADD(cf->arena, &cf->settings);
		memmove(&cf->settings.v[at + 1], &cf->settings.v[at],
		    (cf->settings.count - 1 - at) * sizeof(cf->settings.v[0]));
	}
	cf->settings.v[at] = (struct main_cf_setting){ .name = name, .value = value, .line = line };
}

static void
main_cf_warn(struct main_cf *cf, const char *text)
{
	*ARRAY_ADD(cf->arena, &cf->warnings) = text;
}

/* Legal, and yet rarely meant. */
static void
main_cf_check_line(struct main_cf *cf, int line, const char *name, const char *value)
{
	const struct main_cf_setting *earlier = main_cf_find(cf, name);
	const char *mark = strstr(value, " #");

	if (earlier != NULL)
		main_cf_warn(cf,
		    arena_printf(cf->arena, "%s, line %d: overriding earlier entry: %s=%s",
		        cf->file, line, name, earlier->value));
	if (mark == NULL)
		mark = strstr(value, "\t#");
	if (mark != NULL)
		main_cf_warn(cf,
		    arena_printf(cf->arena,
		        "%s, line %d: #comment after other text is part of the value: %s", cf->file,
		        line, mark + 1));
}

/* One logical line. */
static bool
main_cf_parse_line(struct main_cf *cf, const struct config_line *line, struct err *err)
{
	struct span name, value;

	if (line->is_indented) {
		main_cf_warn(cf,
		    arena_printf(cf->arena,
		        "%s, line %d: left out, since a logical line must not start with "
		        "whitespace: \"%.*s\"",
		        cf->file, line->first_line, SPAN_ARG(span_slice(line->text, 0, 60))));
		return true;
	}
	if (span_has_nul(line->text)) {
		(void) err_config(err, "a NUL byte in the text");
		return false;
	}
	if (!config_split_name_value(line->text, &name, &value, err))
		return false;

	const char *name_text = arena_cstr(cf->arena, name),
	           *value_text = arena_cstr(cf->arena, value);
	main_cf_check_line(cf, line->first_line, name_text, value_text);
	main_cf_put(cf, name_text, value_text, line->first_line);
	return true;
}

struct main_cf *
main_cf_parse(
    struct span text, const char *file, const char *dir, struct arena *arena, struct err *err)
{
	struct main_cf *cf = ARENA_NEW(arena, struct main_cf);
	struct config_reader reader;
	struct config_line line;

	cf->arena = arena;
	cf->file = arena_strdup(arena, file);
	cf->dir = arena_strdup(arena, dir);
	config_reader_init(&reader, text);
	while (config_line_next(&reader, arena, &line)) {
		if (!main_cf_parse_line(cf, &line, err)) {
			(void) err_prefix(err, "%s, line %d", file, line.first_line);
			return NULL;
		}
	}

	/* Where the file lies is a fact that it cannot change. */
	main_cf_set(cf, "config_directory", dir);
	return cf;
}

struct main_cf *
main_cf_load(const char *dir, struct arena *arena, struct err *err)
{
	const char *file = arena_printf(arena, "%s/main.cf", dir);
	struct span text;

	if (!file_read(AT_FDCWD, file, MAIN_CF_SIZE_MAX, arena, &text, err))
		return NULL;
	return main_cf_parse(text, file, dir, arena, err);
}

const char *
main_cf_default_dir(void)
{
	const char *dir = getenv("MAIL_CONFIG");

	if (dir != NULL && dir[0] != '\0')
		return dir;
	if (access(CONFIG_DIRECTORY "/main.cf", F_OK) != 0 &&
	    access(SYSCONF_DIRECTORY "/postfix/main.cf", F_OK) == 0)
		return SYSCONF_DIRECTORY "/postfix";
	return CONFIG_DIRECTORY;
}

void
main_cf_set(struct main_cf *cf, const char *name, const char *value)
{
	main_cf_put(cf, arena_strdup(cf->arena, name), arena_strdup(cf->arena, value), 0);
}

bool
main_cf_set_text(struct main_cf *cf, const char *assignment, struct err *err)
{
	struct span rest = span_trim(span_of(assignment)), text = rest, name, value;

	if (rest.len > 0 && rest.p[0] == '{' && (!config_take_braces(&rest, &text) || rest.len > 0))
		return err_config(
		    err, "option -o: expected one pair of { } in \"%.100s\"", assignment);
	if (!config_split_name_value(text, &name, &value, err))
		return err_prefix(err, "option -o");
	main_cf_put(cf, arena_cstr(cf->arena, name), arena_cstr(cf->arena, value), 0);
	return true;
}

const char *
main_cf_get(const struct main_cf *cf, const char *name)
{
	const struct main_cf_setting *setting = main_cf_find(cf, name);

	return setting == NULL ? NULL : setting->value;
}

int
main_cf_line(const struct main_cf *cf, const char *name)
{
	const struct main_cf_setting *setting = main_cf_find(cf, name);

	return setting == NULL ? 0 : setting->line;
}

const char *
main_cf_file(const struct main_cf *cf)
{
	return cf->file;
}

const char *
main_cf_dir(const struct main_cf *cf)
{
	return cf->dir;
}

const char *
main_cf_origin(const struct main_cf *cf, const char *name, struct arena *arena)
{
	const struct main_cf_setting *setting = main_cf_find(cf, name);

	if (setting == NULL)
		return "default value";
	return setting->line == 0 ? "option -o"
	                          : arena_printf(arena, "%s, line %d", cf->file, setting->line);
}

bool
main_cf_next(
    const struct main_cf *cf, size_t *iterator, const char **name_out, const char **value_out)
{
	if (*iterator >= cf->settings.count)
		return false;
	*name_out = cf->settings.v[*iterator].name;
	*value_out = cf->settings.v[*iterator].value;
	++*iterator;
	return true;
}

const char *
main_cf_warning_next(const struct main_cf *cf, size_t *iterator)
{
	return *iterator < cf->warnings.count ? cf->warnings.v[(*iterator)++] : NULL;
}

bool
main_cf_list_next(struct span *rest, struct span *item_out, struct err *err)
{
	err_clear(err);
	*rest = span_from(*rest, span_run(*rest, ", \t\r\n"));
	if (rest->len == 0)
		return false;
	if (rest->p[0] != '{')
		return span_token(rest, ", \t\r\n", item_out);

	struct span whole = *rest;
	if (!config_take_braces(rest, item_out))
		return err_config(
		    err, "missing '}' in \"%.*s\"", SPAN_ARG(span_slice(whole, 0, 100)));
	return true;
}
