/* SPDX-License-Identifier: ISC */
/*
 * alias_maps. Who owns the file of a table decides with whose rights its commands run and its files
 * are written: root's are default_privs'.
 */
#include <sys/stat.h>

#include "lib/sys/log.h"
#include "lib/table/table_list.h"
#include "local/local/local_int.h"

/*
 * The owner of a table's file; 0 for tables that are no files, which only the configuration can
 * make.
 */
static uid_t
owner_of(struct local *local, const char *spec)
{
	const char *name = spec;
	struct err err = { 0 };
	const struct table_kind *kind = table_spec_kind(&local->env, spec, &name, &err);
	const char *suffix = kind != NULL && kind->suffix != NULL ? kind->suffix : "";
	struct stat st;

	if (name[0] != '/')
		return 0;
	if (stat(arena_printf(local->program->arena, "%s%s", name, suffix), &st) == 0 ||
	    stat(name, &st) == 0)
		return st.st_uid;
	return 0;
}

bool
local_open_aliases(struct local *local, struct err *err)
{
	unsigned flags = TABLE_FOLD | TABLE_NO_REGSUB | TABLE_ALIAS_KEYS |
	    (local->program->mail->smtputf8_enable ? TABLE_UTF8 : 0);
	struct span rest = span_of(local->rewrite.alias_maps), item;

	while (table_list_next(&rest, &item, err)) {
		const char *spec = arena_cstr(local->program->arena, item);
		struct table *table = table_open_daemon(&local->env, spec, flags, err);

		if (table == NULL)
			return err_prefix(err, "alias_maps");
		*ARRAY_ADD(local->program->arena,
		    &local->aliases) = (struct local_alias_table){ table, owner_of(local, spec) };
	}
	return err->class == ERR_NONE;
}

/* A name as a table has it: quoted as in an address, then as it is. */
static enum lookup
get(struct local_job *job, struct table *table, struct span name, struct str *value,
    struct err *err)
{
	struct span external = addr_external(job->arena, (struct addr){ .local = name });
	enum lookup result = table_get(table, external, value, err);

	if (result != LOOKUP_NONE || span_eq(external, name))
		return result;
	return table_get(table, name, value, err);
}

/* Look in all tables. */
static enum lookup
find(struct local_job *job, struct span name, bool with_patterns, struct str *value,
    const struct local_alias_table **out, struct err *err)
{
	for (size_t i = 0; i < job->local->aliases.count; i++) {
		const struct local_alias_table *entry = &job->local->aliases.v[i];
		enum lookup result;

		if (!with_patterns && table_is_pattern(entry->table))
			continue;
		result = get(job, entry->table, name, value, err);
		*out = entry;
		if (result != LOOKUP_NONE)
			return result;
	}
	return LOOKUP_NONE;
}

/* With whose rights. returns false when the owner of the table is no user. */
static bool
set_rights(struct local_job *job, struct local_at *at, const struct local_alias_table *table)
{
	at->rights = NULL;
	if (table->owner == 0)
		return true;
	at->rights = local_user_of(job->arena, table->owner);
	if (at->rights != NULL)
		return true;
	log_warn("cannot find alias database owner for %s", table_spec(table->table));
	local_refused(job, at, ERR_TEMP, "4.3.0", "cannot find alias database owner");
	return false;
}

/* The address that owner-NAME stands for, when that is one address. */
static struct span
only_address(struct local_job *job, struct span value, struct span fallback)
{
	return span_find(value, ',') == value.len && value.len > 0 &&
		strchr("|/:\"", value.p[0]) == NULL
	    ? arena_dup(job->arena, span_trim(value))
	    : fallback;
}

/* owner-NAME becomes the sender of what NAME expands to. */
static enum lookup
set_owner(struct local_job *job, struct local_at *at, struct span name, struct err *err)
{
	CLEANUP(str_fini) struct str value = { .max = LOCAL_VALUE_MAX };
	const struct local_alias_table *table;
	struct span owner = span_of(arena_printf(job->arena, "owner-%.*s", SPAN_ARG(name)));
	enum lookup result = LOOKUP_NONE;

	if (job->local->conf.owner_request_special)
		result = find(job, owner, false, &value, &table, err);
	if (result == LOOKUP_FOUND) {
		if (job->local->conf.expand_owner_alias)
			owner = only_address(job, str_span(&value), owner);
		at->owner = at->sender = route_rewrite(job->local->route, owner, true, job->arena);
		at->has_new_sender = true;
	} else if (result == LOOKUP_NONE && job->local->conf.reset_owner_alias)
		at->owner = (struct span){ 0 };
	return result;
}

bool
local_deliver_alias(struct local_job *job, struct local_at at, struct span name)
{
	CLEANUP(str_fini) struct str value = { .max = LOCAL_VALUE_MAX };
	const struct local_alias_table *table;
	enum lookup result;
	struct err err = { 0 };

	/* An alias that names itself means the user. */
	if (at.from.p != NULL && span_eq_ci(at.from, name))
		return false;
	result = find(job, name, true, &value, &table, &err);
	if (result == LOOKUP_NONE)
		return false;
	if (result == LOOKUP_FOUND && job->request->deliver->is_verify) {
		local_sent(job, &at, "aliased to %s", str_cstr(&value));
		return true;
	}
	if (result == LOOKUP_FOUND)
		result = set_owner(job, &at, name, &err);
	if (result == LOOKUP_TEMP || result == LOOKUP_CONFIG) {
		err_set(&err, ERR_TEMP, "4.3.0", "alias database unavailable");
		local_failed(job, &at, &err);
		return true;
	}
	if (!set_rights(job, &at, table))
		return true;
	local_note_expansion(job, &at);
	at.source = LOCAL_ALIAS;
	at.from = name;
	if (local_expand_list(job, &at, arena_dup(job->arena, str_span(&value))) > 0)
		return true;
	log_warn("no recipient in alias lookup result for %.*s", SPAN_ARG(name));
	local_refused(job, &at, ERR_TEMP, "4.3.0", "alias database unavailable");
	return true;
}
