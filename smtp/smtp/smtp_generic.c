/* SPDX-License-Identifier: ISC */
/* generic_maps: inner addresses become outer ones on the way out. One step, no recursion. */
#include "smtp/smtp/smtp_generic.h"

#include "lib/mail/addr_list.h"
#include "lib/sys/log.h"

enum { ADDRESS_MAX = 2048, HEADER_MAX = 256 << 10, BOXES_MAX = 2000 };

/* "x@y" of the table, with the extension in front of "@"; "@domain" keeps the local part. */
static struct span
apply_value(struct span value, struct addr from, struct span extension, struct arena *arena)
{
	struct addr to;
	CLEANUP(str_fini) struct str out = { .max = ADDRESS_MAX };

	if (addr_list_one(value, arena, &to) != PARSE_OK)
		to = addr_from_internal(value);
	if (to.local.len == 0)
		to.local = from.local;
	else if (extension.len > 0 && span_search(to.local, extension) == to.local.len)
		to.local = span_of(
		    arena_printf(arena, "%.*s%.*s", SPAN_ARG(to.local), SPAN_ARG(extension)));
	if (to.domain.len == 0)
		to.domain = from.domain;
	if (!addr_add_internal(&out, to))
		return addr_internal(arena, from);
	return arena_dup(arena, str_span(&out));
}

bool
smtp_generic_address(
    struct smtp_client *client, struct span internal, struct arena *arena, struct span *out)
{
	CLEANUP(str_fini) struct str value = { .max = ADDRESS_MAX };
	struct addr addr = addr_from_internal(internal);
	struct maps_query query = { addr.local, addr.domain, client->mail->recipient_delimiter,
		false, MAPS_FULL | MAPS_NO_EXT | MAPS_AT_DOMAIN };
	struct span extension = { NULL, 0 };
	struct err err = { 0 };

	*out = internal;
	if (client->maps.generic == NULL || maps_is_empty(client->maps.generic) ||
	    internal.len == 0)
		return true;
	query.is_local_domain = addr.domain.len == 0 ||
	    span_eq_str_ci(addr.domain, client->mail->myorigin);
	if (query.is_local_domain)
		query.how |= MAPS_BARE_LOCAL;
	switch (maps_get_address(client->maps.generic, &query, &value, &extension, &err)) {
	case LOOKUP_FOUND:
		*out = apply_value(str_span(&value), addr, extension, arena);
		return true;
	case LOOKUP_NONE:
		return true;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		break;
	}
	log_warn_err(maps_title(client->maps.generic), &err);
	return false;
}

bool
smtp_generic_header(struct smtp_client *client, struct span raw, struct span value,
    struct arena *arena, struct span *out)
{
	CLEANUP(str_fini) struct str text = { .max = HEADER_MAX };
	struct addr_list list;
	bool is_changed = false;

	*out = raw;
	addr_list_parse(value, BOXES_MAX, arena, &list);
	for (size_t i = 0; i < list.boxes.count; i++) {
		struct span from = addr_internal(arena, list.boxes.v[i].addr);
		struct span to;

		if (!smtp_generic_address(client, from, arena, &to))
			return false;
		if (span_eq(from, to))
			continue;
		addr_list_set(&list, i, addr_from_internal(to));
		is_changed = true;
	}
	if (is_changed && str_add(&text, span_slice(raw, 0, (size_t) (value.p - raw.p))) &&
	    addr_list_print(&list, &text))
		*out = arena_dup(arena, str_span(&text));
	return true;
}
