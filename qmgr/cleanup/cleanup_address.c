/* SPDX-License-Identifier: ISC */
/*
 * Address mapping. Every result of a table is brought into standard form again. Loops end:
 * canonical mapping after ten steps, alias expansion by its limits and by never expanding an
 * address twice.
 */
#include "qmgr/cleanup/cleanup_address.h"

#include "lib/mail/addr_list.h"
#include "lib/sys/log.h"

enum { CANONICAL_STEPS_MAX = 10, VALUE_MAX = 1 << 20 };

struct span
address_standard(const struct cleanup *c, struct span address, bool is_local, struct arena *arena)
{
	return rewrite_internal(address, is_local ? &c->local_form : &c->remote_form, arena);
}

/* What tables may need to know: mail is not accepted now, the sender tries again. */
static bool
table_failed(enum lookup result, struct maps *maps, struct span address, struct err *err)
{
	if (err->class == ERR_NONE)
		err_temp(err, "table look-up error (%d)", (int) result);
	log_warn("%s map lookup problem for %.*s -- message not accepted, try again later: %s",
	    maps_title(maps), SPAN_ARG(address), err->text);
	return err_set(err, ERR_TEMP, "4.3.0", "Error: queue file write error");
}

/* One result of a table: "@other" keeps the user; an extension that the key lacked goes on. */
static struct span
finish_result(const struct cleanup *c, struct addr original, struct addr result,
    struct span extension, struct arena *arena)
{
	if (result.local.len == 0 && result.domain.len > 0)
		result.local = original.local;
	else if (extension.len > 0)
		result.local = span_of(
		    arena_printf(arena, "%.*s%.*s", SPAN_ARG(result.local), SPAN_ARG(extension)));
	return address_standard(c, addr_internal(arena, result), true, arena);
}

/* A value "@domain" is no address by itself. */
static bool
is_domain_result(struct span value)
{
	return value.len > 1 && value.p[0] == '@' && span_find_any(value, ", :<\"") == value.len;
}

/* Plain addresses may stand with nothing but blanks between them. */
static struct span
with_commas(struct span value, struct arena *arena)
{
	char *copy = arena_cstr(arena, value);

	if (span_find_any(value, "\"<(:;") < value.len)
		return span_make(copy, value.len);
	for (size_t i = 0; i < value.len; i++)
		if (ascii_is_wsp(copy[i]) || copy[i] == '\n')
			copy[i] = ',';
	return span_make(copy, value.len);
}

static void
take_results(const struct cleanup *c, struct addr original, struct span value,
    struct span extension, struct address_list *out, struct arena *arena)
{
	struct addr_list parsed;

	value = span_trim(value);
	if (is_domain_result(value)) {
		struct addr result = { .domain = arena_dup(arena, span_from(value, 1)) };

		*ARRAY_ADD(arena, &out->list) = finish_result(
		    c, original, result, extension, arena);
		return;
	}
	addr_list_parse(with_commas(value, arena), (size_t) c->conf.virtual_alias_expansion_limit + 1,
	    arena, &parsed);
	for (size_t i = 0; i < parsed.boxes.count; i++)
		*ARRAY_ADD(arena, &out->list) = finish_result(
		    c, original, parsed.boxes.v[i].addr, extension, arena);
}

/* Look one address up. *found_out: there was an entry, and out has at least one address. */
static bool
map_once(const struct cleanup *c, struct maps *maps, struct span address, bool propagates,
    struct address_list *out, bool *found_out, struct arena *arena, struct err *err)
{
	struct addr original = addr_from_internal(address);
	struct str value CLEANUP(str_fini);
	struct span extension = { NULL, 0 };
	struct maps_query query = {
		.local = original.local,
		.domain = original.domain,
		.delimiter = c->mail->recipient_delimiter,
		.is_local_domain = own_domains_has_bare_users(c->own, original.domain),
		.how = MAPS_ADDRESS,
	};
	enum lookup result;

	str_init(&value, VALUE_MAX);
	*found_out = false;
	*err = (struct err){ 0 };
	result = maps_get_address(maps, &query, &value, &extension, err);
	if (result == LOOKUP_NONE)
		return true;
	if (result != LOOKUP_FOUND)
		return table_failed(result, maps, address, err);
	if (!propagates)
		extension.len = 0;
	out->list.count = 0;
	take_results(c, original, str_span(&value), extension, out, arena);
	*found_out = out->list.count > 0;
	if (!*found_out)
		log_warn(
		    "%s: no address in the entry for %.*s", maps_title(maps), SPAN_ARG(address));
	return true;
}

/* One address to one address, repeated until nothing changes. */
static bool
map_one(const struct cleanup *c, struct maps *maps, struct span *address, struct arena *arena,
    struct err *err)
{
	if (maps_is_empty(maps) || address->len == 0)
		return true;
	for (int step = 0; step < CANONICAL_STEPS_MAX; step++) {
		struct address_list found = { { NULL, 0, 0 } };
		struct span before = *address;
		bool is_found;

		if (!map_once(
			c, maps, before, c->propagates_canonical, &found, &is_found, arena, err))
			return false;
		if (!is_found)
			return true;
		if (found.list.count > 1)
			log_warn(
			    "multi-valued %s entry for %.*s", maps_title(maps), SPAN_ARG(before));
		*address = found.list.v[0];
		if (span_eq_ci(before, *address))
			return true;
	}
	log_warn("unreasonable %s map nesting for %.*s -- message not accepted, try again later",
	    maps_title(maps), SPAN_ARG(*address));
	return err_set(err, ERR_TEMP, "4.6.0", "Alias expansion error");
}

static bool
is_below(struct span domain, struct span parent)
{
	return domain.len > parent.len + 1 && span_ends_with_ci(domain, parent) &&
	    domain.p[domain.len - parent.len - 1] == '.';
}

/*
 * Cut host names off: the first domain of the list that covers it decides; "!domain" leaves it
 * alone.
 */
static bool
masquerade(const struct cleanup *c, struct span *address, struct arena *arena, struct err *err)
{
	struct addr addr = addr_from_internal(*address);
	struct span none = { NULL, 0 };

	if (c->masquerade_count == 0 || addr.domain.len == 0)
		return true;
	switch (match_list_has(c->masquerade_exceptions, addr.local, none, err)) {
	case LOOKUP_FOUND:
		return true;
	case LOOKUP_NONE:
		break;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		return err_set(err, ERR_TEMP, "4.3.0", "Error: queue file write error");
	}
	for (size_t i = 0; i < c->masquerade_count; i++) {
		bool keeps = span_starts_with(c->masquerade[i], SPAN("!"));
		struct span parent = span_from(c->masquerade[i], keeps ? 1 : 0);

		if (!is_below(addr.domain, parent) && !span_eq_ci(addr.domain, parent))
			continue;
		if (!keeps && !span_eq_ci(addr.domain, parent)) {
			addr.domain = parent;
			*address = addr_internal(arena, addr);
		}
		return true;
	}
	return true;
}

bool
address_canonical(const struct cleanup *c, enum address_class_bit class, struct span *address,
    struct arena *arena, struct err *err)
{
	bool is_sender = (class & (CLASS_ENVELOPE_SENDER | CLASS_HEADER_SENDER)) != 0;
	struct maps *special = is_sender ? c->sender_canonical : c->recipient_canonical;
	unsigned special_classes = is_sender ? c->sender_canonical_classes
					     : c->recipient_canonical_classes;

	if ((special_classes & class) != 0 && !map_one(c, special, address, arena, err))
		return false;
	if ((c->canonical_classes & class) != 0 && !map_one(c, c->canonical, address, arena, err))
		return false;
	return (c->masquerade_classes & class) == 0 || masquerade(c, address, arena, err);
}

static bool
contains(const struct span *list, size_t count, struct span address)
{
	for (size_t i = 0; i < count; i++)
		if (span_eq_ci(list[i], address))
			return true;
	return false;
}

static bool
expansion_failed(const struct cleanup *c, const char *what, struct span address, struct err *err)
{
	log_warn("unreasonable %s map %s for %.*s -- message not accepted, try again later",
	    maps_title(c->virtual_alias), what, SPAN_ARG(address));
	return err_set(err, ERR_TEMP, "4.6.0", "Alias expansion error");
}

/* Results that are too long to be an address would be lost mail. */
static bool
results_fit(const struct cleanup *c, const struct address_list *found, struct err *err)
{
	for (size_t i = 0; i < found->list.count; i++) {
		struct span address = found->list.v[i];

		if (address.len <= (size_t) c->conf.virtual_alias_address_length_limit && address.len <= MAIL_ADDRESS_MAX)
			continue;
		log_warn("unreasonable %s result %.*s... -- message not accepted, try again later",
		    maps_title(c->virtual_alias), SPAN_ARG(span_slice(address, 0, 300)));
		return err_set(err, ERR_TEMP, "4.6.0", "Alias expansion error");
	}
	return true;
}

struct expansion {
	struct address_list out;      /* [0, done) are results, the rest must be looked up */
	struct address_list expanded; /* what was looked up and replaced */
};

/* Follow the address at one place until it has no entry; further results go to the end. */
static bool
expand_place(const struct cleanup *c, struct expansion *x, size_t place, struct span whole,
    struct arena *arena, struct err *err)
{
	for (int depth = 0;; depth++) {
		struct span address = x->out.list.v[place];
		struct address_list found = { { NULL, 0, 0 } };
		bool is_found;

		if (depth >= c->conf.virtual_alias_recursion_limit)
			return expansion_failed(c, "nesting", whole, err);
		if (contains(x->expanded.list.v, x->expanded.list.count, address))
			return true;
		if (!map_once(c, c->virtual_alias, address, c->propagates_virtual, &found,
			&is_found, arena, err))
			return false;
		if (!is_found)
			return true;
		*ARRAY_ADD(arena, &x->expanded.list) = address;
		if (!results_fit(c, &found, err))
			return false;
		for (size_t i = 1; i < found.list.count; i++)
			*ARRAY_ADD(arena, &x->out.list) = found.list.v[i];
		if (x->out.list.count > (size_t) c->conf.virtual_alias_expansion_limit ||
		    arena_is_over(arena))
			return expansion_failed(c, "expansion size", whole, err);
		x->out.list.v[place] = found.list.v[0];
	}
}

bool
address_expand(const struct cleanup *c, struct span address, struct address_list *out,
    struct arena *arena, struct err *err)
{
	struct expansion x = { { { NULL, 0, 0 } }, { { NULL, 0, 0 } } };

	*ARRAY_ADD(arena, &x.out.list) = address;
	for (size_t place = 0; !maps_is_empty(c->virtual_alias) && place < x.out.list.count;
	     place++)
		if (!expand_place(c, &x, place, address, arena, err))
			return false;
	*out = x.out;
	return true;
}

bool
address_bcc(const struct cleanup *c, struct maps *maps, struct span address, struct span *bcc_out,
    struct arena *arena, struct err *err)
{
	struct address_list found = { { NULL, 0, 0 } };
	bool is_found;

	*bcc_out = (struct span){ NULL, 0 };
	if (maps_is_empty(maps) || address.len == 0)
		return true;
	if (!map_once(c, maps, address, false, &found, &is_found, arena, err))
		return false;
	if (is_found)
		*bcc_out = found.list.v[0];
	return true;
}
