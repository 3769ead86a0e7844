/* SPDX-License-Identifier: ISC */
/*
 * master.cf: one logical line per service, eight columns, arguments with optional braces. One row
 * per column says how it is read. Arguments are not expanded: the service does that with its -o.
 */
#include "lib/sys/master_cf.h"

#include "lib/base/array.h"
#include "lib/sys/config_line.h"
#include "lib/sys/file.h"

#include <fcntl.h>
#include <limits.h>

#define MASTER_CF_SIZE_MAX ((size_t) 4 << 20)
#define MASTER_BLANKS " \t\r\n\v\f"

static const char *const master_type_names[] = {
	[MASTER_INET] = "inet",
	[MASTER_UNIX] = "unix",
	[MASTER_UNIX_DGRAM] = "unix-dgram",
	[MASTER_FIFO] = "fifo",
	[MASTER_PASS] = "pass",
};

/* What '-' means. */
struct master_defaults {
	bool is_chrooted;
	int max_processes;
};

const char *
master_type_name(enum master_type type)
{
	return master_type_names[type];
}

bool
master_type_parse(struct span text, enum master_type *type_out)
{
	for (size_t i = 0; i < COUNT_OF(master_type_names); i++) {
		if (!span_eq_str(text, master_type_names[i]))
			continue;
		*type_out = (enum master_type) i;
		return true;
	}
	return false;
}

static bool
master_bad_field(struct err *err, const char *field, struct span text, const char *expected)
{
	return err_config(err, "field \"%s\": bad value: \"%.*s\": expected %s", field,
	    SPAN_ARG(span_slice(text, 0, 60)), expected);
}

/* y, n, or - for the default. */
static bool
master_parse_flag(
    const char *field, struct span text, bool default_value, bool *out, struct err *err)
{
	if (text.len != 1 || strchr("yn-", text.p[0]) == NULL)
		return master_bad_field(err, field, text, "y, n or -");
	*out = text.p[0] == '-' ? default_value : text.p[0] == 'y';
	return true;
}

/* Seconds, perhaps with '?': only when the service has been used. */
static bool
master_parse_wakeup(struct span text, struct master_entry *entry, struct err *err)
{
	struct span digits = text;

	if (span_eq_str(text, "-"))
		return true;
	entry->wakeup_only_if_used = span_ends_with(text, SPAN("?"));
	if (entry->wakeup_only_if_used)
		digits = span_slice(text, 0, text.len - 1);
	return span_to_i64(digits, 0, INT_MAX, &entry->wakeup_s) ||
	    master_bad_field(err, "wakeup", text, "a number of seconds, perhaps with '?', or -");
}

static bool
master_parse_limit(struct span text, int default_value, int *out, struct err *err)
{
	uint64_t number;

	*out = default_value;
	if (span_eq_str(text, "-"))
		return true;
	if (!span_to_u64(text, INT_MAX, &number))
		return master_bad_field(
		    err, "process_limit", text, "a number (0 for no limit) or -");
	*out = (int) number;
	return true;
}

/* One argument: a word, or { text } as one. */
static bool
master_next_arg(struct span *rest, struct span *arg_out, struct err *err)
{
	struct span whole = *rest;

	if (rest->p[0] == '{') {
		if (!config_take_braces(rest, arg_out))
			return err_config(
			    err, "missing '}' in \"%.*s\"", SPAN_ARG(span_slice(whole, 0, 60)));
		return true;
	}
	return span_token(rest, MASTER_BLANKS, arg_out);
}

static bool
master_parse_args(
    struct span rest, struct arena *arena, struct master_entry *entry, struct err *err)
{
	ARRAY(const char *) args = { 0 };

	for (;;) {
		struct span arg;

		rest = span_from(rest, span_run(rest, MASTER_BLANKS));
		if (rest.len == 0)
			break;
		if (!master_next_arg(&rest, &arg, err))
			return false;
		*ARRAY_ADD(arena, &args) = arena_cstr(arena, arg);
	}
	entry->arg_count = args.count;
	*ARRAY_ADD(arena, &args) = NULL;
	entry->args = args.v;
	return true;
}

enum {
	COLUMN_NAME,
	COLUMN_TYPE,
	COLUMN_PRIVATE,
	COLUMN_UNPRIVILEGED,
	COLUMN_CHROOT,
	COLUMN_WAKEUP,
	COLUMN_LIMIT,
	COLUMN_COMMAND,
	COLUMN_COUNT
};

/* The columns after name and type. */
static bool
master_parse_columns(const struct span *column, const struct master_defaults *defaults,
    struct master_entry *entry, struct err *err)
{
	if (!master_parse_flag("private", column[COLUMN_PRIVATE], true, &entry->is_private, err) ||
	    !master_parse_flag(
	        "unprivileged", column[COLUMN_UNPRIVILEGED], true, &entry->is_unprivileged, err) ||
	    !master_parse_flag(
	        "chroot", column[COLUMN_CHROOT], defaults->is_chrooted, &entry->is_chrooted, err) ||
	    !master_parse_wakeup(column[COLUMN_WAKEUP], entry, err) ||
	    !master_parse_limit(
	        column[COLUMN_LIMIT], defaults->max_processes, &entry->max_processes, err))
		return false;
	if (entry->type == MASTER_INET)
		entry->is_private = false;
	return true;
}

/* A program in daemon_directory: no path, so that master starts nothing else. */
static bool
master_check_command(struct span command, struct err *err)
{
	if (span_find(command, '/') < command.len || command.p[0] == '.')
		return master_bad_field(
		    err, "command", command, "the name of a program in daemon_directory");
	return true;
}

static bool
master_parse_entry(const struct config_line *line, const struct master_defaults *defaults,
    struct arena *arena, struct master_entry *entry, struct err *err)
{
	struct span column[COLUMN_COUNT], rest = line->text;

	*entry = (struct master_entry){ .line = line->first_line, .text = span_trim(line->text) };
	if (line->is_indented)
		return err_config(
		    err, "a service must not begin with a blank (nothing is there to continue)");
	if (span_has_nul(line->text))
		return err_config(err, "a NUL byte in the text");
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (!span_token(&rest, MASTER_BLANKS, &column[i]))
			return err_config(err,
			    "bad field count: expected 8 fields (service type private unpriv "
			    "chroot wakeup maxproc command), found %zu",
			    i);

	if (!master_type_parse(column[COLUMN_TYPE], &entry->type))
		return master_bad_field(
		    err, "type", column[COLUMN_TYPE], "inet, unix, unix-dgram, fifo or pass");
	if (!master_parse_columns(column, defaults, entry, err) ||
	    !master_check_command(column[COLUMN_COMMAND], err))
		return false;
	entry->name = arena_cstr(arena, column[COLUMN_NAME]);
	entry->command = arena_cstr(arena, column[COLUMN_COMMAND]);
	return master_parse_args(rest, arena, entry, err);
}

/* Where the entry is; mcf->count when there is none. */
static size_t
master_cf_position(const struct master_cf *mcf, const char *name, enum master_type type)
{
	size_t i = 0;

	while (i < mcf->count &&
	    (mcf->entries[i].type != type || strcmp(mcf->entries[i].name, name) != 0))
		i++;
	return i;
}

const struct master_entry *
master_cf_find(const struct master_cf *mcf, const char *name, enum master_type type)
{
	size_t at = master_cf_position(mcf, name, type);

	return at < mcf->count ? &mcf->entries[at] : NULL;
}

/* default_process_limit, and the older default of the chroot column. */
static bool
master_load_defaults(
    struct main_cf *cf, struct arena *arena, struct master_defaults *defaults, struct err *err)
{
	const char *limit = main_cf_value(cf, "default_process_limit", arena, err);
	uint64_t number;

	if (limit == NULL)
		return false;
	if (!span_to_u64(span_of(limit), INT_MAX, &number))
		return err_config(err, "%s: default_process_limit = %.60s: expected a whole number",
		    main_cf_origin(cf, "default_process_limit", arena), limit);
	defaults->max_processes = (int) number;
	defaults->is_chrooted = !main_cf_level_at_least(cf, "1");
	return true;
}

struct master_cf *
master_cf_parse(
    struct main_cf *cf, struct span text, const char *file, struct arena *arena, struct err *err)
{
	struct master_cf *mcf = ARENA_NEW(arena, struct master_cf);
	ARRAY(struct master_entry) entries = { 0 };
	struct master_defaults defaults = { 0 };
	struct config_reader reader;
	struct config_line line;
	struct master_entry entry;

	if (!master_load_defaults(cf, arena, &defaults, err))
		return NULL;
	mcf->file = arena_strdup(arena, file);
	config_reader_init(&reader, text);
	while (config_line_next(&reader, arena, &line)) {
		if (!master_parse_entry(&line, &defaults, arena, &entry, err)) {
			(void) err_prefix(err, "%s, line %d", file, line.first_line);
			return NULL;
		}

		size_t at = master_cf_position(mcf, entry.name, entry.type);
		if (at == entries.count)
			(void) ARRAY_ADD(arena, &entries);
		entries.v[at] = entry;
		mcf->entries = entries.v;
		mcf->count = entries.count;
	}
	return mcf;
}

struct master_cf *
master_cf_load(struct main_cf *cf, const char *dir, struct arena *arena, struct err *err)
{
	const char *file = arena_printf(arena, "%s/master.cf", dir);
	struct span text;

	if (!file_read(AT_FDCWD, file, MASTER_CF_SIZE_MAX, arena, &text, err))
		return NULL;
	return master_cf_parse(cf, text, file, arena, err);
}

bool
master_entry_is_transport(const struct master_entry *entry)
{
	static const char *const agents[] = { "smtp", "lmtp", "local", "virtual", "pipe", "error" };

	for (size_t i = 0; i < COUNT_OF(agents); i++)
		if (strcmp(entry->command, agents[i]) == 0)
			return true;
	return false;
}
