/* SPDX-License-Identifier: ISC */
/*
 * carteiro upgrade-configuration: rows that this version needs and an older master.cf, or one of
 * Postfix, does not have. A test holds them equal to those of conf/master.cf.
 */
#include "lib/base/path.h"
#include "lib/sys/log.h"
#include "lib/sys/manifest.h"
#include "lib/sys/master_cf.h"
#include "master/carteiro/carteiro_int.h"

static const struct needed_row {
	const char *name, *type, *rest;
} needed_rows[] = {
	{ "pickup", "unix", "n - n 60 1 pickup" },
	{ "cleanup", "unix", "- - n - 0 cleanup" },
	{ "qmgr", "unix", "n - n 300 1 qmgr" },
	{ "tlsmgr", "unix", "- - n 1000? 1 tlsmgr" },
	{ "dnsd", "unix", "- - n - 1 dnsd" },
	{ "anvil", "unix", "- - n - 1 anvil" },
	{ "authd", "unix", "- - n - 1 authd" },
	{ "authd-worker", "unix", "- - n - - authd-worker" },
	{ "proxymap", "unix", "- - n - - proxymap" },
	{ "proxywrite", "unix", "- - n - 1 proxymap" },
	{ "bounce", "unix", "- - n - 0 bounce" },
	{ "defer", "unix", "- - n - 0 bounce" },
	{ "trace", "unix", "- - n - 0 bounce" },
	{ "showq", "unix", "n - n - - showq" },
	{ "smtp", "unix", "- - n - - smtp" },
	{ "relay", "unix", "- - n - - smtp -o syslog_name=${multi_instance_name?{$multi_instance_name}:{postfix}}/$service_name" },
	{ "lmtp", "unix", "- - n - - lmtp" },
	{ "local", "unix", "- n n - - local" },
	{ "virtual", "unix", "- n n - - virtual" },
	{ "error", "unix", "- - n - - error" },
	{ "retry", "unix", "- - n - - error" },
	{ "discard", "unix", "- - n - - discard" },
	{ "postlog", "unix-dgram", "n - n - 1 postlogd" },
};

/* Whether the file has the row; an old one may have it as a fifo. */
static bool
has_row(const struct master_cf *services, const struct needed_row *row)
{
	enum master_type type = MASTER_UNIX;

	return !master_type_parse(span_of(row->type), &type) || master_cf_find(services, row->name, type) != NULL
	    || (type == MASTER_UNIX && master_cf_find(services, row->name, MASTER_FIFO) != NULL);
}

/* Add one row: postconf knows how. */
static bool
add_row(struct command *command, const struct needed_row *row)
{
	const char *postconf = path_under(command->arena, command->mail.command_directory, "postconf");
	const char *text = arena_printf(command->arena, "%s/%s = %s %s %s", row->name, row->type, row->name, row->type, row->rest);
	const char *args[] = { "postconf", "-M", text, NULL };

	log_info("adding service %s/%s to master.cf", row->name, row->type);
	return control_run_program(postconf, args) == 0;
}

int
control_upgrade_configuration(struct command *command)
{
	struct err err = { 0 };
	const struct master_cf *services = master_cf_load(command->cf, command->config_directory, command->arena, &err);
	bool ok = true;

	if (services == NULL)
		fatal("%s", err.text);
	for (size_t i = 0; i < COUNT_OF(needed_rows); i++)
		if (!has_row(services, &needed_rows[i]))
			ok = add_row(command, &needed_rows[i]) && ok;
	return ok ? 0 : 1;
}

/* For check: rows that are missing, and rows that cannot work. */
void
upgrade_report(struct command *command, const struct master_cf *services)
{
	for (size_t i = 0; i < services->count; i++) {
		const struct master_entry *entry = &services->entries[i];
		const char *why = manifest_why_not(entry->command);

		if (why != NULL)
			log_warn("%s, line %d: service %s: program %s: %s", services->file, entry->line, entry->name,
			    entry->command, why);
	}
	for (size_t i = 0; i < COUNT_OF(needed_rows); i++)
		if (!has_row(services, &needed_rows[i]))
			log_warn("%s/master.cf: service %s/%s is missing; run \"carteiro upgrade-configuration\"",
			    command->config_directory, needed_rows[i].name, needed_rows[i].type);
}
