/* SPDX-License-Identifier: ISC */
/* Changing master.cf in place: whole services, single fields, and the -o settings of a service. */
#include "lib/base/str.h"
#include "lib/sys/config_line.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "master/postconf/postconf_int.h"

/* The rest of a selector as a field of -F. */
static size_t
field_find(const struct selector *selector)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (span_eq_str(selector->rest, field_names[i]))
			return i;
	fatal("unknown field in \"%s\": expected service, type, private, unprivileged, chroot, "
	      "wakeup, process_limit or "
	      "command",
	    selector->text);
}

/* Read the line again from its own text: what was put in must be valid. */
static void
service_reparse(struct postconf *p, struct service_line *line, const char *text)
{
	struct service_line fresh;
	struct err err = { 0 };

	if (!services_parse_line(p, "in the request", span_of(text), &fresh, &err))
		fatal("%s", err.text);
	fresh.entry.line = line->entry.line;
	fresh.before = line->before;
	fresh.raw = line->raw;
	fresh.is_changed = true;
	*line = fresh;
}

static void
service_set_field(struct postconf *p, struct service_line *line, size_t field, const char *value)
{
	const char *columns[FIELD_COUNT];

	for (size_t i = 0; i < FIELD_COUNT; i++)
		columns[i] = i == field ? value : field_get(p, line, i);
	service_reparse(p, line,
	    arena_printf(p->arena, "%s %s %s %s %s %s %s %s", columns[0], columns[1], columns[2],
	        columns[3], columns[4], columns[5], columns[6], columns[7]));
}

/* The arguments without the -o that sets name; and with a new one when value is not NULL. */
static void
service_set_param(
    struct postconf *p, struct service_line *line, struct span wanted, const char *value)
{
	ARRAY(const char *) args = { 0 };
	struct span name, old;
	size_t arg = 0, taken = 0;

	for (size_t k = 0; services_next_override(line, &k, &name, &old, &arg);) {
		bool is_separate = strncmp(line->entry.args[arg], "-o", 2) != 0;
		size_t start = is_separate ? arg - 1 : arg;

		if (!span_eq(name, wanted))
			continue;
		for (; taken < start; taken++)
			*ARRAY_ADD(p->arena, &args) = line->entry.args[taken];
		taken = arg + 1;
	}
	for (; taken < line->entry.arg_count; taken++)
		*ARRAY_ADD(p->arena, &args) = line->entry.args[taken];
	if (value != NULL) {
		*ARRAY_ADD(p->arena, &args) = "-o";
		*ARRAY_ADD(p->arena, &args) = arena_printf(
		    p->arena, "%.*s=%s", SPAN_ARG(wanted), value);
	}
	line->entry.arg_count = args.count;
	*ARRAY_ADD(p->arena, &args) = NULL;
	line->entry.args = args.v;
	line->is_changed = true;
}

static bool
service_has_param(const struct service_line *line, struct span wanted)
{
	struct span name, value;
	size_t arg;

	for (size_t k = 0; services_next_override(line, &k, &name, &value, &arg);)
		if (span_eq(name, wanted))
			return true;
	return false;
}

/* Do what was asked to one service; false when it does not hold what shall be removed. */
static bool
service_change(struct postconf *p, struct service_line *line, const struct selector *selector,
    const char *value)
{
	if (p->action == ACTION_COMMENT) {
		line->is_commented = true;
		return true;
	}
	if (p->target == TARGET_SERVICES) {
		if (p->action == ACTION_REMOVE)
			line->is_removed = true;
		else
			service_reparse(p, line, value);
		return true;
	}
	if (p->target == TARGET_FIELDS) {
		service_set_field(p, line, field_find(selector), value);
		return true;
	}
	if (p->action == ACTION_REMOVE && !service_has_param(line, selector->rest))
		return false;
	service_set_param(p, line, selector->rest, p->action == ACTION_REMOVE ? NULL : value);
	return true;
}

/* -M with a service that is not there yet adds it at the end. */
static void
service_add(struct postconf *p, const char *text)
{
	struct service_line *line = ARRAY_ADD(p->arena, &p->services.lines);

	line->before = p->services.after;
	p->services.after = (struct span){ "", 0 };
	service_reparse(p, line, text);
}

/* "svc/type=line" must speak of the same service on both sides. */
static void
service_check_name(const struct postconf *p, const struct selector *selector, const char *value)
{
	struct span rest = span_of(value), name, type;

	if (p->target != TARGET_SERVICES || p->action != ACTION_EDIT)
		return;
	if (!span_token(&rest, " \t", &name) || !span_token(&rest, " \t", &type) ||
	    !span_eq(name, selector->service) || !span_eq(type, selector->type))
		fatal(
		    "name and type differ in \"%s\": expected \"service/type = service type ...\"",
		    selector->text);
}

/* Shape of an argument: how many parts before the equal sign. */
static void
service_check_selector(const struct postconf *p, const struct selector *selector)
{
	bool wants_rest = p->target != TARGET_SERVICES;

	if (selector->service.len == 0 || selector->type.len == 0 ||
	    (selector->rest.len > 0) != wants_rest)
		fatal("bad request \"%s\": expected service/type%s", selector->text,
		    p->target == TARGET_FIELDS ? "/field" : wants_rest ? "/parameter" : "");
}

static void
services_edit_one(struct postconf *p, const char *arg)
{
	struct span name = span_trim(span_of(arg)), value = { "", 0 };
	struct err err = { 0 };
	size_t changed = 0;

	if (strpbrk(arg, "\r\n") != NULL)
		fatal("a value must be one line: \"%s\"", arg);
	if (p->action == ACTION_EDIT && !config_split_name_value(span_of(arg), &name, &value, &err))
		fatal("%s", err.text);

	struct selector selector = selector_parse(arena_cstr(p->arena, name));
	const char *text = arena_cstr(p->arena, value);
	service_check_selector(p, &selector);
	service_check_name(p, &selector, text);
	for (size_t i = 0; i < p->services.lines.count; i++)
		if (selector_matches(&selector, &p->services.lines.v[i]))
			changed += service_change(p, &p->services.lines.v[i], &selector, text);
	if (changed > 0)
		return;
	if (p->target == TARGET_SERVICES && p->action == ACTION_EDIT)
		service_add(p, text);
	else
		log_warn("unmatched request: \"%s\"", selector.text);
}

static void
write_line(struct postconf *p, const struct service_line *line, struct str *out)
{
	struct span raw = line->raw, physical;

	(void) str_add(out, line->before);
	if (out->len > 0 && out->p[out->len - 1] != '\n')
		(void) str_add_char(out, '\n');
	if (line->is_removed)
		return;
	if (line->is_changed) {
		(void) str_addf(out, "%s\n", format_service(p, line));
		return;
	}
	if (!line->is_commented) {
		(void) str_add(out, raw);
		return;
	}
	while (span_cut(&raw, '\n', &physical))
		if (physical.len > 0 || raw.len > 0)
			(void) str_addf(out, "#%.*s\n", SPAN_ARG(physical));
}

int
services_edit(struct postconf *p, const char *const *args)
{
	struct str out CLEANUP(str_fini);
	struct err err = { 0 };

	if (p->target == TARGET_FIELDS && p->action != ACTION_EDIT)
		fatal("a field cannot be removed: set it with -Fe");
	if (p->target == TARGET_PARAMS && p->action == ACTION_COMMENT)
		fatal("-# cannot be used with -P");
	for (; *args != NULL; args++)
		services_edit_one(p, *args);

	/* In the form of one line, except where -f asks for several. */
	p->target = TARGET_SERVICES;
	str_init(&out, (size_t) 8 << 20);
	for (size_t i = 0; i < p->services.lines.count; i++)
		write_line(p, &p->services.lines.v[i], &out);
	(void) str_add(&out, p->services.after);
	if (!file_replace(p->services.path, str_span(&out), 0644, &err))
		fatal("%s", err.text);
	return 0;
}
