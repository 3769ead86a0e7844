/* SPDX-License-Identifier: ISC */
/* Lists of sources: reading the parameter, and what is common to all types. */
#include "lib/auth/auth_source.h"

#include "lib/auth/auth_var.h"
#include "lib/auth/passwd_file.h"
#include "lib/base/array.h"
#include "lib/sys/config_line.h"
#include "lib/table/table_list.h"

enum { KEY_MAX = 1024, FIELDS_MAX = 16384 };

static const struct auth_source_kind *const kinds[] = {
	&auth_source_passwd_file,
	&auth_source_static,
};

static const struct auth_source_kind *
find_kind(struct span name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (span_eq_str(name, kinds[i]->name))
			return kinds[i];
	return NULL;
}

/* ---- Reading a list ---- */

static bool
set_option(struct auth_source *source, struct span name, const char *value, struct err *err)
{
	if (span_eq_str(name, "scheme"))
		source->scheme = value;
	else if (span_eq_str(name, "username_format"))
		source->username_format = value;
	else if (span_eq_str(name, "default_fields"))
		source->default_fields = value;
	else if (span_eq_str(name, "override_fields"))
		source->override_fields = value;
	else if (span_eq_str(name, "deny"))
		source->denies = strcmp(value, "yes") == 0;
	else
		return err_config(err, "option \"%.*s\" is not known", SPAN_ARG(name));
	return true;
}

/* "name = value" up to the next comma; braces around the value keep commas and blanks in it. */
static bool
take_option(struct auth_source *source, struct span *rest, struct arena *arena, struct err *err)
{
	size_t equals = span_find(*rest, '='), comma;
	struct span name = span_trim(span_slice(*rest, 0, equals)), value;

	if (equals == rest->len)
		return err_config(err, "option \"%.*s\": \"name = value\" was expected", SPAN_ARG(span_trim(*rest)));
	*rest = span_from(*rest, equals + 1);
	*rest = span_from(*rest, span_run(*rest, " \t\r\n"));
	if (rest->len > 0 && rest->p[0] == '{') {
		if (!config_take_braces(rest, &value))
			return err_config(err, "option \"%.*s\": a brace is not closed", SPAN_ARG(name));
		comma = span_find(*rest, ',');
	} else {
		comma = span_find(*rest, ',');
		value = span_trim(span_slice(*rest, 0, comma));
	}
	*rest = span_from(*rest, comma + 1);
	return set_option(source, name, arena_cstr(arena, value), err);
}

/* "type:argument", and in braces options behind it. */
static bool
read_item(struct auth_source *source, struct span item, struct arena *arena, struct err *err)
{
	struct span options = { 0 }, place = item, type;

	*source = (struct auth_source){ .scheme = "CRYPT", .username_format = "%u",
		.default_fields = "", .override_fields = "" };
	if (item.len > 0 && item.p[0] == '{') {
		if (!table_list_unbrace(item, &options, err))
			return false;
		(void) span_cut(&options, ',', &place);
		place = span_trim(place);
	}
	(void) span_cut(&place, ':', &type);
	source->kind = find_kind(type);
	source->argument = arena_cstr(arena, place);
	if (source->kind == NULL)
		return err_config(err, "there is no source of type \"%.*s\"", SPAN_ARG(type));
	while (!span_is_empty(span_trim(options)))
		if (!take_option(source, &options, arena, err))
			return false;
	return true;
}

bool
auth_sources_open(const char *list, const char *param, struct arena *arena,
    struct auth_sources *sources_out, struct err *err)
{
	struct span rest = span_of(list), item;
	ARRAY(struct auth_source) sources = { 0 };

	*sources_out = (struct auth_sources){ 0 };
	while (table_list_next(&rest, &item, err)) {
		struct auth_source *source = ARRAY_ADD(arena, &sources);

		if (!read_item(source, item, arena, err) || !source->kind->open(source, arena, err)) {
			sources.count--;
			break;
		}
	}
	*sources_out = (struct auth_sources){ sources.v, sources.count };
	if (err->class == ERR_NONE)
		return true;
	auth_sources_close(sources_out);
	return err_prefix(err, "%s", param);
}

void
auth_sources_close(struct auth_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		sources->v[i].kind->close(&sources->v[i]);
	sources->count = 0;
}

bool
auth_sources_have_changed(const struct auth_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		const struct auth_source *source = &sources->v[i];

		if (source->kind->has_changed != NULL && source->kind->has_changed(source))
			return true;
	}
	return false;
}

/* ---- Asking ---- */

/* uid, gid and home of a list of fields take the place of the account's; the rest is put behind its extra fields. */
static void
put_fields(const char *fields, bool override, struct auth_account *account, struct str *extra)
{
	struct span rest = span_of(fields), name, value;

	while (passwd_extra_next(&rest, &name, &value)) {
		struct span *place = span_eq_str(name, "uid") ? &account->uid
		    : span_eq_str(name, "gid")            ? &account->gid
		    : span_eq_str(name, "home")           ? &account->home
		                                          : NULL;

		if (place == NULL)
			str_addf(extra, " userdb_%.*s=%.*s", SPAN_ARG(name), SPAN_ARG(value));
		else if (override || span_is_empty(*place))
			*place = value;
	}
}

/* The first field of a name counts, so what overrides stands before what the source says. */
static bool
merge_fields(const struct auth_source *source, struct auth_account *account, struct arena *arena,
    struct err *err)
{
	CLEANUP(str_fini) struct str extra = { .max = FIELDS_MAX };

	put_fields(source->override_fields, true, account, &extra);
	str_add_char(&extra, ' ');
	str_add(&extra, account->extra);
	put_fields(source->default_fields, false, account, &extra);
	if (extra.overflowed)
		return err_config(err, "the fields of user %.*s are too long", SPAN_ARG(account->user));
	account->extra = arena_dup(arena, span_trim(str_span(&extra)));
	return true;
}

enum lookup
auth_source_find(struct auth_source *source, struct span user, struct arena *arena,
    struct auth_account *account_out, struct err *err)
{
	CLEANUP(str_fini) struct str key = { .max = KEY_MAX };
	struct auth_vars vars = { .user = user, .original_user = user, .login_user = user };
	enum lookup found;

	if (!auth_var_expand(span_of(source->username_format), &vars, &key, err))
		return LOOKUP_CONFIG;
	found = source->kind->find(source, arena_dup(arena, str_span(&key)), arena, account_out, err);
	if (found == LOOKUP_FOUND && !merge_fields(source, account_out, arena, err))
		return LOOKUP_CONFIG;
	return found;
}

bool
auth_account_field(const struct auth_account *account, const char *name, struct span *value_out)
{
	struct span rest = account->extra, field;

	while (passwd_extra_next(&rest, &field, value_out))
		if (span_eq_str(field, name))
			return true;
	return false;
}
