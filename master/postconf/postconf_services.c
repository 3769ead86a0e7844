/* SPDX-License-Identifier: ISC */
/*
 * master.cf for showing and editing: every service with the lines it stands on, and the comments
 * between.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>

#include "lib/sys/config_line.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "master/postconf/postconf_int.h"

const char *const field_names[FIELD_COUNT] = {
	"service",
	"type",
	"private",
	"unprivileged",
	"chroot",
	"wakeup",
	"process_limit",
	"command",
};

bool
services_parse_line(struct postconf *p, const char *file, struct span text,
    struct service_line *line_out, struct err *err)
{
	struct master_cf *mcf = master_cf_parse(p->plain, text, file, p->arena, err);
	struct span rest = text, column;

	if (mcf == NULL)
		return false;
	if (mcf->count != 1)
		return err_config(
		    err, "expected one service in \"%.*s\"", SPAN_ARG(span_slice(text, 0, 60)));
	*line_out = (struct service_line){ .entry = mcf->entries[0] };
	for (size_t i = 0; i < COUNT_OF(line_out->columns); i++) {
		if (!span_token(&rest, " \t\r\n\v\f", &column))
			return err_config(err, "too few fields");
		line_out->columns[i] = arena_cstr(p->arena, column);
	}
	return true;
}

static void
services_add_line(struct postconf *p, const struct config_line *logical, const char *done)
{
	struct service_line *line = ARRAY_ADD(p->arena, &p->services.lines);
	struct err err = { 0 };

	if (!services_parse_line(p, p->services.path, logical->text, line, &err))
		fatal("%s", err.text);
	line->entry.line = logical->first_line;
	line->raw = logical->raw;
	line->before = span_make(done, (size_t) (logical->raw.p - done));
}

void
services_load(struct postconf *p)
{
	struct config_reader reader;
	struct config_line logical;
	struct span text = { "", 0 };
	struct err err = { 0 };

	p->services.path = arena_printf(p->arena, "%s/master.cf", p->dir);
	if (!file_read(AT_FDCWD, p->services.path, (size_t) 4 << 20, p->arena, &text, &err) &&
	    err.errnum != ENOENT)
		fatal("%s", err.text);

	/* Once as a whole, for errors with their line. */
	if (master_cf_parse(p->plain, text, p->services.path, p->arena, &err) == NULL)
		fatal("%s", err.text);

	const char *done = text.p;
	config_reader_init(&reader, text);
	while (config_line_next(&reader, p->arena, &logical)) {
		services_add_line(p, &logical, done);
		done = logical.raw.p + logical.raw.len;
	}
	p->services.after = span_make(done, (size_t) (text.p + text.len - done));
}

bool
services_next_override(const struct service_line *line, size_t *i, struct span *name_out,
    struct span *value_out, size_t *arg_out)
{
	struct err err;

	for (; *i < line->entry.arg_count; ++*i) {
		const char *arg = line->entry.args[*i];
		const char *text = arg + 2;

		if (strncmp(arg, "-o", 2) != 0)
			continue;
		if (*text == '\0' && *i + 1 < line->entry.arg_count)
			text = line->entry.args[++*i];
		*arg_out = (*i)++;
		if (config_split_name_value(span_of(text), name_out, value_out, &err))
			return true;
		--*i;
	}
	return false;
}

struct selector
selector_parse(const char *text)
{
	struct selector selector = { .text = text };
	struct span rest = span_of(text);

	(void) span_cut(&rest, '/', &selector.service);
	(void) span_cut(&rest, '/', &selector.type);
	selector.rest = rest;
	return selector;
}

/* '*' alone or within; an empty pattern matches all. */
static bool
selector_part_matches(struct span pattern, const char *text)
{
	char copy[256];

	if (pattern.len == 0)
		return true;
	if (pattern.len >= sizeof(copy))
		return false;
	memcpy(copy, pattern.p, pattern.len);
	copy[pattern.len] = '\0';
	return fnmatch(copy, text, FNM_NOESCAPE) == 0 || strcmp(copy, text) == 0;
}

bool
selector_matches(const struct selector *selector, const struct service_line *line)
{
	return selector_part_matches(selector->service, line->columns[0]) &&
	    selector_part_matches(selector->type, line->columns[1]);
}

bool
selector_matches_rest(const struct selector *selector, const char *rest)
{
	return selector_part_matches(selector->rest, rest);
}

const char *
field_get(struct postconf *p, const struct service_line *line, size_t field)
{
	return field < COUNT_OF(line->columns) ? line->columns[field] : format_command(p, line);
}

static bool
services_show_fields(
    struct postconf *p, const struct selector *selector, const struct service_line *line)
{
	bool found = false;

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!selector_matches_rest(selector, field_names[i]))
			continue;
		found = true;
		print_setting(p,
		    arena_printf(
		        p->arena, "%s/%s/%s", line->columns[0], line->columns[1], field_names[i]),
		    field_get(p, line, i));
	}
	return found;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The value that a service's -o gives a name, the last one; NULL when none does. */
static const char *
services_override(struct postconf *p, const struct service_line *line, const char *wanted)
{
	struct span name, value;
	const char *found = NULL;
	size_t arg;

	for (size_t k = 0; services_next_override(line, &k, &name, &value, &arg);)
		if (span_eq_str(name, wanted))
			found = arena_cstr(p->arena, value);
	return found;
}

/* What main.cf or the default gives a name. */
static const char *
services_inherited(struct postconf *p, const char *name)
{
	const char *set = main_cf_get(p->cf, name), *value;

	(void) name_classify(p, name, &value);
	return set != NULL ? set : value;
}

/* The names that -P may show of a service, sorted; with -PP all that there are. Ends with NULL. */
static const char *const *
services_param_names(struct postconf *p, const struct service_line *line)
{
	ARRAY(const char *) names = { 0 };
	struct span name, value;
	size_t arg, kept = 0;

	for (size_t k = 0; services_next_override(line, &k, &name, &value, &arg);)
		*ARRAY_ADD(p->arena, &names) = arena_cstr(p->arena, name);
	for (const char *const *all = p->with_unset ? name_list(p, p->classes) : NULL; all != NULL && *all != NULL; all++)
		*ARRAY_ADD(p->arena, &names) = *all;
	if (names.count > 0)
		qsort(names.v, names.count, sizeof(names.v[0]), compare_names);
	for (size_t i = 0; i < names.count; i++)
		if (kept == 0 || strcmp(names.v[kept - 1], names.v[i]) != 0)
			names.v[kept++] = names.v[i];
	names.count = kept;
	*ARRAY_ADD(p->arena, &names) = NULL;
	return names.v;
}

static bool
services_show_params(
    struct postconf *p, const struct selector *selector, const struct service_line *line)
{
	const char *const *name = services_param_names(p, line);
	bool found = false;

	for (; *name != NULL; name++) {
		const char *value = services_override(p, line, *name);

		if (!selector_matches_rest(selector, *name))
			continue;
		found = true;
		print_setting(p,
		    arena_printf(p->arena, "%s/%s/%s", line->columns[0], line->columns[1], *name),
		    value != NULL ? value : services_inherited(p, *name));
	}
	return found;
}

/* As the service's processes see it: with their name and their own -o. */
static void
services_enter(struct postconf *p, const struct service_line *line)
{
	struct span name, value;
	size_t arg;

	p->cf = postconf_load_main(p);
	main_cf_set(p->cf, "service_name", line->entry.name);
	for (size_t k = 0; services_next_override(line, &k, &name, &value, &arg);)
		main_cf_set(p->cf, arena_cstr(p->arena, name), arena_cstr(p->arena, value));
}

/* What the selector asks of this service; false when it holds nothing of the kind. */
static bool
services_show_one(
    struct postconf *p, const struct selector *selector, const struct service_line *line)
{
	if (p->expand)
		services_enter(p, line);
	if (p->target == TARGET_FIELDS)
		return services_show_fields(p, selector, line);
	if (p->target == TARGET_PARAMS)
		return services_show_params(p, selector, line);
	print_service(p, line);
	return true;
}

static bool
services_show_selected(struct postconf *p, const char *text)
{
	struct selector selector = selector_parse(text);
	bool found = false;

	for (size_t i = 0; i < p->services.lines.count; i++)
		if (selector_matches(&selector, &p->services.lines.v[i]))
			found |= services_show_one(p, &selector, &p->services.lines.v[i]);
	return found;
}

int
services_show(struct postconf *p, const char *const *selectors)
{
	if (*selectors == NULL)
		(void) services_show_selected(p, "*");
	for (; *selectors != NULL; selectors++)
		if (!services_show_selected(p, *selectors))
			log_warn("unmatched request: \"%s\"", *selectors);
	if (!p->quiet)
		warn_services(p);
	return 0;
}
