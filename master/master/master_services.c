/* SPDX-License-Identifier: ISC */
/*
 * The rows of master.cf at work. A reload keeps every socket whose address is still wanted, so that
 * no connection is dropped, opens new ones and closes those that are gone. Processes of the old
 * configuration finish what they do; their successors start beside them.
 */
#include <unistd.h>

#include "lib/sys/log.h"
#include "master/master/master_int.h"

/* Rows that cannot work are said so, and skipped. */
void
services_log_unsupported(struct master *master)
{
	const struct master_cf *services = master->conf->services;

	for (size_t i = 0; i < services->count; i++) {
		const struct master_entry *entry = &services->entries[i];
		const char *why = manifest_why_not(entry->command);

		if (why != NULL)
			log_warn("%s: line %d: service %s: program %s: %s", services->file, entry->line, entry->name,
			    entry->command, why);
	}
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

/* What the program demands of the process limit, and the row does not grant. */
static void
log_wrong_limit(const struct master *master, const struct master_entry *entry, const struct manifest *manifest)
{
	int wanted = manifest->is_solitary ? 1 : 0;

	if (entry->max_processes != wanted && (manifest->is_solitary || manifest->is_unlimited))
		log_warn("%s: line %d: service %s: program %s needs a process limit of %d; it is run with that",
		    master->conf->services->file, entry->line, entry->name, entry->command, wanted);
}

/* Point an entry at the current configuration. */
static void
adopt_entry(struct service_entry *service, const struct master_entry *entry)
{
	struct configuration *old = service->conf;

	service->conf = configuration_hold(service->master->conf);
	service->entry = entry;
	service->manifest = manifest_find(entry->command);
	service->stress_until_us = 0;
	loop_timer_stop(&service->throttle);    /* the administrator has perhaps mended it */
	if (old != NULL)
		configuration_release(&old);
}

/* A new service, without sockets yet. */
static struct service_entry *
add_service(struct master *master, const struct master_entry *entry)
{
	struct service_entry *service = xcalloc(1, sizeof(*service));

	service->master = master;
	list_init(&service->children);
	list_append(&master->services, &service->link);
	dispatch_init(service);
	adopt_entry(service, entry);
	return service;
}

/* Tell every process of a service to end or to reload. */
static void
retire_children(struct service_entry *service)
{
	LIST_EACH(cursor, &service->children) {
		struct child *child = LIST_ENTRY(cursor, struct child, link);

		if (!child->is_retiring)
			child_retire(child, true, false);
	}
}

/* A row that is gone: its sockets are closed, its children finish what they do. */
static void
disable_service(struct service_entry *service)
{
	struct err err = { 0 };

	service->is_disabled = true;
	dispatch_stop(service);
	dispatch_fini(service);
	if (!listen_update(service, "", &err))
		log_error("%s", err.text);
	services_forget_ended(service);
}

/* Free a service that is gone and whose last child has ended. */
void
services_forget_ended(struct service_entry *service)
{
	if (!service->is_disabled || !list_is_empty(&service->children))
		return;
	list_remove(&service->link);
	configuration_release(&service->conf);
	free(service);
}

/* The row of a living service in the current configuration, or NULL. */
static const struct master_entry *
current_entry(const struct master *master, const struct service_entry *service)
{
	const struct master_entry *entry = master_cf_find(master->conf->services, service->entry->name, service->entry->type);

	return entry == NULL || manifest_find(entry->command) == NULL || is_disabled(master, entry) ? NULL : entry;
}

/*
 * Make one row true. What cannot be found out leaves a service where it listened before; an address
 * that cannot be had leaves it its others.
 */
static bool
apply_entry(struct master *master, const struct master_entry *entry, struct err *err)
{
	struct service_entry *service = services_find(master, span_of(entry->name), entry->type);
	bool is_new = service == NULL, ok;
	char *addresses;

	if (manifest_find(entry->command) == NULL || is_disabled(master, entry))
		return true;
	log_wrong_limit(master, entry, manifest_find(entry->command));
	if (is_new)
		service = add_service(master, entry);
	else
		adopt_entry(service, entry);
	addresses = listen_addresses(master, entry, err);
	ok = addresses != NULL && listen_update(service, addresses, err);
	free(addresses);
	if (is_new)
		wakeup_start(service);
	else
		wakeup_soon(service);
	dispatch_watch(service);
	return ok;
}

/* Make what master.cf says true. On the first error of a reload the rest is still applied. */
bool
services_apply(struct master *master, struct err *err)
{
	struct err one = { 0 };
	bool ok = true;

	LIST_EACH_SAFE(cursor, next, &master->services) {
		struct service_entry *service = LIST_ENTRY(cursor, struct service_entry, link);

		retire_children(service);
		if (!service->is_disabled && current_entry(master, service) == NULL)
			disable_service(service);
	}
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
	return ok;
}

/* The end: nobody listens. */
void
services_close_all(struct master *master)
{
	LIST_EACH_SAFE(cursor, next, &master->services)
		disable_service(LIST_ENTRY(cursor, struct service_entry, link));
}
