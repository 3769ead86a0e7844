/* SPDX-License-Identifier: ISC */
/*
 * Values that a program would not take when it starts, found while somebody looks: those of main.cf,
 * and those that each service of master.cf has by its options -o.
 */
#include "lib/sys/log.h"
#include "lib/sys/master_cf.h"
#include "lib/sys/param.h"
#include "master/carteiro/carteiro_int.h"

enum { SERVICE_ARENA_BYTES = 64 << 20 };

struct check {
	struct arena *arena;
	struct main_cf *plain;          /* without any -o */
	const struct master_cf *services;       /* may be NULL */
};

/* name is "relay_" and rest for a delivery service "relay". */
static bool
is_of_transport(const struct check *check, const char *name, const char *rest)
{
	for (size_t i = 0; check->services != NULL && i < check->services->count; i++) {
		const struct master_entry *entry = &check->services->entries[i];

		if (master_entry_is_transport(entry)
		    && strcmp(name, arena_printf(check->arena, "%s_%s", entry->name, rest)) == 0)
			return true;
	}
	return false;
}

/* Whether the setting's value in cf is one that its reader takes; names that nobody reads may have any. */
static bool
is_good(const struct check *check, struct main_cf *cf, const char *name, struct err *err)
{
	const struct param_table *table = NULL;
	const struct param *row = param_find(name, &table);

	if (row == NULL)
		return true;
	if (table->prefix[0] == '$' && (param_find_foreign(name) != NULL || !is_of_transport(check, name, row->name)))
		return true;
	return param_check(cf, table, row, name, check->arena, err);
}

/* What a service makes of main.cf that is bad without its -o too: said once. */
static bool
was_said(const struct check *check, struct main_cf *cf, const char *name)
{
	struct err err = { 0 };

	return cf != check->plain && main_cf_line(cf, name) != 0 && !is_good(check, check->plain, name, &err);
}

/* Every setting of cf; place goes before each complaint. */
static bool
check_settings(const struct check *check, struct main_cf *cf, const char *place)
{
	const char *name, *value;
	size_t iterator = 0;
	bool ok = true;

	while (main_cf_next(cf, &iterator, &name, &value)) {
		struct err err = { 0 };

		if (is_good(check, cf, name, &err) || was_said(check, cf, name))
			continue;
		log_error("%s%s", place, err.text);
		ok = false;
	}
	return ok;
}

/* The options -o as the daemon's start reads them: the arguments of its own begin at the first other word. */
static bool
apply_overrides(struct main_cf *cf, const struct master_entry *entry, struct err *err)
{
	for (size_t i = 0; i < entry->arg_count && entry->args[i][0] == '-'; i++) {
		const char *text = entry->args[i] + 2;

		if (strncmp(entry->args[i], "-o", 2) != 0)
			continue;
		if (text[0] == '\0')
			text = entry->args[++i];
		if (text == NULL)
			return err_config(err, "option -o: expected name=value behind it");
		if (!main_cf_set_text(cf, text, err))
			return false;
	}
	return true;
}

/* main.cf as one service sees it. */
static bool
check_service(struct main_cf *plain, const struct master_cf *services, const struct master_entry *entry)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("service", SERVICE_ARENA_BYTES);
	struct check check = { arena, plain, services };
	const char *place = arena_printf(arena, "%s, line %d: service %s: ", services->file, entry->line, entry->name);
	struct main_cf *cf;
	struct err err = { 0 };

	if (entry->arg_count == 0)
		return true;
	cf = main_cf_load(main_cf_dir(plain), arena, &err);
	if (cf != NULL && apply_overrides(cf, entry, &err))
		return check_settings(&check, cf, place);
	log_error("%s%s", place, err.text);
	return false;
}

bool
params_check(struct command *command, const struct master_cf *services)
{
	struct check check = { command->arena, command->cf, services };
	bool ok = check_settings(&check, command->cf, "");

	for (size_t i = 0; services != NULL && i < services->count; i++)
		ok = check_service(command->cf, services, &services->entries[i]) && ok;
	return ok;
}
