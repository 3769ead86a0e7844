/* SPDX-License-Identifier: ISC */
/* Warnings: settings that have no effect, names that nobody knows, services that come twice. */
#include "lib/sys/log.h"
#include "master/postconf/postconf_int.h"

/* "; did you mean \"x\"?" or "". */
static const char *
warn_suggestion(struct postconf *p, const char *name)
{
	const char *nearest = param_nearest(name, p->arena);

	return nearest == NULL ? "" : arena_printf(p->arena, "; did you mean \"%s\"?", nearest);
}

void
warn_unknown(struct postconf *p, const char *name)
{
	log_warn("%s: unknown parameter%s", name, warn_suggestion(p, name));
}

static void
warn_setting(struct postconf *p, const char *file, const char *name, const char *value)
{
	const struct param_foreign *foreign = param_find_foreign(name);

	if (foreign != NULL)
		log_warn(
		    "%s: parameter %s is set and has no effect: %s", file, name, foreign->instead);
	else if (name_is_time_limit(p, name))
		log_warn("%s: parameter %s is set and has no effect: "
		         "pipe and spawn are not in this version", file, name);
	else if (name_classify(p, name, NULL) == NAME_UNKNOWN)
		log_warn(
		    "%s: unused parameter: %s=%s%s", file, name, value, warn_suggestion(p, name));
}

void
warn_main(struct postconf *p)
{
	const char *name, *value, *text;

	for (size_t it = 0; (text = main_cf_warning_next(p->cf, &it)) != NULL;)
		log_warn("%s", text);
	for (size_t i = 0; i < p->undefined.count; i++)
		log_warn("%s: undefined parameter: %s", p->main_path, p->undefined.v[i]);
	for (size_t it = 0; main_cf_next(p->cf, &it, &name, &value);)
		if (main_cf_line(p->cf, name) > 0)
			warn_setting(p, p->main_path, name, value);
}

/* The same name and type once more: the last one counts. */
static void
warn_overlap(struct postconf *p, size_t at)
{
	const struct service_line *line = &p->services.lines.v[at];

	for (size_t i = 0; i < at; i++) {
		const struct master_entry *earlier = &p->services.lines.v[i].entry;

		if (earlier->type == line->entry.type &&
		    strcmp(earlier->name, line->entry.name) == 0)
			log_warn(
			    "%s, line %d: service %s/%s overlaps with line %d, which has no effect",
			    p->services.path, line->entry.line, line->entry.name, line->columns[1],
			    earlier->line);
	}
}

void
warn_services(struct postconf *p)
{
	for (size_t i = 0; i < p->services.lines.count; i++) {
		const struct service_line *line = &p->services.lines.v[i];
		struct span name, value;
		size_t arg;

		warn_overlap(p, i);
		for (size_t k = 0; services_next_override(line, &k, &name, &value, &arg);)
			warn_setting(p, p->services.path, arena_cstr(p->arena, name),
			    arena_cstr(p->arena, value));
	}
}
