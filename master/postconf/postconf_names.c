/* SPDX-License-Identifier: ISC */
/*
 * Which names there are: those of tables, those made from the services of master.cf, and those that
 * the configuration itself makes by referring to them.
 */
#include "lib/sys/config_line.h"
#include "master/postconf/postconf_int.h"

typedef void name_fn(struct postconf *p, const char *name);

static bool
name_is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Programs that a NAME_time_limit is for; this version does not have them. */
static bool
name_has_time_limit(const struct master_entry *entry)
{
	return strcmp(entry->command, "pipe") == 0 || strcmp(entry->command, "spawn") == 0;
}

/*
 * name is "relay_" and rest for a service "relay" of master.cf that is of the right kind.
 * Services of different types may share a name (smtp/inet is no delivery service, smtp/unix is
 * one).
 */
static bool
name_is_of_service(struct postconf *p, const char *name, const char *rest,
    bool (*is_right)(const struct master_entry *entry))
{
	size_t name_len = strlen(name), rest_len = strlen(rest);

	if (name_len < rest_len + 2 || strcmp(name + name_len - rest_len, rest) != 0)
		return false;
	for (size_t i = 0; i < p->services.lines.count; i++) {
		const struct master_entry *entry = &p->services.lines.v[i].entry;
		size_t len = strlen(entry->name);

		if (len + 1 + rest_len == name_len && strncmp(entry->name, name, len) == 0 &&
		    is_right(entry))
			return true;
	}
	return false;
}

bool
name_is_time_limit(struct postconf *p, const char *name)
{
	return name_is_of_service(p, name, "time_limit", name_has_time_limit);
}

enum name_class
name_classify(struct postconf *p, const char *name, const char **default_out)
{
	const struct param_table *table = NULL;
	const struct param *row = param_find(name, &table);
	const struct param_foreign *foreign = param_find_foreign(name);
	const char *unused;

	if (default_out == NULL)
		default_out = &unused;
	*default_out = "";
	if (foreign != NULL) {
		*default_out = foreign->value;
		return NAME_BUILTIN;
	}
	if (row != NULL && table->prefix[0] != '$') {
		*default_out = param_row_default(p->cf, table, row, name, p->arena);
		return NAME_BUILTIN;
	}
	if (row != NULL && name_is_of_service(p, name, row->name, master_entry_is_transport)) {
		*default_out = param_row_default(p->cf, table, row, name, p->arena);
		return NAME_SERVICE;
	}
	if (name_is_time_limit(p, name)) {
		*default_out = "$command_time_limit";
		return NAME_SERVICE;
	}
	return name_is_in(p->used.v, p->used.count, name) ? NAME_USER : NAME_UNKNOWN;
}

/* Every $name, ${name and $(name in a text. */
static void
name_scan(struct postconf *p, struct span text, name_fn *found)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.p[i] != '$')
			continue;
		if (text.p[++i] == '$')
			continue;
		if (text.p[i] == '{' || text.p[i] == '(')
			i++;

		size_t start = i;
		while (i < text.len && (ascii_is_alnum(text.p[i]) || text.p[i] == '_'))
			i++;
		if (i > start)
			found(p, arena_cstr(p->arena, span_slice(text, start, i)));
		i--;
	}
}

/* A name that a setting refers to: somebody must know it. */
static void
name_note_undefined(struct postconf *p, const char *name)
{
	const struct param_table *table = NULL;
	bool is_known = param_find_foreign(name) != NULL || param_find(name, &table) != NULL
	    || name_is_time_limit(p, name) || main_cf_get(p->cf, name) != NULL;

	if (!is_known && !name_is_in(p->undefined.v, p->undefined.count, name))
		*ARRAY_ADD(p->arena, &p->undefined) = name;
}

static void name_use_setting(struct postconf *p, struct span name, struct span value);

/* A name is used; what its own value refers to is used as well. */
static void
name_use(struct postconf *p, const char *name)
{
	const char *value;

	if (name_is_in(p->used.v, p->used.count, name))
		return;
	*ARRAY_ADD(p->arena, &p->used) = name;
	value = main_cf_get(p->cf, name);
	if (value != NULL)
		name_use_setting(p, span_of(name), span_of(value));
}

static void
name_use_classes(struct postconf *p, struct span list)
{
	struct span item;

	while (span_token(&list, ", \t\r\n", &item))
		name_use(p, arena_cstr(p->arena, item));
}

static void
name_use_setting(struct postconf *p, struct span name, struct span value)
{
	if (!print_is_raw(arena_cstr(p->arena, name)))
		name_scan(p, value, name_note_undefined);
	name_scan(p, value, name_use);
	if (span_eq_str(name, "smtpd_restriction_classes"))
		name_use_classes(p, value);
}

static void
name_collect_from_services(struct postconf *p)
{
	for (size_t i = 0; i < p->services.lines.count; i++) {
		const struct service_line *line = &p->services.lines.v[i];
		struct span name, value;
		size_t arg;

		for (size_t k = 0; services_next_override(line, &k, &name, &value, &arg);)
			name_use_setting(p, name, value);
	}
}

void
name_collect_used(struct postconf *p)
{
	const char *name, *value;

	name_collect_from_services(p);
	for (const char *const *all = name_list(p, NAME_BUILTIN | NAME_SERVICE); *all != NULL;
	     all++) {
		(void) name_classify(p, *all, &value);
		name_scan(p, span_of(value), name_use);
	}
	for (size_t it = 0; main_cf_next(p->cf, &it, &name, &value);)
		if (name_classify(p, name, NULL) != NAME_UNKNOWN)
			name_use_setting(p, span_of(name), span_of(value));
}

static int
name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

struct name_array {
	const char **v;
	size_t count, room;
};

static void
name_add(struct postconf *p, struct name_array *names, const char *name)
{
	*ARRAY_ADD(p->arena, names) = name;
}

static void
name_add_table(struct postconf *p, struct name_array *names, const struct param_table *table,
    const char *prefix)
{
	for (size_t i = 0; i < table->count; i++)
		if (!param_is_removed(table, &table->rows[i]))
			name_add(
			    p, names, arena_printf(p->arena, "%s%s", prefix, table->rows[i].name));
}

static void
name_add_services(struct postconf *p, struct name_array *names, const struct param_table *table)
{
	for (size_t i = 0; i < p->services.lines.count; i++) {
		const struct master_entry *entry = &p->services.lines.v[i].entry;

		if (master_entry_is_transport(entry))
			name_add_table(p, names, table, arena_printf(p->arena, "%s_", entry->name));
	}
}

static void
name_add_time_limits(struct postconf *p, struct name_array *names)
{
	for (size_t i = 0; i < p->services.lines.count; i++) {
		const struct master_entry *entry = &p->services.lines.v[i].entry;

		if (name_has_time_limit(entry))
			name_add(p, names, arena_printf(p->arena, "%s_time_limit", entry->name));
	}
}

/* User names that have a value. */
static void
name_add_users(struct postconf *p, struct name_array *names)
{
	const char *name, *value;

	for (size_t it = 0; main_cf_next(p->cf, &it, &name, &value);)
		if (name_classify(p, name, NULL) == NAME_USER)
			name_add(p, names, name);
}

const char *const *
name_list(struct postconf *p, unsigned classes)
{
	struct name_array names = { 0 };
	size_t kept = 0;

	for (const struct param_table *const *table = param_registry; *table != NULL; table++) {
		if ((*table)->prefix[0] != '$' && (classes & NAME_BUILTIN) != 0)
			name_add_table(p, &names, *table, (*table)->prefix);
		if ((*table)->prefix[0] == '$' && (classes & NAME_SERVICE) != 0)
			name_add_services(p, &names, *table);
	}
	for (const struct param_foreign *f = param_foreign;
	     f->name != NULL && (classes & NAME_BUILTIN) != 0; f++)
		name_add(p, &names, f->name);
	if ((classes & NAME_SERVICE) != 0)
		name_add_time_limits(p, &names);
	if ((classes & NAME_USER) != 0)
		name_add_users(p, &names);

	/* Two services may share a name, in different types. */
	if (names.count > 0)
		qsort(names.v, names.count, sizeof(names.v[0]), name_compare);
	for (size_t i = 0; i < names.count; i++)
		if (kept == 0 || strcmp(names.v[kept - 1], names.v[i]) != 0)
			names.v[kept++] = names.v[i];
	names.count = kept;
	name_add(p, &names, NULL);
	return names.v;
}
