/* SPDX-License-Identifier: ISC */
/*
 * Match lists, taken apart once when they are opened. Invariant: an item has a table, or a network,
 * or text. /file/name items are replaced by what the file holds.
 */
#include "lib/table/match_list.h"

#include "lib/base/array.h"
#include "lib/base/panic.h"
#include "lib/sys/log.h"
#include "lib/table/ip_net.h"
#include "lib/table/table_list.h"
#include "lib/table/text_source.h"

enum { MATCH_LIST_MAX = 1 << 26, MATCH_FILE_DEPTH = 20, MATCH_VALUE_MAX = 1 << 16 };

struct match_item {
	bool is_negated;
	struct table *table;
	bool is_net;
	struct ip_net net;
	struct span text;
};

struct match_list {
	char *title;
	enum match_kind kind;
	unsigned flags;
	struct arena *arena;
	ARRAY(struct match_item) items;
	struct str value; /* scratch: what a table says */
};

/* Loading: what goes down through nested files. */
struct match_load {
	const struct table_env *env;
	struct match_list *list;
	int depth;
	bool is_placed; /* the error names its file and line: those around it need not */
};

static bool add_items(struct match_load *load, struct span text, bool is_negated, struct err *err);

static bool
add_file(struct match_load *load, struct span path, bool is_negated, struct err *err)
{
	const char *name = arena_cstr(load->list->arena, path);
	struct text_source source;
	struct span text;
	bool is_good = true;
	int line = 0;

	if (load->depth == MATCH_FILE_DEPTH)
		return err_config(err, "%s: more than %d nested files", name, MATCH_FILE_DEPTH);
	if (!text_source_open(&source, name, err)) {
		text_source_close(&source);
		return false;
	}
	load->depth++;
	while (is_good && text_source_next(&source, &text, &line, err))
		is_good = add_items(load, text, is_negated, err);
	if (!is_good && !load->is_placed)
		(void) err_prefix(err, "%s, line %d", name, line);
	load->is_placed = !is_good;
	load->depth--;
	text_source_close(&source);
	return err->class == ERR_NONE;
}

static bool
wants_networks(const struct match_list *list)
{
	return list->kind == MATCH_ADDRESS || list->kind == MATCH_HOST;
}

/* Does this text mean a network (and so must be a good one), or may it be a name? */
static bool
looks_like_network(const struct match_list *list, struct span text)
{
	if (list->kind == MATCH_HOST && text.p[0] != '[' &&
	    span_run(text, "0123456789./") < text.len)
		return false;
	return text.p[0] == '[' || span_find(text, '/') < text.len ||
	    span_run(text, "0123456789.") == text.len;
}

static bool
add_pattern(struct match_load *load, struct span text, bool is_negated, struct err *err)
{
	struct match_list *list = load->list;
	struct match_item item = { .is_negated = is_negated, .text = arena_dup(list->arena, text) };

	if (text.p[0] != '[' && span_find(text, ':') < text.len) {
		item.table = table_open_daemon(load->env, arena_cstr(list->arena, text),
		    list->flags & ~(unsigned) TABLE_PARENT_DOMAIN, err);
		if (item.table == NULL)
			return false;
	} else if (wants_networks(list) && looks_like_network(list, text)) {
		struct err why = { 0 };

		item.is_net = ip_net_parse(text, &item.net, &why);
		if (!item.is_net)
			log_warn("%s: %s", list->title, why.text);
	}
	*ARRAY_ADD(list->arena, &list->items) = item;
	return true;
}

static bool
add_items(struct match_load *load, struct span text, bool is_negated, struct err *err)
{
	struct span item;

	while (table_list_next(&text, &item, err)) {
		bool is_item_negated = is_negated;
		bool is_good;

		while (item.len > 0 && item.p[0] == '!') {
			is_item_negated = !is_item_negated;
			item = span_from(item, 1);
		}
		if (item.len == 0)
			return err_config(err, "no pattern after '!'");
		is_good = item.p[0] == '/' ? add_file(load, item, is_item_negated, err)
					   : add_pattern(load, item, is_item_negated, err);
		if (!is_good)
			return false;
	}
	return err->class == ERR_NONE;
}

struct match_list *
match_list_open(const struct table_env *env, const char *title, const char *text,
    enum match_kind kind, unsigned flags, struct err *err)
{
	struct match_list *list = xcalloc(1, sizeof(*list));
	struct match_load load = { .env = env, .list = list };

	list->title = xstrdup(title);
	list->kind = kind;
	list->flags = flags;
	list->arena = arena_new("match list", MATCH_LIST_MAX);
	str_init(&list->value, MATCH_VALUE_MAX);
	err_clear(err);
	if (!add_items(&load, span_of(text), false, err)) {
		(void) err_prefix(err, "%s", title);
		match_list_close(&list);
	}
	return list;
}

void
match_list_close(struct match_list **list_p)
{
	struct match_list *list = *list_p;

	*list_p = NULL;
	if (list == NULL)
		return;
	for (size_t i = 0; i < list->items.count; i++)
		table_close(&list->items.v[i].table);
	str_fini(&list->value);
	arena_free(&list->arena);
	free(list->title);
	free(list);
}

bool
match_list_is_empty(const struct match_list *list)
{
	return list->items.count == 0;
}

/* The name, and for domains its parents, in a table. */
static enum lookup
table_has_domain(struct match_list *list, struct table *table, struct span name, struct err *err)
{
	enum lookup found = LOOKUP_NONE;
	bool is_whole = true;

	while (name.len > 0 && found == LOOKUP_NONE) {
		size_t dot;

		if (is_whole || !table_is_pattern(table))
			found = table_get(table, name, &list->value, err);
		is_whole = false;
		dot = 1 + span_find(span_from(name, 1), '.');
		name = span_from(name, (list->flags & TABLE_PARENT_DOMAIN) != 0 ? dot + 1 : dot);
	}
	return found;
}

static bool
text_has_domain(const struct match_list *list, struct span pattern, struct span name)
{
	if (span_eq_ci(pattern, name))
		return true;
	if (pattern.len >= name.len || !span_ends_with_ci(name, pattern))
		return false;
	if (pattern.p[0] == '.')
		return true;
	return (list->flags & TABLE_PARENT_DOMAIN) != 0 &&
	    name.p[name.len - pattern.len - 1] == '.';
}

static enum lookup
has_domain(
    struct match_list *list, const struct match_item *item, struct span name, struct err *err)
{
	if (name.len == 0 || item->is_net)
		return LOOKUP_NONE;
	if (item->table != NULL)
		return table_has_domain(list, item->table, name, err);
	return text_has_domain(list, item->text, name) ? LOOKUP_FOUND : LOOKUP_NONE;
}

static enum lookup
has_address(struct match_list *list, const struct match_item *item, struct span text,
    const struct ip_net *address, struct err *err)
{
	if (item->table != NULL)
		return table_get(item->table, text, &list->value, err);
	return address != NULL && item->is_net && ip_net_has(&item->net, address) ? LOOKUP_FOUND
										  : LOOKUP_NONE;
}

static enum lookup
item_matches(struct match_list *list, const struct match_item *item, struct span subject,
    struct span address, const struct ip_net *net, struct err *err)
{
	enum lookup found = LOOKUP_NONE;

	switch (list->kind) {
	case MATCH_STRING:
		if (item->table != NULL)
			return table_get(item->table, subject, &list->value, err);
		return span_eq_ci(item->text, subject) ? LOOKUP_FOUND : LOOKUP_NONE;
	case MATCH_DOMAIN:
		return has_domain(list, item, subject, err);
	case MATCH_ADDRESS:
		return has_address(list, item, subject, net, err);
	case MATCH_HOST:
		found = has_domain(list, item, subject, err);
		if (found == LOOKUP_NONE && address.len > 0)
			found = has_address(list, item, address, net, err);
		return found;
	}
	return found;
}

enum lookup
match_list_has(struct match_list *list, struct span subject, struct span address, struct err *err)
{
	struct ip_net net;
	bool is_address = wants_networks(list) &&
	    ip_parse(list->kind == MATCH_HOST ? address : subject, &net);

	for (size_t i = 0; i < list->items.count; i++) {
		const struct match_item *item = &list->items.v[i];
		enum lookup found = item_matches(
		    list, item, subject, address, is_address ? &net : NULL, err);

		if (found == LOOKUP_TEMP || found == LOOKUP_CONFIG)
			(void) err_prefix(err, "%s", list->title);
		if (found == LOOKUP_FOUND)
			return item->is_negated ? LOOKUP_NONE : LOOKUP_FOUND;
		if (found != LOOKUP_NONE)
			return found;
	}
	return LOOKUP_NONE;
}
