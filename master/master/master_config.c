/* SPDX-License-Identifier: ISC */
/* One configuration of master: main.cf, master.cf, and the environment of children. */
#include <unistd.h>

#include "lib/base/array.h"
#include "master/master/master_int.h"

enum { CONF_ARENA_BYTES = 16 << 20 };

/* One word of import_environment: NAME (as it is now) or NAME=VALUE. */
static const char *
environment_item(struct span item, struct arena *arena)
{
	const char *name = arena_cstr(arena, item), *value;

	if (strchr(name, '=') != NULL)
		return name;
	value = getenv(name);
	return value ? arena_printf(arena, "%s=%s", name, value) : NULL;
}

/* What children see of the environment. The sanitizers' options pass in test builds. */
static bool
make_environment(struct configuration *conf, const char *dir, struct err *err)
{
	static const char *const always[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "CARTEIRO_PROBE_FILE", "CARTEIRO_PROBE_PORT" };
	ARRAY(const char *) list = { 0 };
	struct span rest = span_of(conf->mail.import_environment), item;
	const char *text;

	*ARRAY_ADD(conf->arena, &list) = arena_printf(conf->arena, "MAIL_CONFIG=%s", dir);
	while (main_cf_list_next(&rest, &item, err)) {
		text = environment_item(item, conf->arena);
		if (text != NULL && strncmp(text, "MAIL_CONFIG", 11) != 0)
			*ARRAY_ADD(conf->arena, &list) = text;
	}
	for (size_t i = 0; i < COUNT_OF(always); i++)
		if ((text = environment_item(span_of(always[i]), conf->arena)) != NULL)
			*ARRAY_ADD(conf->arena, &list) = text;
	*ARRAY_ADD(conf->arena, &list) = NULL;
	conf->environment = list.v;
	return err->class == ERR_NONE;
}

/* One row more, unless there is one of its name. */
static bool
add_service(struct configuration *conf, const char *name, const char *columns, struct err *err)
{
	const char *text = arena_printf(conf->arena, "%s unix %s", name, columns);
	struct master_cf *services = conf->services, *implied;
	struct master_entry *entries;

	if (master_cf_find(services, name, MASTER_UNIX) != NULL)
		return true;
	implied = master_cf_parse(conf->cf, span_of(text), services->file, conf->arena, err);
	if (implied == NULL)
		return err_prefix(err, "service %s", name);
	entries = arena_alloc(conf->arena, (services->count + 1) * sizeof(*entries));
	memcpy(entries, services->entries, services->count * sizeof(*entries));
	entries[services->count] = implied->entries[0];
	services->entries = entries;
	services->count++;
	return true;
}

/*
 * These are ours alone: a master.cf made for Postfix does not have them, and mail could not leave, or
 * nobody log in. They start when they are asked for.
 */
static bool
add_implied_services(struct configuration *conf, struct err *err)
{
	return add_service(conf, conf->mail.dnsd_service_name, "- - n - 1 dnsd", err) &&
	    add_service(conf, "authd", "- - n - 1 authd", err) &&
	    add_service(conf, "authd-worker", "- - n - - authd-worker", err);
}

/* Read everything. */
struct configuration *
configuration_load(const char *dir, struct err *err)
{
	struct arena *arena = arena_new("master configuration", CONF_ARENA_BYTES);
	struct configuration *conf = ARENA_NEW(arena, struct configuration);

	conf->arena = arena;
	conf->cf = main_cf_load(dir, arena, err);
	conf->holders = 1;
	if (conf->cf != NULL) {
		main_cf_set(conf->cf, "process_name", "master");
		main_cf_set(conf->cf, "service_name", "master");
		if (mail_conf_load(conf->cf, &conf->mail, arena, err)
		    && param_load(conf->cf, &master_params, NULL, &conf->master, arena, err)
		    && (conf->services = master_cf_load(conf->cf, dir, arena, err)) != NULL
		    && add_implied_services(conf, err)
		    && make_environment(conf, dir, err))
			return conf;
	}
	arena_free(&arena);
	return NULL;
}

/* One more pointer to it. */
struct configuration *
configuration_hold(struct configuration *conf)
{
	conf->holders++;
	return conf;
}

/* One pointer less; the last one frees it. */
void
configuration_release(struct configuration **conf)
{
	struct arena *arena = (*conf)->arena;

	if (--(*conf)->holders == 0)
		arena_free(&arena);
	*conf = NULL;
}
