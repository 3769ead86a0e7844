/* SPDX-License-Identifier: ISC */
/*
 * The rows of master.cf at work. A reload keeps the sockets of rows whose addresses did not change,
 * so that no connection is dropped, opens new ones and closes those that are gone.
 */
#include <unistd.h>

#include "lib/sys/log.h"
#include "master/master/master_int.h"

/* Programs of other mail systems that a master.cf may name. */
static const struct foreign_program {
	const char *program;
	const char *text;               /* NULL: its work is done elsewhere here, so the row may stay */
} foreign_programs[] = {
	{ "tlsproxy", NULL }, { "dnsblog", NULL }, { "scache", NULL }, { "trivial-rewrite", NULL }, { "nbdb_reindexd", NULL },
	{ "qmqpd", "QMQP is not supported; use SMTP" },
};

/* A row that cannot work is said so once, and skipped. */
static void
log_unsupported(const struct master *master, const struct master_entry *entry)
{
	const char *text = "there is no such program in this suite; mail for it stays in the queue";

	for (size_t i = 0; i < COUNT_OF(foreign_programs); i++) {
		if (strcmp(foreign_programs[i].program, entry->command) != 0)
			continue;
		text = foreign_programs[i].text;
		if (text == NULL)
			return;
	}
	log_warn("%s: line %d: service %s: program %s: %s", master->conf->services->file, entry->line, entry->name,
	    entry->command, text);
}

/* Say which rows are skipped. */
void
services_log_unsupported(struct master *master)
{
	for (size_t i = 0; i < master->conf->services->count; i++)
		if (manifest_find(master->conf->services->entries[i].command) == NULL)
			log_unsupported(master, &master->conf->services->entries[i]);
}

/* Find a living entry. */
struct service_entry *
services_find(struct master *master, struct span name, enum master_type type)
{
	LIST_EACH(cursor, &master->services) {
		struct service_entry *service = LIST_ENTRY(cursor, struct service_entry, link);

		if (!service->is_disabled && service->entry->type == type && span_eq_str(name, service->entry->name))
			return service;
	}
	return NULL;
}

/* master_service_disable: "inet" or "smtp/inet". */
static bool
is_disabled(const struct master *master, const struct master_entry *entry)
{
	struct span rest = span_of(master->conf->master.master_service_disable), word, name;

	while (span_token(&rest, ", \t\r\n", &word)) {
		size_t slash = span_rfind(word, '/');
		struct span type = slash < word.len ? span_from(word, slash + 1) : word;

		name = slash < word.len ? span_slice(word, 0, slash) : span_of(entry->name);
		if (span_eq_str(type, master_type_name(entry->type)) && span_eq_str(name, entry->name))
			return true;
	}
	return false;
}

/* A new entry with its sockets. */
static bool
add_service(struct master *master, const struct master_entry *entry, char *addresses, struct err *err)
{
	struct service_entry *service = xcalloc(1, sizeof(*service));

	service->master = master;
	service->entry = entry;
	service->manifest = manifest_find(entry->command);
	service->addresses = addresses;
	list_init(&service->children);
	list_append(&master->services, &service->link);
	if (!listen_open(master, service, err)) {
		list_remove(&service->link);
		free(addresses);
		free(service);
		return false;
	}
	dispatch_init(service);
	dispatch_watch(service);
	wakeup_start(service);
	return true;
}

/* Tell every process of a service to end or to reload. Those that end beside their successor no longer count. */
static void
retire_children(struct service_entry *service)
{
	enum manifest_model model = service->manifest->model;
	bool overlaps = model == MODEL_EVENTS || model == MODEL_DATAGRAM || !service->manifest->is_solitary;

	LIST_EACH(cursor, &service->children) {
		struct child *child = LIST_ENTRY(cursor, struct child, link);

		if (child->is_retiring)
			continue;
		child_retire(child, true, false);
		if (child->is_retiring && overlaps && service->child_count > 0)
			service->child_count--;
	}
	if (service->fd_count > 0)
		loop_timer_set(&service->recheck, 0);   /* nobody may be left who looks after the sockets */
	wakeup_soon(service);
}

/* An entry that is gone, or whose addresses changed: closed; its children finish. */
static void
disable_service(struct service_entry *service)
{
	service->is_disabled = true;
	loop_timer_stop(&service->recheck);
	loop_timer_stop(&service->throttle);
	loop_timer_stop(&service->wakeup);
	for (size_t i = 0; i < service->fd_count; i++)
		loop_io_cancel(&service->io[i]);
	listen_close(service);
}

/* Point an unchanged entry at the new configuration. */
static bool
keep_service(struct service_entry *service, const struct master_entry *entry, const char *addresses)
{
	if (strcmp(service->addresses, addresses) != 0)
		return false;
	service->entry = entry;
	service->manifest = manifest_find(entry->command);
	return true;
}

/* Retire entries of the old configuration; those that stay are found again by name and type. */
static bool
apply_entry(struct master *master, const struct master_entry *entry, struct err *err)
{
	struct service_entry *service;
	char *addresses;

	if (manifest_find(entry->command) == NULL || is_disabled(master, entry))
		return true;
	addresses = listen_addresses(master, entry, err);
	if (addresses == NULL)
		return false;
	service = services_find(master, span_of(entry->name), entry->type);
	if (service != NULL && keep_service(service, entry, addresses)) {
		free(addresses);
		return true;
	}
	if (service != NULL)
		disable_service(service);
	return add_service(master, entry, addresses, err);
}

/* An entry's row in the current configuration, or NULL. */
static bool
is_current(const struct master *master, const struct service_entry *service)
{
	const struct master_cf *services = master->conf->services;

	return service->entry >= services->entries && service->entry < services->entries + services->count;
}

/* Make what master.cf says true. On the first error of a reload the rest is still applied. */
bool
services_apply(struct master *master, struct err *err)
{
	struct err one = { 0 };
	bool ok = true;

	LIST_EACH(cursor, &master->services)
		retire_children(LIST_ENTRY(cursor, struct service_entry, link));
	for (size_t i = 0; i < master->conf->services->count; i++) {
		if (apply_entry(master, &master->conf->services->entries[i], &one))
			continue;
		if (ok)
			*err = one;
		else
			log_error("%s", one.text);
		ok = false;
		err_clear(&one);
	}
	LIST_EACH(cursor, &master->services) {
		struct service_entry *service = LIST_ENTRY(cursor, struct service_entry, link);

		if (!service->is_disabled && !is_current(master, service))
			disable_service(service);
	}
	return ok;
}
