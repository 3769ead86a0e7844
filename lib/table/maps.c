/* SPDX-License-Identifier: ISC */
/*
 * Lists of tables and the orders in which partial keys are looked up. Invariant of a search: the
 * first step that gives anything but LOOKUP_NONE ends it.
 */
#include "lib/table/maps.h"

#include "lib/base/arena.h"
#include "lib/base/panic.h"
#include "lib/table/table_list.h"
#include "lib/table/text_alias.h"

enum { MAPS_KEY_MAX = 1 << 16, MAPS_VALUE_MAX = 1 << 20 };

struct maps {
	char *title;
	struct table **tables;
	size_t count;
	struct str key; /* scratch: of one step */
};

static bool
open_tables(struct maps *maps, const struct table_env *env, struct span list, unsigned flags,
    struct err *err)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("table list", 1 << 22);
	struct span item;

	err_clear(err);
	while (table_list_next(&list, &item, err)) {
		maps->tables = xrealloc(maps->tables, (maps->count + 1) * sizeof(struct table *));
		maps->tables[maps->count] = table_open_daemon(
		    env, arena_cstr(arena, item), flags, err);
		if (maps->tables[maps->count] == NULL)
			return false;
		maps->count++;
	}
	return err->class == ERR_NONE;
}

struct maps *
maps_open(const struct table_env *env, const char *title, const char *text, unsigned flags,
    struct err *err)
{
	struct maps *maps = xcalloc(1, sizeof(*maps));

	maps->title = xstrdup(title);
	str_init(&maps->key, MAPS_KEY_MAX);
	if (!open_tables(maps, env, span_of(text), flags, err)) {
		(void) err_prefix(err, "%s", title);
		maps_close(&maps);
	}
	return maps;
}

void
maps_close(struct maps **maps_p)
{
	struct maps *maps = *maps_p;

	*maps_p = NULL;
	if (maps == NULL)
		return;
	for (size_t i = 0; i < maps->count; i++)
		table_close(&maps->tables[i]);
	free(maps->tables);
	free(maps->title);
	str_fini(&maps->key);
	free(maps);
}

bool
maps_each(struct maps *maps, void (*each)(void *ctx, struct span value), void *ctx, struct err *err)
{
	CLEANUP(str_fini) struct str key = { .max = MAPS_KEY_MAX }, value = { .max = MAPS_VALUE_MAX };
	enum lookup found = LOOKUP_NONE;

	for (size_t i = 0; i < maps->count; i++) {
		bool is_first = true;

		while ((found = table_next(maps->tables[i], is_first, &key, &value, err)) ==
		    LOOKUP_FOUND) {
			each(ctx, str_span(&value));
			is_first = false;
		}
		if (found == LOOKUP_TEMP)
			return false;
	}
	err_clear(err);
	return true;
}

bool
maps_is_empty(const struct maps *maps)
{
	return maps->count == 0;
}

const char *
maps_title(const struct maps *maps)
{
	return maps->title;
}

enum lookup
maps_get(struct maps *maps, struct span key, unsigned how, struct str *value_out, struct err *err)
{
	str_clear(value_out);
	if (key.len == 0)
		return LOOKUP_NONE;
	for (size_t i = 0; i < maps->count; i++) {
		enum lookup found;

		if ((how & MAPS_FIXED_ONLY) != 0 && table_is_pattern(maps->tables[i]))
			continue;
		found = table_get(maps->tables[i], key, value_out, err);
		if (found == LOOKUP_TEMP || found == LOOKUP_CONFIG)
			(void) err_prefix(err, "%s", maps->title);
		if (found != LOOKUP_NONE)
			return found;
	}
	return LOOKUP_NONE;
}

static bool
is_own_name(struct span local)
{
	return span_eq_str_ci(local, "postmaster") || span_eq_str_ci(local, "mailer-daemon") ||
	    span_eq_str_ci(local, "double-bounce");
}

/* owner-list and list-request belong to the list manager, not to "owner" and "list". */
static bool
is_list_name(struct span local)
{
	return span_starts_with_ci(local, SPAN("owner-")) ||
	    span_ends_with_ci(local, SPAN("-request"));
}

struct span
maps_split_extension(struct span local, const char *delimiter, struct span *extension_out)
{
	size_t at = local.len;

	*extension_out = span_make(NULL, 0);
	if (delimiter != NULL && *delimiter != '\0' && !is_own_name(local) &&
	    (strchr(delimiter, '-') == NULL || !is_list_name(local)))
		at = span_find_any(local, delimiter);
	if (at == 0 || at == local.len)
		return local;
	*extension_out = span_from(local, at);
	return span_slice(local, 0, at);
}

/* One search for an address. */
struct search {
	struct maps *maps;
	const struct maps_query *query;
	struct span base, extension;
	struct str *value_out;
	struct err *err;
};

/* "LOCAL@DOMAIN", or LOCAL alone when at is NULL, into maps->key. */
static struct span
make_key(struct maps *maps, struct span local, bool is_quoted, const char *at, struct span domain)
{
	str_clear(&maps->key);
	if (is_quoted)
		(void) text_quote_local(local, &maps->key);
	else
		(void) str_add(&maps->key, local);
	(void) str_add_str(&maps->key, at);
	(void) str_add(&maps->key, domain);
	return maps->key.overflowed ? span_make(NULL, 0) : str_span(&maps->key);
}

/* A key with a local part: quoted where an address must have quotes, then without. */
static enum lookup
try_local(
    struct search *search, struct span local, const char *at, struct span domain, unsigned how)
{
	struct maps *maps = search->maps;
	struct span key = make_key(maps, local, true, at, domain);
	bool is_quoted = local.len > 0 && key.len > 0 && key.p[0] == '"' && local.p[0] != '"';
	enum lookup found = maps_get(maps, key, how, search->value_out, search->err);

	if (found != LOOKUP_NONE || !is_quoted)
		return found;
	return maps_get(
	    maps, make_key(maps, local, false, at, domain), how, search->value_out, search->err);
}

/* The local part with its extension and then without, each followed by "@" and domain as given. */
static enum lookup
try_both(struct search *search, const char *at, struct span domain, struct span *cut_out)
{
	enum lookup found = try_local(search, search->query->local, at, domain, MAPS_FIXED_ONLY);

	if (found != LOOKUP_NONE || search->extension.len == 0)
		return found;
	found = try_local(search, search->base, at, domain, MAPS_FIXED_ONLY);
	if (found == LOOKUP_FOUND)
		*cut_out = search->extension;
	return found;
}

static enum lookup
try_full(struct search *search, struct span *cut_out)
{
	const struct maps_query *query = search->query;
	const char *at = query->domain.len > 0 ? "@" : "";
	enum lookup found = LOOKUP_NONE;

	if ((query->how & MAPS_FULL) != 0)
		found = try_local(search, query->local, at, query->domain, 0);
	if (found != LOOKUP_NONE || (query->how & MAPS_NO_EXT) == 0 || search->extension.len == 0)
		return found;
	found = try_local(search, search->base, at, query->domain, MAPS_FIXED_ONLY);
	if (found == LOOKUP_FOUND)
		*cut_out = search->extension;
	return found;
}

static enum lookup
try_at_domain(struct search *search)
{
	struct span key = make_key(
	    search->maps, span_make(NULL, 0), false, "@", search->query->domain);

	return maps_get(search->maps, key, MAPS_FIXED_ONLY, search->value_out, search->err);
}

enum lookup
maps_get_address(struct maps *maps, const struct maps_query *query, struct str *value_out,
    struct span *extension_out, struct err *err)
{
	struct search search = { .maps = maps, .query = query, .value_out = value_out, .err = err };
	struct span cut = { NULL, 0 }, none = { NULL, 0 };
	unsigned how = query->how;
	enum lookup found;

	str_clear(value_out);
	search.base = maps_split_extension(query->local, query->delimiter, &search.extension);
	found = try_full(&search, &cut);
	if (found == LOOKUP_NONE && (how & MAPS_BARE_LOCAL) != 0 && query->is_local_domain)
		found = try_both(&search, "", none, &cut);
	if (found == LOOKUP_NONE && (how & MAPS_DOMAINS) != 0)
		found = maps_get_domain(maps, query->domain, how | MAPS_FIXED_ONLY, value_out, err);
	if (found == LOOKUP_NONE && (how & MAPS_AT_FORMS) != 0)
		found = try_both(&search, "@", none, &cut);
	if (found == LOOKUP_NONE && (how & MAPS_AT_DOMAIN) != 0 && query->domain.len > 0)
		found = try_at_domain(&search);
	if (found == LOOKUP_NONE && (how & MAPS_STAR) != 0)
		found = maps_get(maps, SPAN("*"), MAPS_FIXED_ONLY, value_out, err);
	if (extension_out != NULL)
		*extension_out = found == LOOKUP_FOUND ? cut : none;
	return found;
}

enum lookup
maps_get_domain(
    struct maps *maps, struct span domain, unsigned how, struct str *value_out, struct err *err)
{
	unsigned fixed = how & MAPS_FIXED_ONLY;
	enum lookup found = LOOKUP_NONE;

	str_clear(value_out);
	while (domain.len > 0) {
		size_t dot;

		found = maps_get(maps, domain, fixed, value_out, err);
		if (found != LOOKUP_NONE || (how & MAPS_DOMAINS) == 0)
			return found;
		fixed = MAPS_FIXED_ONLY;
		dot = 1 + span_find(span_from(domain, 1), '.');
		domain = span_from(domain, (how & MAPS_PARENT_PLAIN) != 0 ? dot + 1 : dot);
	}
	return found;
}

enum lookup
maps_get_network(struct maps *maps, struct span address, struct str *value_out, struct err *err)
{
	char separator = span_find(address, ':') < address.len ? ':' : '.';
	unsigned fixed = 0;

	str_clear(value_out);
	while (address.len > 0) {
		enum lookup found = maps_get(maps, address, fixed, value_out, err);
		size_t cut = span_rfind(address, separator);

		if (found != LOOKUP_NONE)
			return found;
		fixed = MAPS_FIXED_ONLY;
		address = cut < address.len ? span_slice(address, 0, cut) : span_make(NULL, 0);
	}
	return LOOKUP_NONE;
}
